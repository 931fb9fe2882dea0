from __future__ import annotations

import pytest

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.histories import ImageHistory
from dogwatch.model.registries import EventKind
from dogwatch.store.histories import load_history
from tests.builders.watching import ACCOUNT, World, as_day, day, deleted, digest, event, image, index, pulled, pushed

OVER = "monitoring ended: both windows are over"


def history(world: World, now: float, *, limit: int = 100, after: str = "", image_id: int = 1) -> ImageHistory:
    return load_history(world.database, ACCOUNT, image_id, limit, after, day(now))


def intervals(found: ImageHistory) -> list[tuple[object, ...]]:
    return [
        (as_day(one.from_at), as_day(one.to_at), one.begin_reason, one.end_reason, one.held_by, one.is_looked_at)
        for one in found.intervals
    ]


def test_every_interval_says_what_began_it_what_ended_it_and_what_held_it(world: World) -> None:
    world.tell(0, pushed("a", 0))
    world.resolve(0, image("a"))
    world.attach(1, "a")
    world.tell(40, pulled("a", 40, "ci"))  # the sweep has not run: the first interval ended at its deadline
    world.tell(50, pulled("a", 45, "ci"))
    world.set_windows(60, "DAYS_30", "DAYS_7")
    world.tell(61, pushed("a", 61))
    world.tell(62, deleted("a", 62))
    tick = 1 / 86_400_000_000
    found = history(world, 70)
    assert intervals(found) == [
        (61.0, 62.0, "pushed again", "monitoring ended: the image was deleted", "push", True),
        (40.0, 60.0, "pulled again", "monitoring ended: the windows were shortened", "pull", True),
        (1.0, pytest.approx(30 + tick), "first inventory", OVER, "push", True),
        (0.0, 1.0, "pushed", "inventory replaced", "", False),
    ]


def test_an_open_interval_past_its_deadline_is_told_as_ended_before_any_sweep(world: World) -> None:
    world.tell(0, pushed("a", 0))
    world.resolve(0, image("a"))
    before, after = history(world, 30), history(world, 31)
    world.watch.end_expired(day(31), 10)
    assert intervals(before) == [(0.0, None, "pushed", "", "push", False)]
    assert after == history(world, 31)
    assert after.intervals[0].end_reason == OVER


def test_events_come_newest_first_page_by_page_with_when_we_heard_of_them_and_what_they_count_for(
    world: World,
) -> None:
    world.tell(3, pushed("i", 1, "v1"), pulled("i", 3, "bob"))
    world.resolve(3, index("i", [image("a")]))
    world.tell(9, pulled("a", 4, "ann"), event(EventKind.PULLED, "a", 5, by="dogwatch", own=True), deleted("b", 5))
    first = history(world, 10, limit=2)
    second = history(world, 10, limit=2, after=first.next)
    told = [
        (str(one.kind), as_day(one.occurred_at), as_day(one.received_at), one.actor, one.via_index != "", one.counts)
        for one in (*first.events, *second.events)
    ]
    assert told == [
        ("pulled", 5.0, 9.0, "dogwatch", False, False),
        ("pulled", 4.0, 9.0, "ann", False, True),
        ("pulled", 3.0, 3.0, "bob", True, False),
        ("pushed", 1.0, 3.0, "", True, True),
    ]
    assert (second.next, second.events[1].via_index) == ("", digest("i"))


def test_foreign_images_cursors_and_sizes_are_refused(world: World) -> None:
    world.tell(0, pushed("a", 0), pulled("a", 0))
    world.resolve(0, image("a"))
    with pytest.raises(NotFoundError):
        load_history(world.database, "999999999999", 1, 10, "", day(1))
    cursor = history(world, 1, limit=1).next
    for limit, after in ((0, ""), (1001, ""), (1, "x"), (1, cursor[:-2])):
        with pytest.raises(InvalidRequestError):
            history(world, 1, limit=limit, after=after)
    with pytest.raises(NotFoundError):
        history(world, 1, image_id=2)
