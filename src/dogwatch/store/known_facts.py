"""What is known of CVE ids beside their advisories: read, for resolving and for showing. `facts` takes it over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import psycopg

from dogwatch.model.facts import Exploitation, KnownFacts, Probability, StatedScore
from dogwatch.store.queries import load_queries

_SQL = load_queries("facts")


def load_scores(connection: psycopg.Connection, vulnerabilities: Collection[int]) -> dict[int, tuple[StatedScore, ...]]:
    """Return the scores that catalogues give vulnerabilities, by id; one without any is not there."""
    if not vulnerabilities:
        return {}
    rows = connection.execute(_SQL["scores_of_vulnerabilities"], {"vulnerabilities": sorted(vulnerabilities)})
    found: dict[int, tuple[StatedScore, ...]] = {}
    for number, flat in rows:
        found[number] = found.get(number, ()) + paired_scores(flat)
    return found


def load_known_facts(connection: psycopg.Connection, names: Iterable[str]) -> dict[str, KnownFacts]:
    """Return everything that is known of CVE ids, by id; one of which nothing is known is not there."""
    found: dict[str, KnownFacts] = {}
    for cve, *row in connection.execute(_SQL["facts_of"], {"names": sorted(set(names))}):
        known = _known(cve, row)
        before = found.get(cve)
        found[cve] = known if before is None else _joined(before, known)
    return found


def _joined(one: KnownFacts, other: KnownFacts) -> KnownFacts:
    """Return what two catalogues say of one CVE id."""
    cwes = tuple(dict.fromkeys(one.cwes + other.cwes))
    has_exploit = one.has_exploit or other.has_exploit
    return replace(one, scores=one.scores + other.scores, cwes=cwes, has_exploit=has_exploit)


def _known(cve: str, row: Sequence[Any]) -> KnownFacts:
    scores, cwes, has_exploit, added_on, due_on, by_ransomware, action, score_ppm, percentile_ppm, as_of = row
    is_likely = score_ppm is not None
    return KnownFacts(
        scores=paired_scores(scores or ()),
        cwes=tuple(cwes or ()),
        has_exploit=has_exploit,
        exploitation=None if added_on is None else Exploitation(cve, added_on, due_on, by_ransomware, action),
        probability=Probability(cve, score_ppm, percentile_ppm) if is_likely else None,
        probability_on=_day(as_of) if is_likely else None,
    )


def paired_scores(flat: Sequence[str]) -> tuple[StatedScore, ...]:
    """Return the scores that stand as kind, vector and giver, one after the other."""
    return tuple(StatedScore(*flat[place : place + 3]) for place in range(0, len(flat), 3))


def _day(as_of: str | None) -> date | None:
    return None if as_of is None else datetime.fromisoformat(as_of).date()
