"""Pruning beside what writes at the same moment: whichever is first, the same is left, and nothing by half."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

import psycopg

from dogwatch.model.feeds import FeedChanges, ParsedRecord
from dogwatch.model.packages import Package, PackageSet
from dogwatch.store.connection import Database
from dogwatch.store.inventories import admit_packages
from dogwatch.store.journal import JournalStore
from dogwatch.store.migrations import migrate
from dogwatch.store.packages import save_set
from dogwatch.store.pruning import JournalPruning
from tests.builders.contents import advisory, contain, publish
from tests.builders.watching import World, day, image, open_world, pushed

LODASH = Package("npm", "lodash", "4.17.20")
FIRST, HORIZON, NOW = day(3.5), day(80), 95
CORRECTIONS = range(10)
KEPT = {
    "changes": "SELECT name, revision_id, kind, document IS NOT NULL FROM advisory_change"
    " JOIN advisory ON advisory.id = advisory_id ORDER BY 1, 2",
    "ranges": "SELECT advisory.name, fixed, from_rev, to_rev FROM affected_range"
    " JOIN advisory ON advisory.id = advisory_id ORDER BY 1, 3",
    "matches": "SELECT from_rev, to_rev FROM match ORDER BY 1, 2",
    "exposures": "SELECT from_rev, to_rev, end_reason FROM exposure ORDER BY 1, 2",
    "joined": "SELECT from_rev, to_rev FROM set_exposure JOIN exposure ON exposure.id = exposure_id ORDER BY 1, 2",
}
LEFT_ALONE = "SELECT FROM set_exposure WHERE exposure_id NOT IN (SELECT id FROM exposure)"
WAITING = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def tell(world: World) -> None:
    """An advisory that is corrected twice and withdrawn, and one that stays; an image has their package."""
    publish(world, 1, "npm", advisory("A-1", "npm", "lodash", 1), advisory("B-1", "npm", "lodash", 1))
    world.tell(2, pushed("a", 2, "latest"))
    world.resolve(2, image("a"))
    contain(world, 2, "a", LODASH)
    publish(world, 3, "npm", advisory("A-1", "npm", "lodash", 3, fixed="8"))
    publish(world, 4, "npm", advisory("A-1", "npm", "lodash", 4, fixed="9"))
    publish(world, 6, "npm", advisory("A-1", "npm", "lodash", 6, withdrawn=True))


def prune(database: Database, horizon: datetime) -> None:
    """Prune in the smallest steps."""
    JournalPruning(database, rows_per_transaction=1).prune(horizon)


def correct(world: World) -> Iterator[None]:
    """Bring the advisory back, and correct it once more with each step, long after the horizon."""
    for number in CORRECTIONS:
        publish(world, NOW, "npm", advisory("A-1", "npm", "lodash", NOW, fixed=f"10.{number}"))
        yield


def publish_while(world: World, amid: Callable[[], None]) -> None:
    """Publish a correction, with something that happens while it reads what the feed brought."""

    def records() -> Iterator[ParsedRecord]:
        amid()
        one = advisory("A-1", "npm", "lodash", NOW, fixed="10")
        yield ParsedRecord(one.id, one.modified_at, b"{}", one)

    JournalStore(world.database).publish("osv", "npm", FeedChanges({}, records(), ()), day(NOW))


class Interrupted(Database):
    """The database of a world, in which a step is taken before each transaction."""

    def __init__(self, world: World, steps: Iterator[None]) -> None:
        self._world, self._steps = world, steps

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        next(self._steps, None)
        with self._world.database.transaction() as connection:
            yield connection


def test_publications_between_its_steps_and_it_within_a_publication_leave_what_is_left_one_after_the_other(
    world: World, empty_database: str
) -> None:
    migrate(empty_database)
    other = open_world(empty_database)
    tell(world)
    publish_while(world, lambda: prune(world.database, FIRST))
    corrections = correct(world)
    prune(Interrupted(world, corrections), HORIZON)
    between = len(CORRECTIONS) - len(list(corrections))

    tell(other)
    publish_while(other, lambda: None)
    assert len(list(correct(other))) == len(CORRECTIONS)
    prune(other.database, HORIZON)

    left = [{name: each.rows(query) for name, query in KEPT.items()} for each in (world, other)]
    other.database.close()
    assert left[0] == left[1]
    assert between > 5  # it had at least the horizon, ranges, documents and exposures to go through


def test_a_package_set_that_arrives_while_exposures_go_is_joined_with_none_that_went(world: World) -> None:
    tell(world)
    arriving = PackageSet("npm", (LODASH, Package("npm", "react", "18.0.0")), "sha256:" + 64 * "a")
    with ThreadPoolExecutor(1) as threads:
        with world.database.transaction() as connection:
            saved = admit_packages(connection, arriving.packages, day(NOW))
            save_set(connection, arriving, saved.ids)
            pruned = threads.submit(prune, world.database, HORIZON)
            while not pruned.done() and not world.rows(WAITING):
                pass
        pruned.result()

    assert world.rows(LEFT_ALONE) == []
    assert world.rows("SELECT FROM exposure WHERE to_at < %s", day(7)) == []
