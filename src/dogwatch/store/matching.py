"""The join and what follows from it: matches, exposures, and what could not be compared.

The decision itself is SQL (`queries/matching.sql`) and has a pure twin, `matching.decide`; a law ties them together.
What all matches of a (package, vulnerability) pair come to stands in `assessments`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from dogwatch.model.advisories import FixState
from dogwatch.model.feeds import OPERATOR_SOURCES
from dogwatch.model.matches import Assessment, ExposureReason, Score, Severity
from dogwatch.model.verdicts import Verdict
from dogwatch.store.assessments import MetRange, Pair, assess, pair_of
from dogwatch.store.known_facts import load_scores
from dogwatch.store.queries import load_queries
from dogwatch.store.text import numbers

_SQL = load_queries("matching")

_T = TypeVar("_T")

_PACKAGES_AT_ONCE = 50_000
"""New packages that meet ranges in one round: bounds memory; in smaller rounds all ranges might be read for each."""

_PAIRS_AT_ONCE = 5_000
"""Pairs resolved in one round: bounds memory in a large import; larger rounds were no faster."""


@dataclass(frozen=True, slots=True)
class OpenExposure:
    """An exposure as it stands before a resolution."""

    id: int
    pair: Pair
    assessment: Assessment


Reason = Callable[[OpenExposure | None, Assessment | None], ExposureReason]
"""Says why an exposure begins (old None), ends (new None) or is replaced."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """How many exposures a resolution began and ended."""

    begun: int = 0
    ended: int = 0


def match_new_packages(connection: psycopg.Connection, package_ids: Sequence[int], now: datetime) -> Resolution:
    """Let new packages meet the stored ranges; the caller holds their ecosystems' locks shared.

    They have met nothing before, so what they meet now is all there is to resolve. Those that another transaction
    brought first have met everything already: no publication could pass between it and this one.
    """
    revision, begun = newest_revision(connection), 0
    for batch in _batches(package_ids, _PACKAGES_AT_ONCE):
        met = _meet(connection, batch)
        assessments = assess(connection, met, load_scores(connection, {row[1] for row in met}))
        beginning = [(pair, assessment, ExposureReason.PACKAGE_ADDED) for pair, assessment in assessments]
        _begin(connection, beginning, revision, now)
        begun += len(beginning)
    return Resolution(begun)


def match_packages(
    connection: psycopg.Connection, package_ids: Sequence[int], revision: int, now: datetime, reason: Reason
) -> Resolution:
    """Let packages meet the stored ranges where they did not yet; the caller holds their ecosystems' locks."""
    pairs = {pair_of(row) for row in _meet(connection, package_ids)}
    return resolve_pairs(connection, pairs, revision, now, reason)


def _meet(connection: psycopg.Connection, package_ids: Sequence[int]) -> list[MetRange]:
    """Begin the matches of packages, and make their undetermined rows anew; returns what began."""
    begun = connection.execute(_SQL["match_packages"], {"packages": numbers(package_ids)}).fetchall()
    refresh_undetermined(connection, package_ids)
    return begun


def newest_revision(connection: psycopg.Connection) -> int:
    """Return the number of the newest revision, 0 before the first."""
    row = connection.execute(_SQL["newest_revision"]).fetchone()
    return int(row[0]) if row else 0


def refresh_undetermined(connection: psycopg.Connection, package_ids: Sequence[int]) -> None:
    """Make the undetermined rows of these packages anew; their matches are already in place."""
    values = {"packages": numbers(package_ids)}
    connection.execute(_SQL["forget_undetermined"], values)
    connection.execute(_SQL["find_undetermined"], values)


def what_changed(old: Assessment, new: Assessment | None) -> ExposureReason:
    """Name the first difference that matters between two assessments of one pair."""
    if new is None:
        return ExposureReason.RANGE_CHANGED
    if old.verdict != new.verdict:
        return _why_other_verdict(old, new)
    if (old.fix_state, old.fixed_version) != (new.fix_state, new.fixed_version):
        return ExposureReason.FIX_CHANGED
    return ExposureReason.SEVERITY_CHANGED


def _why_other_verdict(old: Assessment, new: Assessment) -> ExposureReason:
    """Name whose word changed a verdict."""
    if new.source in OPERATOR_SOURCES:
        return why_stated(new)
    return ExposureReason.STATEMENT_ENDED if old.source in OPERATOR_SOURCES else ExposureReason.VERDICT_CHANGED


def why_stated(stated: Assessment) -> ExposureReason:
    """Name what a document of the operator says."""
    if stated.verdict is Verdict.AFFECTED:
        return ExposureReason.STATED_AFFECTED
    is_fixed = stated.fix_state is FixState.FIXED
    return ExposureReason.STATED_FIXED if is_fixed else ExposureReason.STATED_NOT_AFFECTED


def resolve_pairs(
    connection: psycopg.Connection, pairs: Iterable[Pair], revision: int, now: datetime, reason: Reason
) -> Resolution:
    """Bring the exposures of these pairs in line with their open matches.

    Unchanged outcomes are left alone; a changed one ends and the new one begins at the same moment.
    """
    begun = ended = 0
    for batch in _batches(sorted(set(pairs)), _PAIRS_AT_ONCE):
        one = _resolve_batch(connection, batch, revision, now, reason)
        begun, ended = begun + one.begun, ended + one.ended
    return Resolution(begun, ended)


