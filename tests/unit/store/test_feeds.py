"""How fresh feeds are: switched on, imported, stale, missing, with a problem."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from dogwatch.model.feeds import FeedChanges
from dogwatch.model.views import FeedView
from dogwatch.store.connection import Database
from dogwatch.store.feeds import find_database_problem, load_feed_views
from dogwatch.store.journal import JournalStore

NOW = datetime(2026, 7, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    pool = Database(database)
    pool.open()
    yield pool
    pool.close()


def test_a_feed_that_was_never_imported_is_missing_and_one_that_is_not_expected_is_left_out(store: Database) -> None:
    JournalStore(store).publish("osv", "npm", FeedChanges({"a": "b"}, iter(()), ()), NOW)
    JournalStore(store).record_checked("osv", "PyPI", NOW, "no such folder")
    expected = [("osv", "PyPI", DAY), ("osv", "Debian", DAY)]
    assert load_feed_views(store, expected, NOW) == (
        FeedView("osv", "PyPI", 0, 0, None, None, "no such folder", stale=False, missing=True),
        FeedView("osv", "Debian", 0, 0, None, None, "", stale=False, missing=True),
    )


def test_a_feed_is_stale_when_it_has_not_answered_for_longer_than_expected(store: Database) -> None:
    journal = JournalStore(store)
    journal.publish("osv", "npm", FeedChanges({"a": "b"}, iter(()), ()), NOW)
    journal.record_checked("osv", "npm", NOW + DAY, "")
    (seen,) = load_feed_views(store, [("osv", "npm", DAY)], NOW + 2 * DAY)
    assert (seen.stale, seen.checked_at) == (False, NOW + DAY)
    (later,) = load_feed_views(store, [("osv", "npm", DAY)], NOW + 2 * DAY + timedelta(seconds=1))
    assert later.stale


def test_a_database_is_fine_when_its_schema_is_ours(store: Database, empty_database: str) -> None:
    assert find_database_problem(store) == ""
    other = Database(empty_database)
    other.open()
    assert find_database_problem(other) == "its schema is not that of this program"
    other.close()


def test_a_database_of_a_newer_program_is_not_ours(store: Database, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO schema_migration (number, name) VALUES (9999, 'later')")
    assert "schema" in find_database_problem(store)
