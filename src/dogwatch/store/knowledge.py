"""What is known of every feed, as of one moment: for a bundle that is carried elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any

import psycopg

from dogwatch.model.bundles import BundledFeed, BundledRecord, FeedContent
from dogwatch.model.facts import CATALOGUE, NVD, CveScores, Exploitation, FactKind, Probability
from dogwatch.model.feeds import StoredDocument
from dogwatch.store.compression import decompress
from dogwatch.store.connection import Database, see_one_moment
from dogwatch.store.known_facts import paired_scores
from dogwatch.store.queries import load_queries

_SQL = load_queries("knowledge")

_DOCUMENTS_AT_ONCE = 500
"""A few megabytes when unpacked."""

_FACTS_AT_ONCE = 20_000
"""Some five megabytes."""

_KINDS = {NVD: FactKind.SCORES, "kev": FactKind.EXPLOITATION, "epss": FactKind.PROBABILITY}
"""What each source of facts fills; the table of another one is not known here."""


class KnowledgeStore:
    """Implements `flow.ports.KnowledgeStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held_feeds(self) -> tuple[BundledFeed, ...]:
        """Return every feed that was imported, with its age and its source's memory, by name."""
        with self._database.transaction() as connection:
            return _feeds(connection)

    @contextmanager
    def contents(self) -> Iterator[Iterator[FeedContent]]:
        """Yield every feed that was imported with its records, all as of one moment, a few in memory at a time."""
        with self._database.transaction() as connection:
            see_one_moment(connection)
            yield (_content(connection, feed) for feed in _feeds(connection) if _is_known(feed))


def _feeds(connection: psycopg.Connection) -> tuple[BundledFeed, ...]:
    return tuple(
        BundledFeed(source, ecosystem, records, checked_at.astimezone(UTC), state)
        for source, ecosystem, records, checked_at, state in connection.execute(_SQL["feeds"])
    )


def _is_known(feed: BundledFeed) -> bool:
    return feed.ecosystem != CATALOGUE or feed.source in _KINDS


def _content(connection: psycopg.Connection, feed: BundledFeed) -> FeedContent:
    kind = _KINDS[feed.source] if feed.ecosystem == CATALOGUE else None
    query, at_once = (kind.value, _FACTS_AT_ONCE) if kind else ("documents", _DOCUMENTS_AT_ONCE)
    return FeedContent(feed, kind, (_record(kind, row) for row in _rows(connection, query, feed, at_once)))


def _rows(connection: psycopg.Connection, query: str, feed: BundledFeed, at_once: int) -> Iterator[Sequence[Any]]:
    """Yield the rows of a query from id to id; the first column is the id."""
    values: dict[str, object] = {"source": feed.source, "ecosystem": feed.ecosystem, "after": "", "limit": at_once}
    while rows := connection.execute(_SQL[query], values).fetchall():
        yield from rows
        values["after"] = rows[-1][0]


def _record(kind: FactKind | None, row: Sequence[Any]) -> BundledRecord:
    match kind:
        case None:
            name, listed_at, document = row
            return StoredDocument(name, listed_at.astimezone(UTC), decompress(document))
        case FactKind.SCORES:
            cve, modified_at, flat, cwes, has_exploit = row
            return CveScores(cve, modified_at.astimezone(UTC), paired_scores(flat), tuple(cwes), has_exploit)
        case FactKind.EXPLOITATION:
            return Exploitation(*row)
        case FactKind.PROBABILITY:
            return Probability(*row)
