"""The audit: everything that follows from what is stored, computed anew and compared with what is stored.

One transaction that only reads, on one snapshot: it takes no lock that anybody waits for, so publications and pushes go
on beside it. Inputs are taken as given: packages, open ranges, the names in documents, clocks and windows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from dogwatch.matching import AdvisoryNames, group_vulnerabilities
from dogwatch.model.audits import Audit, AuditedRow, Difference
from dogwatch.store.audit_matching import audit_packages
from dogwatch.store.audit_repositories import audit_repositories
from dogwatch.store.connection import Database
from dogwatch.store.matching import newest_revision
from dogwatch.store.queries import load_queries
from dogwatch.versions import family_of

_SQL = load_queries("audit")

KEPT_AUDITS = 30
"""A month of daily audits: long enough to see since when something differs."""

LISTED_DIFFERENCES = 1_000
"""Enough to see what they have in common; all are counted."""


class AuditStore:
    """Implements `flow.ports.AuditStore`."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def audit(self) -> Audit:
        """Compute, compare and keep what differs; corrects nothing.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        found: list[Difference] = []
        with self._database.transaction() as connection:
            connection.execute(_SQL["one_snapshot"])
            began_at = self._now()
            revision = newest_revision(connection)
            packages = audit_packages(connection, found)
            for check in CHECKS:
                found.extend(check(connection))
            images = _count_images(connection)
        counts = Counter(one.kind for one in found)
        audit = Audit(
            began_at=began_at,
            ended_at=self._now(),
            revision=revision,
            packages=packages,
            images=images,
            counts=tuple(sorted(counts.items())),
            differences=tuple(sorted(found)[:LISTED_DIFFERENCES]),
        )
        with self._database.transaction() as connection:
            _save(connection, audit)
        return audit


def load_last_audit(database: Database) -> Audit | None:
    """Return the newest audit; None before the first."""
    with database.transaction() as connection:
        row = connection.execute(_SQL["last"]).fetchone()
    if row is None:
        return None
    began_at, ended_at, revision, packages, images, counts, differences = row
    counted = tuple(sorted((AuditedRow(kind), count) for kind, count in counts.items()))
    listed = tuple(Difference(AuditedRow(kind), *words) for kind, *words in differences)
    return Audit(began_at, ended_at, revision, packages, images, counted, listed)


def _count_images(connection: psycopg.Connection) -> int:
    row = connection.execute(_SQL["count_images"]).fetchone()
    return int(row[0]) if row else 0


def _save(connection: psycopg.Connection, audit: Audit) -> None:
    values = {
        "began_at": audit.began_at,
        "ended_at": audit.ended_at,
        "revision": audit.revision,
        "packages": audit.packages,
        "images": audit.images,
        "counts": Jsonb({str(kind): count for kind, count in audit.counts}),
        "differences": Jsonb(
            [[str(one.kind), one.subject, one.vulnerability, one.stored, one.expected] for one in audit.differences]
        ),
    }
    connection.execute(_SQL["save"], values)
    connection.execute(_SQL["forget_old"], {"kept": KEPT_AUDITS})


# --- what follows from more than one package ------------------------------------------------------------------------


def _audit_names(connection: psycopg.Connection) -> Iterable[Difference]:
    """Group all documents anew, by the names they bear: alias groups and everything by which they are known."""
    named = (AdvisoryNames(name, tuple(cves), tuple(others)) for _, name, cves, others in _rows(connection))
    groups = group_vulnerabilities(named)
    links = {(document, group.name) for group in groups for document in group.advisories}
    names = {(name, group.name) for group in groups for name in group.names}
    yield from _compare(AuditedRow.LINK, set(connection.execute(_SQL["links"]).fetchall()), links)
    stored: set[tuple[str, str]] = set(connection.execute(_SQL["names"]).fetchall())
    free = {row[0] for row in connection.execute(_SQL["names_of_removed"])} - {name for name, _ in names}
    kept = {(name, leading) for name, leading in stored if name == leading or name in free}  # the last document is gone
    yield from _compare(AuditedRow.NAME, stored, names | kept)


def _rows(connection: psycopg.Connection) -> list[tuple[int, str, list[str], list[str]]]:
    return connection.execute(_SQL["named_advisories"]).fetchall()


def _compare(kind: AuditedRow, stored: set[tuple[str, str]], expected: set[tuple[str, str]]) -> Iterable[Difference]:
    for subject, vulnerability in stored - expected:
        yield Difference(kind, subject, vulnerability, "linked", "")
    for subject, vulnerability in expected - stored:
        yield Difference(kind, subject, vulnerability, "", "linked")


def _audit_families(connection: psycopg.Connection) -> Iterable[Difference]:
    rows = connection.execute(_SQL["ecosystems_of_sets"])
    expected = {(set_id, family_of(ecosystem)) for set_id, ecosystem in rows}
    stored: set[tuple[int, str]] = set(connection.execute(_SQL["families"]).fetchall())
    for set_id, family in stored - expected:
        yield Difference(AuditedRow.FAMILY, f"package set {set_id}", "", family, "")
    for set_id, family in expected - stored:
        yield Difference(AuditedRow.FAMILY, f"package set {set_id}", "", "", family)


def _audit_set_exposures(connection: psycopg.Connection) -> Iterable[Difference]:
    for set_id, vulnerability, exposure_id, is_stored in connection.execute(_SQL["set_exposures"]):
        stored, expected = (f"exposure {exposure_id}", "") if is_stored else ("", f"exposure {exposure_id}")
        yield Difference(AuditedRow.SET_EXPOSURE, f"package set {set_id}", vulnerability or "", stored, expected)


def _audit_deadlines(connection: psycopg.Connection) -> Iterable[Difference]:
    for image, stored, expected in connection.execute(_SQL["deadlines"]):
        yield Difference(AuditedRow.CLOCKS, image, "", stored, expected)


def _audit_monitoring(connection: psycopg.Connection) -> Iterable[Difference]:
    for image, stored, expected in connection.execute(_SQL["monitoring"]):
        yield Difference(AuditedRow.MONITORING, image, "", stored, expected)


CHECKS: tuple[Callable[[psycopg.Connection], Iterable[Difference]], ...] = (
    _audit_names,
    _audit_families,
    _audit_set_exposures,
    audit_repositories,
    _audit_deadlines,
    _audit_monitoring,
)
"""Beside the packages. Whoever adds a table that follows from others adds its check here."""
