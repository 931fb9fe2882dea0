"""How fresh the feeds are, and whether the database answers: what lists and probes ask beside findings and images."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg

from dogwatch.model.errors import StoreUnavailableError
from dogwatch.model.views import FeedView
from dogwatch.store.connection import Database
from dogwatch.store.migrations import is_current
from dogwatch.store.packages import load_found
from dogwatch.store.queries import load_queries

_SQL = load_queries("feeds")

ExpectedFeeds = Callable[[Collection[str]], Sequence[tuple[str, str, timedelta]]]
"""From the ecosystems of which packages were found to the feeds that are switched on: source, ecosystem, and the age
from which its answers are stale."""


def load_feed_views(database: Database, expected: ExpectedFeeds, now: datetime) -> tuple[FeedView, ...]:
    """Return the feeds that are expected, in their order; one that was never imported is missing.

    Args:
        database: where to read.
        expected: which feeds, by what was found.
        now: the product's present.
    """
    with database.transaction() as connection:
        return read_feed_views(connection, expected, now)


def read_feed_views(connection: psycopg.Connection, expected: ExpectedFeeds, now: datetime) -> tuple[FeedView, ...]:
    """As `load_feed_views`, in a transaction of the caller's."""
    rows = connection.execute(_SQL["load_feeds"]).fetchall()
    known = {(source, ecosystem): facts for source, ecosystem, *facts in rows}
    return tuple(
        _view(source, ecosystem, known.get((source, ecosystem)), now - stale_after)
        for source, ecosystem, stale_after in expected(load_found(connection))
    )


def _view(source: str, ecosystem: str, facts: Sequence[Any] | None, stale_before: datetime) -> FeedView:
    nothing = (0, 0, None, None, "", 0, 0, ())
    records, refused, checked_at, changed_at, problem, unconfirmed_loss, partial, unread = facts or nothing
    return FeedView(
        source=source,
        ecosystem=ecosystem,
        records=records,
        refused=refused,
        checked_at=checked_at,
        changed_at=changed_at,
        problem=problem,
        stale=checked_at is not None and checked_at < stale_before,
        missing=changed_at is None,
        unconfirmed_loss=unconfirmed_loss,
        partial=partial,
        unread=tuple(unread),
    )


def find_database_problem(database: Database) -> str:
    """Return why the database cannot be worked with; empty when it answers and has this program's schema."""
    try:
        with database.transaction() as connection:
            return "" if is_current(connection) else "its schema is not that of this program"
    except StoreUnavailableError as error:
        return error.message
