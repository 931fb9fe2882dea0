"""How fresh feeds are: switched on, imported, stale, missing, with a problem."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from dogwatch.model.feeds import FeedChanges
from dogwatch.model.packages import Package
from dogwatch.model.views import FeedView
from dogwatch.store.connection import Database
from dogwatch.store.feeds import find_database_problem, load_feed_views
from dogwatch.store.journal import JournalStore
from tests.builders.contents import contain
from tests.builders.watching import World, image, pushed

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
    assert load_feed_views(store, lambda _: expected, NOW) == (
        FeedView("osv", "PyPI", 0, 0, None, None, "no such folder", stale=False, missing=True),
        FeedView("osv", "Debian", 0, 0, None, None, "", stale=False, missing=True),
    )


def test_feeds_are_expected_by_what_was_found_in_images_or_by_a_look_at_one(world: World) -> None:
    def expected(found: Collection[str]) -> list[tuple[str, str, timedelta]]:
        return [("osv", ecosystem, DAY) for ecosystem in sorted(found)]

    assert load_feed_views(world.database, expected, NOW) == ()
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    contain(world, 1, "a", Package("Debian:12", "bash", "5.2"), Package("npm", "lodash", "4.17.20"))
    journal = JournalStore(world.database)
    journal.note_found(("Go", "npm"), NOW)
    assert journal.found() == ("Debian:12", "Go", "npm")
    journal.record_checked("osv", "npm", NOW, "no such folder")
    seen = load_feed_views(world.database, expected, NOW)
    assert [(one.ecosystem, one.missing, one.is_untried) for one in seen] == [
        ("Debian:12", True, True),
        ("Go", True, True),
        ("npm", True, False),
    ]


def test_a_feed_is_stale_when_it_has_not_answered_for_longer_than_expected(store: Database) -> None:
    journal = JournalStore(store)
    journal.publish("osv", "npm", FeedChanges({"a": "b"}, iter(()), ()), NOW)
    journal.record_checked("osv", "npm", NOW + DAY, "")
    (seen,) = load_feed_views(store, lambda _: [("osv", "npm", DAY)], NOW + 2 * DAY)
    assert (seen.stale, seen.checked_at) == (False, NOW + DAY)
    (later,) = load_feed_views(store, lambda _: [("osv", "npm", DAY)], NOW + 2 * DAY + timedelta(seconds=1))
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
