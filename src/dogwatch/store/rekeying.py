"""Version keys made anew, after an ecosystem got its order of versions or the number of one was raised.

What is left to do follows from what is stored: every key carries its scheme and number. So this may be cut short at
any moment and begun again. The keys of packages come first, then, feed by feed, the affected ranges, which are
journalled like any other change of a feed. Matches of ranges that are not made anew yet stay in force meanwhile, so
that no finding ends in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import psycopg

from dogwatch.matching import key_package
from dogwatch.model.feeds import FeedChanges, ParsedRecord, Publication, StoredDocument
from dogwatch.model.matches import ExposureReason
from dogwatch.model.packages import KeyedPackage, Package
from dogwatch.store.compression import decompress
from dogwatch.store.connection import Database
from dogwatch.store.journal import begin_revision, forget_revision, publish_staged
from dogwatch.store.locks import become_publisher, own_ecosystem
from dogwatch.store.matching import Resolution, match_packages
from dogwatch.store.queries import load_queries
from dogwatch.store.staging import stage_records
from dogwatch.versions import family_of, keying_table, scheme_of

_SQL = load_queries("rekeying")

_PACKAGES_AT_ONCE = 2_000
"""New packages of the ecosystem wait while so many are keyed and matched: a second or two."""

_DOCUMENTS_AT_ONCE = 500
"""As many as are staged at once: a few megabytes."""

_OWN_SOURCE = "dogwatch"


class RekeyingStore:
    """Implements `flow.ports.RekeyingStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_due(self) -> bool:
        """Whether what is stored was last keyed by other schemes than those of this program."""
        with self._database.transaction() as connection:
            row = connection.execute(_SQL["last_keying"]).fetchone()
        return row is None or row[0] != keying_table()

    def finish(self, now: datetime) -> None:
        """Remember that everything is keyed by the schemes of this program."""
        with self._database.transaction() as connection:
            connection.execute(_SQL["save_keying"], {"schemes": keying_table(), "now": now})

    def rekey_packages(self, now: datetime) -> int:
        """Key some packages anew and let them meet the stored ranges, in one transaction; returns how many.

        New packages of the ecosystem wait for it, and it is a revision of its own where an exposure begins: what is
        frozen at an older one stays as it was.
        """
        with self._database.transaction() as connection:
            stale = _stale(connection, "keys_of_packages")
            if not stale:
                return 0
            family = family_of(stale[0][0])
            become_publisher(connection)
            own_ecosystem(connection, family)
            wanted = _columns([one for one in stale if family_of(one[0]) == family])
            rows = connection.execute(_SQL["stale_packages"], wanted | {"limit": _PACKAGES_AT_ONCE}).fetchall()
            ids = [row[0] for row in rows]
            keyed = [key_package(Package(*row[1:])) for row in rows]
            connection.execute(_SQL["save_keys"], {"ids": ids, **_keys(keyed)})
            values = {"source": _OWN_SOURCE, "ecosystem": family, "now": now}
            revision = begin_revision(connection, values)
            done = match_packages(connection, ids, revision, now, lambda _old, _new: ExposureReason.KEYS_CHANGED)
            if done == Resolution():
                forget_revision(connection, revision)
            return len(ids)

    def stale_feeds(self) -> tuple[tuple[str, str], ...]:
        """Return the feeds (source, ecosystem) that have affected ranges with keys of other schemes or numbers."""
        with self._database.transaction() as connection:
            return tuple(sorted({(row[3], row[4]) for row in _stale(connection, "keys_of_ranges")}))

    def load_stale_documents(self, source: str, ecosystem: str) -> Iterator[StoredDocument]:
        """Yield the documents of a feed with such ranges, as they were last published, a few in memory at a time."""
        with self._database.transaction() as connection:
            stale = [row for row in _stale(connection, "keys_of_ranges") if row[3:] == (source, ecosystem)]
        place: dict[str, object] = {"source": source, "feed": ecosystem, "limit": _DOCUMENTS_AT_ONCE, "after": 0}
        while stale:
            with self._database.transaction() as connection:
                rows = connection.execute(_SQL["stale_documents"], {**place, **_columns(stale)}).fetchall()
            yield from (StoredDocument(name, at, decompress(content)) for _, name, at, content in rows)
            if len(rows) < _DOCUMENTS_AT_ONCE:
                return
            place["after"] = rows[-1][0]

    def republish(self, source: str, ecosystem: str, records: Iterable[ParsedRecord], now: datetime) -> Publication:
        """Publish what a feed's stored documents say by the schemes of this program, as one revision.

        The feed itself was not asked: its state and its age stay as they are.
        """
        with self._database.transaction() as connection:
            become_publisher(connection)
            connection.execute(_SQL["doubt_records"], {"source": source, "ecosystem": ecosystem})
            stage_records(connection, (source, ecosystem), FeedChanges({}, iter(records), ()), now)
            own_ecosystem(connection, family_of(ecosystem))
            return publish_staged(connection, {"source": source, "ecosystem": ecosystem, "now": now}, now)


def _stale(connection: psycopg.Connection, query: str) -> list[tuple[str, ...]]:
    """Return the groups of rows (ecosystem, scheme, number, …) that this program would key otherwise."""
    return [row for row in connection.execute(_SQL[query]).fetchall() if row[1:3] != _expected(row[0])]


def _expected(ecosystem: str) -> tuple[str, int]:
    scheme = scheme_of(ecosystem)
    return (scheme.name, scheme.number) if scheme is not None else ("", 0)


def _keys(keyed: Sequence[KeyedPackage]) -> dict[str, object]:
    return {
        "match_names": [one.match_name for one in keyed],
        "match_versions": [one.match_version for one in keyed],
        "schemes": [one.scheme for one in keyed],
        "scheme_numbers": [one.scheme_number for one in keyed],
        "keys": [one.key for one in keyed],
        "not_comparable": [str(one.not_comparable) for one in keyed],
    }


def _columns(groups: Sequence[tuple[str, ...]]) -> dict[str, object]:
    return {
        "ecosystems": [one[0] for one in groups],
        "schemes": [one[1] for one in groups],
        "numbers": [one[2] for one in groups],
    }
