"""A feed that shrinks overnight: what is held stays in force, everybody is told, and a confirmation ends it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dogwatch.model.errors import NotFoundError
from dogwatch.model.feeds import FeedChanges, ParsedRecord
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.store.feed_gaps import load_feed_gaps
from dogwatch.store.journal import JournalStore
from tests.builders.advisories import osv_record
from tests.builders.contents import advisory
from tests.flow.world import EXPECTED, World, small_world, vulnerable_image

PYPI = next(finding for finding in EXPECTED if finding[1] == "requests")
LATER = "2026-07-02T00:00:00Z"
FILLERS = [f"FILLER-{number:03}" for number in range(99)]


@pytest.fixture
def world(database: str, tmp_path: Path) -> Iterator[World]:
    """One vulnerable image, and a feed of 100 records that loses 90 overnight, the one that matters among them."""
    with small_world(database, tmp_path) as opened:
        (matters,) = opened.bucket.listed("PyPI")
        opened.bucket.put("PyPI", *(osv_record(name, name="filler", modified=LATER) for name in FILLERS))
        opened.update_feeds()
        opened.push("team/app", vulnerable_image())
        opened.app.run_until_idle()
        for name in (matters, *FILLERS[:89]):
            opened.bucket.remove("PyPI", name)
        opened.update_feeds()
        yield opened


def _state(world: World) -> tuple[int, int, bool]:
    """Records, unconfirmed loss, and whether there is a problem, of the feed that shrank."""
    (seen,) = (feed for feed in world.app.views.feeds() if feed.ecosystem == "PyPI")
    return seen.records, seen.unconfirmed_loss, seen.problem != ""


def test_what_it_lost_stays_in_force_and_the_loss_is_shown(world: World) -> None:
    assert world.findings() == EXPECTED
    assert _state(world) == (100, 90, True)
    (seen,) = (feed for feed in world.app.views.feeds() if feed.ecosystem == "PyPI")
    assert "no longer lists 90 of 100 records" in seen.problem
    assert [feed.unconfirmed_loss for feed in world.app.views.feeds() if feed.ecosystem != "PyPI"] == [0, 0]


def test_the_loss_stays_shown_while_the_feed_is_away(world: World) -> None:
    listing = world.bucket.folder / "PyPI" / "modified_id.csv"
    listing.write_bytes(b"\0garbage")
    world.update_feeds()
    assert _state(world) == (100, 90, True)


def test_a_confirmed_feed_is_believed_once(world: World) -> None:
    world.app.update_feeds([("osv", "npm")])
    assert _state(world) == (100, 90, True)
    world.app.update_feeds([("osv", "PyPI")])
    assert _state(world) == (10, 0, False)
    assert world.findings() == [finding for finding in EXPECTED if finding != PYPI]
    world.bucket.put("PyPI", *(osv_record(name, name="filler", modified="2026-07-03T00:00:00Z") for name in FILLERS))
    world.app.update_feeds()
    for name in FILLERS[:60]:
        world.bucket.remove("PyPI", name)
    world.app.update_feeds()
    assert _state(world) == (99, 60, True)


def test_a_feed_that_grows_back_needs_no_confirmation(world: World) -> None:
    world.bucket.put("PyPI", *(osv_record(name, name="filler", modified="2026-07-03T00:00:00Z") for name in FILLERS))
    world.app.update_feeds()
    assert _state(world) == (99, 0, False)


def test_a_confirmation_of_a_feed_that_is_not_there_looks_at_none(world: World) -> None:
    with pytest.raises(NotFoundError, match="no such feed: osv/Alpine"):
        world.app.update_feeds([("osv", "PyPI"), ("osv", "Alpine")])
    assert _state(world) == (100, 90, True)


def test_a_feed_that_no_source_has_any_more_is_taken_back_at_the_next_look(world: World) -> None:
    journal = JournalStore(world.app.database)
    old = advisory("RHSA-1", "Red Hat:enterprise_linux:9", "bash", 1)
    held = FeedChanges({"records": "1"}, iter([ParsedRecord(old.id, old.modified_at, b"{}", old)]), ())
    journal.publish("osv", "Red Hat", held, world.app.clock.now())

    def told() -> tuple[list[str], list[Gap]]:
        with world.app.database.transaction() as connection:
            gaps = load_feed_gaps(connection, lambda _: [], world.app.clock.now()).of([("Red Hat", False)])
        return list(journal.known("osv", "Red Hat")), [one for one in gaps if "osv Red Hat" in one.detail]

    before = told()
    world.update_feeds()

    assert (before[0], [one.kind for one in before[1]]) == (["RHSA-1"], [GapKind.FEED_STALE])
    assert told() == ([], [])
    assert ("osv", "Red Hat") not in world.app.request_feed_updates()
