"""The part of an audit that looks at packages: keys, matches, exposures and what could not be compared.

Each stored package is judged as `dogwatch scan` judges packages that are not stored (`store.judgement`), from its
identity alone; what is stored was built up change by change. Batches bound the memory, whatever is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg

from dogwatch.matching import key_package
from dogwatch.model.audits import AuditedRow, Difference
from dogwatch.model.matches import Assessment
from dogwatch.model.packages import KeyedPackage, Package
from dogwatch.store.assessments import Pair, assess
from dogwatch.store.judgement import ask, meet_ranges
from dogwatch.store.known_facts import load_scores
from dogwatch.store.matching import open_exposure_of
from dogwatch.store.queries import load_queries

_SQL = load_queries("audit")

_K = TypeVar("_K", Pair, tuple[int, str])

_PACKAGES_AT_ONCE = 2_000
"""Some 100,000 matches, as packages of distributions have about fifty each: some tens of megabytes."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some stored packages: their ids, what is stored of their keys, and their keys made anew."""

    ids: tuple[int, ...]
    stored: tuple[KeyedPackage, ...]
    asked: tuple[KeyedPackage, ...]

    def name(self, package_id: int) -> str:
        """Return a package in words."""
        package = self.asked[self.ids.index(package_id)].package
        arch = f" {package.arch}" if package.arch else ""
        return f"{package.ecosystem} {package.name} {package.version}{arch}"


def audit_packages(connection: psycopg.Connection, found: list[Difference]) -> int:
    """Look at every stored package; adds what differs to `found` and returns how many packages there are."""
    count = after = 0
    while rows := connection.execute(_SQL["packages"], {"after": after, "limit": _PACKAGES_AT_ONCE}).fetchall():
        batch = _batch(rows)
        found.extend(_compare_keys(batch))
        meeting = meet_ranges(connection, ask(batch.asked))
        found.extend(_compare_matches(connection, batch, meeting.met))
        found.extend(_compare_exposures(connection, batch, meeting.met))
        found.extend(_compare_undetermined(connection, batch, meeting.not_compared))
        count, after = count + len(rows), batch.ids[-1]
    return count


def _batch(rows: Sequence[tuple[Any, ...]]) -> _Batch:
    packages = [Package(*row[1:9]) for row in rows]
    stored = tuple(_stored_key(package, *row[9:]) for package, row in zip(packages, rows, strict=True))
    return _Batch(tuple(row[0] for row in rows), stored, tuple(map(key_package, packages)))


def _stored_key(
    package: Package, name: str, version: str, scheme: str, number: int, key: bytes | None, not_comparable: str
) -> KeyedPackage:
    return KeyedPackage(package, name, version, scheme, number, key, not_comparable)


def _compare_keys(batch: _Batch) -> Iterator[Difference]:
    for package_id, stored, expected in zip(batch.ids, batch.stored, batch.asked, strict=True):
        if stored != expected:
            yield Difference(AuditedRow.PACKAGE, batch.name(package_id), "", _key(stored), _key(expected))


def _key(keyed: KeyedPackage) -> str:
    key = keyed.key.hex() if keyed.key is not None else keyed.not_comparable
    return f"{keyed.match_name} {keyed.match_version}, {keyed.scheme} {keyed.scheme_number}: {key}"


def _compare_matches(
    connection: psycopg.Connection, batch: _Batch, met: Sequence[tuple[Any, ...]]
) -> Iterator[Difference]:
    expected: dict[Pair, str] = {(batch.ids[row[0]], row[2]): row[3] for row in met}
    rows = connection.execute(_SQL["open_matches"], {"packages": list(batch.ids)})
    stored: dict[Pair, str] = {(row[0], row[1]): row[2] for row in rows}
    differing = _differing(stored, expected)
    documents = _names(connection, "range_documents", {range_id for _, range_id in differing})
    for package_id, range_id in differing:
        pair = (package_id, range_id)
        place = f"range {range_id} of {documents.get(range_id, 'nothing')}"
        one, other = stored.get(pair, ""), expected.get(pair, "")
        yield Difference(AuditedRow.MATCH, batch.name(package_id), place, one, other)


def _compare_exposures(
    connection: psycopg.Connection, batch: _Batch, met: Sequence[tuple[Any, ...]]
) -> Iterator[Difference]:
    scores = load_scores(connection, {row[1] for row in met})
    expected = {(batch.ids[ordinal], number): one for (ordinal, number), one in assess(connection, met, scores)}
    rows = connection.execute(_SQL["open_exposures"], {"packages": list(batch.ids)})
    stored = {one.pair: one.assessment for one in map(open_exposure_of, rows)}
    differing = _differing(stored, expected)
    names = _names(connection, "vulnerability_names", {number for _, number in differing})
    for pair in differing:
        one, other = _words(stored.get(pair)), _words(expected.get(pair))
        yield Difference(AuditedRow.EXPOSURE, batch.name(pair[0]), names[pair[1]], one, other)


def _words(assessment: Assessment | None) -> str:
    if assessment is None:
        return ""
    score = assessment.score
    given = f"{score.tenths / 10} {score.vector} ({score.version}, {score.source})" if score else "no score"
    fix = f"{assessment.fix_state} {assessment.fixed_version}".rstrip()
    return (
        f"{assessment.verdict}, {fix}, {assessment.severity.name.lower()}, {given},"
        f" by {assessment.source} {assessment.advisory}"
    )


def _compare_undetermined(
    connection: psycopg.Connection, batch: _Batch, found: Sequence[tuple[int, str, int]]
) -> Iterator[Difference]:
    expected: dict[tuple[int, str], int] = {(batch.ids[ordinal], reason): count for ordinal, reason, count in found}
    rows = connection.execute(_SQL["undetermined"], {"packages": list(batch.ids)})
    stored: dict[tuple[int, str], int] = {(row[0], row[1]): row[2] for row in rows}
    for package_id, reason in _differing(stored, expected):
        one, other = (_advisories(reason, side.get((package_id, reason))) for side in (stored, expected))
        yield Difference(AuditedRow.UNDETERMINED, batch.name(package_id), "", one, other)


def _advisories(reason: str, count: int | None) -> str:
    return "" if count is None else f"{reason}: {count}"


def _differing(stored: Mapping[_K, object], expected: Mapping[_K, object]) -> list[_K]:
    return sorted(key for key in stored.keys() | expected.keys() if stored.get(key) != expected.get(key))


def _names(connection: psycopg.Connection, query: str, ids: set[int]) -> dict[int, str]:
    return dict(connection.execute(_SQL[query], {"ids": sorted(ids)}).fetchall()) if ids else {}