def _batches(every: Sequence[_T], most: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(every), most):
        yield every[start : start + most]


def _resolve_batch(
    connection: psycopg.Connection, pairs: Sequence[Pair], revision: int, now: datetime, reason: Reason
) -> Resolution:
    wanted = dict(_load_assessments(connection, pairs))
    current = {exposure.pair: exposure for exposure in _load_open(connection, pairs)}
    beginning: list[tuple[Pair, Assessment, ExposureReason]] = []
    ending: list[tuple[int, ExposureReason]] = []
    redirected: list[tuple[int, Assessment]] = []
    for pair in pairs:
        old, new = current.get(pair), wanted.get(pair)
        if new is None and old is not None:
            ending.append((old.id, reason(old, None)))
        elif new is not None and old is None:
            beginning.append((pair, new, reason(None, new)))
        elif new is not None and old is not None and _outcome(new) != _outcome(old.assessment):
            why = reason(old, new)
            ending.append((old.id, why))
            beginning.append((pair, new, why))
        elif new is not None and old is not None and new != old.assessment:
            redirected.append((old.id, new))
    _end(connection, ending, revision, now)
    _begin(connection, beginning, revision, now)
    _redirect(connection, redirected)
    return Resolution(len(beginning), len(ending))


def _outcome(assessment: Assessment) -> tuple[object, ...]:
    """What makes a new interval; which document decided, and who gives the same score, does not."""
    score = assessment.score
    return (
        assessment.verdict,
        assessment.fix_state,
        assessment.fixed_version,
        assessment.severity,
        None if score is None else (score.tenths, score.vector, score.version),
    )


def _pair_values(pairs: Sequence[Pair]) -> dict[str, object]:
    return {
        "packages": numbers(sorted({package for package, _ in pairs})),
        "pair_packages": numbers(package for package, _ in pairs),
        "pair_vulnerabilities": numbers(vulnerability for _, vulnerability in pairs),
    }


def _load_assessments(connection: psycopg.Connection, pairs: Sequence[Pair]) -> Iterable[tuple[Pair, Assessment]]:
    rows = connection.execute(_SQL["load_matches"], _pair_values(pairs)).fetchall()
    return assess(connection, rows, load_scores(connection, {row[1] for row in rows}))


def _load_open(connection: psycopg.Connection, pairs: Sequence[Pair]) -> Iterator[OpenExposure]:
    for row in connection.execute(_SQL["load_open_exposures"], _pair_values(pairs)):
        yield open_exposure_of(row)


def open_exposure_of(row: Sequence[Any]) -> OpenExposure:
    """Return the exposure that a row of `load_open_exposures` is."""
    score = None if row[7] is None else Score(row[7], row[8], row[9], row[10])
    assessment = Assessment(Verdict(row[3]), FixState(row[4]), row[5], Severity(row[6]), score, row[11], row[12])
    return OpenExposure(row[0], (row[1], row[2]), assessment)


def _end(
    connection: psycopg.Connection, ending: Sequence[tuple[int, ExposureReason]], revision: int, now: datetime
) -> None:
    if ending:
        values = {"ids": [one[0] for one in ending], "reasons": [str(one[1]) for one in ending]}
        connection.execute(_SQL["end_exposures"], values | {"revision": revision, "now": now})


def _redirect(connection: psycopg.Connection, redirected: Sequence[tuple[int, Assessment]]) -> None:
    if redirected:
        values = {
            "ids": [one[0] for one in redirected],
            "advisories": [one[1].advisory for one in redirected],
            "sources": [one[1].source for one in redirected],
            "score_sources": ["" if one[1].score is None else one[1].score.source for one in redirected],
        }
        connection.execute(_SQL["redirect_exposures"], values)


def _begin(
    connection: psycopg.Connection,
    beginning: Sequence[tuple[Pair, Assessment, ExposureReason]],
    revision: int,
    now: datetime,
) -> None:
    if not beginning:
        return
    places: dict[tuple[Assessment, ExposureReason], int] = {}
    outcomes = [places.setdefault((assessment, why), len(places) + 1) for _, assessment, why in beginning]
    values = {
        "packages": numbers(one[0][0] for one in beginning),
        "vulnerabilities": numbers(one[0][1] for one in beginning),
        "places": numbers(outcomes),
        "outcomes": Jsonb([_outcome_row(*one) for one in places], dumps=msgspec.json.encode),
        "revision": revision,
        "now": now,
    }
    connection.execute(_SQL["begin_exposures"], values)


def _outcome_row(assessment: Assessment, reason: ExposureReason) -> dict[str, object]:
    score = assessment.score
    return {
        "verdict": str(assessment.verdict),
        "fix_state": str(assessment.fix_state),
        "fixed_version": assessment.fixed_version,
        "severity": int(assessment.severity),
        "score_tenths": None if score is None else score.tenths,
        "score_vector": "" if score is None else score.vector,
        "score_version": "" if score is None else score.version,
        "score_source": "" if score is None else score.source,
        "advisory": assessment.advisory,
        "source": assessment.source,
        "reason": str(reason),
    }
