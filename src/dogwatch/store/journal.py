"""The journal of advisories: publishing what a feed changed, as one revision, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from dogwatch.model.errors import ConflictError
from dogwatch.model.facts import FactChanges
from dogwatch.model.feeds import OPERATOR_SOURCES, FeedChanges, Publication
from dogwatch.model.matches import Assessment, ExposureReason
from dogwatch.store.connection import Database
from dogwatch.store.locks import become_publisher, own_ecosystem
from dogwatch.store.matching import (
    OpenExposure,
    Reason,
    Resolution,
    refresh_undetermined,
    resolve_pairs,
    what_changed,
    why_stated,
)
from dogwatch.store.packages import load_found, note_found
from dogwatch.store.queries import load_queries
from dogwatch.store.staging import stage_records
from dogwatch.store.vulnerabilities import link_vulnerabilities
from dogwatch.versions import family_of

_SQL = load_queries("journal")
_MATCHING = load_queries("matching")

_MANY_DOCUMENTS = 1_000
"""Added by one publication, they change plans. PostgreSQL counts rows by itself, but a minute later, and never where
nobody but `dogwatch scan` starts it, for seconds."""

_END_REASONS = {"withdrawn": ExposureReason.WITHDRAWN, "removed": ExposureReason.REMOVED}


class JournalStore:
    """Advisories and their revisions. Implements `flow.ports.JournalStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def feed_state(self, source: str, ecosystem: str) -> Mapping[str, str]:
        """Return the source's memory of its last successful fetch; empty before the first."""
        with self._database.transaction() as connection:
            row = connection.execute(_SQL["feed_state"], {"source": source, "ecosystem": ecosystem}).fetchone()
        return dict(row[0]) if row else {}

    def known(self, source: str, ecosystem: str) -> Mapping[str, datetime]:
        """Return record id → modified, as last published from this feed."""
        with self._database.transaction() as connection:
            return dict(
                connection.execute(_SQL["known_records"], {"source": source, "ecosystem": ecosystem}).fetchall()
            )

    def found(self) -> tuple[str, ...]:
        """Return the ecosystems of which packages were ever found, releases included."""
        with self._database.transaction() as connection:
            return load_found(connection)

    def note_found(self, ecosystems: Iterable[str], now: datetime) -> None:
        """Remember that packages of these ecosystems were found, where no image is stored for it."""
        with self._database.transaction() as connection:
            note_found(connection, ecosystems, now)

    def record_checked(self, source: str, ecosystem: str, now: datetime, problem: str = "") -> None:
        """Remember that a feed answered "nothing new", or what went wrong."""
        values = {"source": source, "ecosystem": ecosystem, "now": now, "problem": problem}
        with self._database.transaction() as connection:
            connection.execute(_SQL["save_problem" if problem else "save_checked"], values)

    def record_loss(self, source: str, ecosystem: str, lost: int) -> None:
        """Remember how many records a feed lost whose loss has to be confirmed, until it answers well again."""
        with self._database.transaction() as connection:
            connection.execute(_SQL["save_loss"], {"source": source, "ecosystem": ecosystem, "lost": lost})

    def publish(self, source: str, ecosystem: str, changes: FeedChanges, now: datetime) -> Publication:
        """Journal a feed's changes as one revision and let them meet the stored packages; withdrawals come first.

        1. Read the documents into the stage; nothing is locked yet but other publications.
        2. Hold off new packages of the ecosystem; take the next number.
        3. Find ranges that are no longer stated, begin new ones; unchanged ranges are left alone.
        4. Journal what changed, document by document, and end the ranges found.
        5. Regroup vulnerabilities around what was touched.
        6. New ranges meet all packages; every pair that was touched is resolved anew.

        Returns:
            What was done; revision None where the feed changed nothing.

        Raises:
            MalformedSnapshotError: from the records; then nothing at all is published.
            ConflictError: what is held was said after the changes were.
        """
        self.withdraw_due(now)
        with self._database.transaction() as connection:
            become_publisher(connection)
            refuse_older(connection, (source, ecosystem), changes)
            staged = stage_records(connection, (source, ecosystem), changes, now)
            values = {"source": source, "ecosystem": ecosystem, "now": now}
            publication = Publication(None)
            if staged.records or changes.removed:
                own_ecosystem(connection, family_of(ecosystem))
                publication = publish_staged(connection, values, now)
            saved = {
                **values,
                "answered_at": min(changes.answered_at or now, now),
                "state": Jsonb(dict(changes.state)),
                "refused": staged.refused,
                "changed": publication.revision is not None,
            }
            connection.execute(_SQL["save_feed"], saved)
        if publication.added >= _MANY_DOCUMENTS:
            with self._database.transaction() as connection:
                connection.execute(_SQL["analyze_advisories"])
        return replace(publication, refused=staged.refused)

    def withdraw_due(self, now: datetime) -> None:
        """End what records say whose withdrawal lay ahead when they were published, and has come.

        It is a revision for each feed. They are not asked for it: their state and their age stay as they are.
        """
        with self._database.transaction() as connection:
            feeds = connection.execute(_SQL["feeds_to_withdraw"], {"now": now}).fetchall()
        for source, ecosystem in feeds:
            with self._database.transaction() as connection:
                become_publisher(connection)
                stage_records(connection, (source, ecosystem), FeedChanges({}, iter(()), ()), now)
                own_ecosystem(connection, family_of(ecosystem))
                publish_staged(connection, {"source": source, "ecosystem": ecosystem, "now": now}, now)


def refuse_older(connection: psycopg.Connection, feed: tuple[str, str], changes: FeedChanges | FactChanges) -> None:
    """Refuse what a feed said before it said what is held, whoever looked at that before; the caller is the publisher.

    Raises:
        ConflictError: with both times.
    """
    if changes.answered_at is None or changes.may_go_back:
        return
    source, ecosystem = feed
    row = connection.execute(_SQL["checked_at"], {"source": source, "ecosystem": ecosystem}).fetchone()
    if row is not None and row[0] is not None and changes.answered_at < row[0]:
        reason = f"what is held was said at {row[0]:%Y-%m-%d %H:%M:%S}, this already at "
        raise ConflictError(f"feed {source}/{ecosystem}", f"{reason}{changes.answered_at:%Y-%m-%d %H:%M:%S}")


def publish_staged(connection: psycopg.Connection, values: Mapping[str, object], now: datetime) -> Publication:
    """Take steps 2 to 6 of `publish`; a revision in which nothing changed after all is taken back."""
    revision = begin_revision(connection, values)
    merged = _bring_up(connection, {**values, "revision": revision})
    resolution = _meet(connection, revision, merged, now)
    added, changed, ended = _count(connection, revision)
    if not added + changed + ended:
        forget_revision(connection, revision)
        return Publication(None)
    return Publication(
        revision, added, changed, ended, exposures_begun=resolution.begun, exposures_ended=resolution.ended
    )


def begin_revision(connection: psycopg.Connection, values: Mapping[str, object]) -> int:
    """Take the next revision of a source and an ecosystem; the caller is the publisher."""
    row = connection.execute(_SQL["next_revision"], values).fetchone()
    assert row is not None  # an INSERT without a conflict clause returns its row
    return int(row[0])


def forget_revision(connection: psycopg.Connection, revision: int) -> None:
    """Take back the newest revision: one in which nothing changed after all is none."""
    connection.execute(_SQL["forget_revision"], {"revision": revision})


def _count(connection: psycopg.Connection, revision: int) -> tuple[int, int, int]:
    row = connection.execute(_SQL["count_revision"], {"revision": revision}).fetchone()
    assert row is not None  # the revision was inserted in this transaction
    return row[0], row[1], row[2]


def _bring_up(connection: psycopg.Connection, values: Mapping[str, object]) -> frozenset[int]:
    """Steps 3 to 5; returns the vulnerabilities that were merged into others."""
    for step in (
        "insert_new_advisories",
        "forget_records",
        "save_records",
        "doubt_others",
        "find_ended_ranges",
        "begin_ranges",
        "journal",
        "update_advisories",
        "mark_removed",
        "touch_ended",
        "end_ranges",
        "forget_withdrawals",
    ):
        connection.execute(_SQL[step], values)
    return link_vulnerabilities(connection, str(values["source"]))


def _meet(connection: psycopg.Connection, revision: int, merged: frozenset[int], now: datetime) -> Resolution:
    """Step 6: the join from the side of the ranges, and what follows from it."""
    connection.execute("ANALYZE new_range, ended_range")
    connection.execute(_MATCHING["end_matches"], {"revision": revision})
    connection.execute(_MATCHING["match_ranges"])
    connection.execute(_SQL["touch_begun"])
    packages = [row[0] for row in connection.execute(_MATCHING["packages_of_incomparable_ranges"])]
    refresh_undetermined(connection, packages)
    changes = connection.execute(_SQL["changes_of_revision"], {"revision": revision})
    kinds: dict[str, str] = dict(changes.fetchall())
    pairs = connection.execute("SELECT package_id, vulnerability_id FROM touched_pair").fetchall()
    return resolve_pairs(connection, pairs, revision, now, _reason(kinds, merged))


def _reason(kinds: Mapping[str, str], merged: frozenset[int]) -> Reason:
    """Say why an exposure changes, from what happened to the document that decides it."""

    def reason(old: OpenExposure | None, new: Assessment | None) -> ExposureReason:
        if old is None:
            if new is not None and new.source in OPERATOR_SOURCES:
                return why_stated(new)
            added = new is not None and kinds.get(new.advisory) in ("added", "restored")
            return ExposureReason.ADDED if added else ExposureReason.RANGE_CHANGED
        if new is None:
            if old.pair[1] in merged:
                return ExposureReason.MERGED
            if old.assessment.source in OPERATOR_SOURCES:
                return ExposureReason.STATEMENT_ENDED
            return _END_REASONS.get(kinds.get(old.assessment.advisory, ""), ExposureReason.RANGE_CHANGED)
        return what_changed(old.assessment, new)

    return reason
