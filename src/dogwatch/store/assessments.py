"""What packages met comes to: ranges and catalogues are read, and `matching.resolve` decides.

For packages that are stored (`matching`), and for those that are only asked about (`judgement`, the audit).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg

from dogwatch.matching import is_distribution, resolve
from dogwatch.model.advisories import FixState
from dogwatch.model.facts import StatedScore
from dogwatch.model.feeds import OPERATOR_SOURCES
from dogwatch.model.matches import Assessment, Match
from dogwatch.model.verdicts import Verdict
from dogwatch.store.queries import load_queries
from dogwatch.store.severities import read_severity
from dogwatch.store.text import numbers

_SQL = load_queries("matching")

Pair = tuple[int, int]
"""(package id, vulnerability id)."""

MetRange = tuple[int, int, int, str]
"""(package id or ordinal, vulnerability id, range id, verdict)."""

pair_of = itemgetter(0, 1)
"""The pair that a met range belongs to."""

_MET = itemgetter(1, 2, 3)


def assess(
    connection: psycopg.Connection, rows: Sequence[MetRange], scores: Mapping[int, Sequence[StatedScore]]
) -> Iterator[tuple[Pair, Assessment]]:
    """Resolve what was met, with what catalogues say of the vulnerabilities.

    Many versions of a package lie in the same ranges of a vulnerability, and so come to the same: each such group of
    ranges is resolved once.

    Args:
        connection: where ranges are read.
        rows: those of one pair together, in the order of their ranges.
        scores: what catalogues give the vulnerabilities, by id.
    """
    stated = _load_stated(connection, {row[2] for row in rows})
    known: dict[tuple[tuple[int, int, str], ...], Assessment | None] = {}
    for pair, group in groupby(rows, key=pair_of):
        met = tuple(map(_MET, group))
        if met not in known:
            matches = [_match(stated[range_id], verdict) for _, range_id, verdict in met]
            known[met] = resolve(matches, scores.get(pair[1], ()))
        assessment = known[met]
        if assessment is not None:
            yield pair, assessment


def _load_stated(connection: psycopg.Connection, ranges: Collection[int]) -> dict[int, Sequence[Any]]:
    """Return range id → what `_match` takes of it."""
    if not ranges:
        return {}
    return {row[0]: row for row in connection.execute(_SQL["load_ranges"], {"ranges": numbers(sorted(ranges))})}


def _match(stated: Sequence[Any], verdict: str) -> Match:
    range_id, advisory, source, ecosystem, fix_state, fixed, fixed_key, severity, stated_at = stated
    return Match(
        range_id=range_id,
        advisory=advisory,
        source=source,
        verdict=Verdict(verdict),
        own_distribution=is_distribution(ecosystem),
        fix_state=FixState(fix_state),
        fixed_version=fixed,
        fixed_key=fixed_key,
        severity=read_severity(severity),
        stated_at=stated_at if source in OPERATOR_SOURCES else None,
    )
