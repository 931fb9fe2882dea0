from __future__ import annotations

import pytest

from dogwatch.model.deeds import MAX_TOUCHES, Deed, DeedRequest, DeedView, Hold
from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.monitoring import Clock
from dogwatch.model.views import ImageQuery, ImageView
from dogwatch.model.what_if import WindowWish
from dogwatch.store.deeds import DeedStore, Done
from dogwatch.store.histories import load_history
from dogwatch.store.image_views import ImageViews
from dogwatch.store.scanning import AccountSwitches
from tests.builders.watching import ACCOUNT, World, day, deleted, image, no_feeds, pulled, pushed

TICK = 1 / 86_400_000_000


def do(world: World, now: float, deed: Deed, *, until: float | None = None, clock: Clock | None = None) -> Done:
    request = DeedRequest(deed, "ann", "audit", None if until is None else day(until), clock)
    return DeedStore(world.database).do(ACCOUNT, 1, request, day(now))


def view(world: World, now: float) -> ImageView:
    (found,) = ImageViews(world.database, no_feeds).images(ImageQuery(ACCOUNT), day(now)).rows
    return found


def push(world: World) -> None:
    world.tell(0, pushed("a", 0))
    world.resolve(0, image("a"))
    world.attach(0, "a")


def test_a_hold_wakes_an_expired_image_and_survives_changes_of_windows_until_exactly_its_end(world: World) -> None:
    push(world)
    world.watch.end_expired(day(40), 10)
    done = do(world, 50, Deed.HOLD, until=80)
    assert (done.view.outcome, done.to_resolve) == ("watched until 2026-03-22, held by: hold", ())
    world.set_windows(60, "DAYS_3", "DAYS_3")
    world.set_windows(61, "DAYS_14", "DAYS_3")
    assert view(world, 80).hold == Hold(day(80), "ann", "audit", day(50))
    assert view(world, 80).why.startswith("watched until 2026-03-22 because it is held by ann (audit); its push window")
    assert view(world, 80 + 2 * TICK).why.startswith("not watched since 2026-03-22: ")
    assert world.watch.end_expired(day(80), 10) == 0
    assert world.watch.end_expired(day(80 + 2 * TICK), 10) == 1
    assert world.intervals("a")[-1] == (
        50.0,
        pytest.approx(80 + TICK),
        "held",
        "monitoring ended: both windows are over",
    )
    assert load_history(world.database, ACCOUNT, 1, 9, "", day(81)).intervals[0].held_by == "hold"


def test_a_released_hold_leaves_the_decision_to_the_clocks_and_both_stand_in_the_history(world: World) -> None:
    push(world)
    do(world, 20, Deed.HOLD, until=300)
    assert do(world, 21, Deed.RELEASE).view.outcome == "watched until 2026-01-31, held by: push"
    do(world, 22, Deed.HOLD, until=300)
    do(world, 50, Deed.RELEASE)
    assert world.clocks("a")[3:] == (30.0, "push", False)
    assert world.intervals("a")[-1][1:] == (50.0, "pushed", "monitoring ended: the hold was released")
    assert (view(world, 51).hold, view(world, 51).status_code) == (None, "INACTIVE")
    deeds = load_history(world.database, ACCOUNT, 1, 9, "", day(60)).deeds
    assert [str(one.deed) for one in deeds] == ["release", "hold", "release", "hold"]
    assert deeds[0] == DeedView(day(50), Deed.RELEASE, "ann", "audit", None, None, "not watched")


def test_what_is_forgotten_says_so_until_the_next_event_and_can_be_woken(world: World) -> None:
    push(world)
    do(world, 5, Deed.FORGET)
    world.resolve(6, image("a"))  # a replay wakes nothing
    assert view(world, 6).why == "not watched: forgotten by ann on 2026-01-06 (audit); the next push or pull wakes it"
    world.tell(7, pulled("a", 7, "ci"))
    assert view(world, 7).status_code == "ACTIVE"
    do(world, 8, Deed.FORGET)
    assert do(world, 9, Deed.WAKE).view.outcome == "watched until 2026-02-07, held by: pull"
    assert [row[2:] for row in world.intervals("a")][1:] == [
        ("pulled again", "monitoring ended: forgotten by hand, until the next event"),
        ("woken by hand", ""),
    ]


def test_a_touch_moves_the_clock_that_counts_and_a_scan_gives_another_chance(world: World) -> None:
    push(world)
    do(world, 40, Deed.TOUCH)
    assert world.clocks("a") == (0.0, 40.0, "ann", 70.0, "pull", True)
    world.set_windows(41, "DAYS_30", "DAYS_30", "LAST_IN_USE_AT")
    assert do(world, 42, Deed.TOUCH).view.clock is Clock.IN_USE
    assert world.clocks("a")[3:] == (72.0, "in use", True)
    world.rows("UPDATE image SET state = 'failed', status_reason = 'ACCESS_DENIED' RETURNING id")
    done = do(world, 43, Deed.SCAN)
    assert (done.indexes, world.rows("SELECT state, status_reason FROM image")) == (True, [("pending", "")])


def test_a_script_that_touches_all_day_fills_nothing_and_hides_no_hold(world: World) -> None:
    push(world)
    do(world, 1, Deed.HOLD, until=99)
    world.rows(
        "INSERT INTO image_deed (image_id, at, deed, by, reason, outcome)"
        " SELECT 1, %s, 'touch', 'ci', '', '' FROM generate_series(1, %s) RETURNING id",
        day(2),
        MAX_TOUCHES + 5,
    )
    do(world, 3, Deed.TOUCH)
    assert world.rows("SELECT deed, count(*) FROM image_deed GROUP BY 1 ORDER BY 1") == [
        ("hold", 1),
        ("touch", MAX_TOUCHES),
    ]
    assert view(world, 3).hold == Hold(day(99), "ann", "audit", day(1))


def test_what_is_refused_changes_nothing(world: World) -> None:
    push(world)
    with pytest.raises(NotFoundError):
        DeedStore(world.database).do("999999999999", 1, DeedRequest(Deed.WAKE, "ann"), day(1))
    for deed in (Deed.WAKE, Deed.RELEASE):
        with pytest.raises(InvalidRequestError):
            do(world, 1, deed)
    do(world, 2, Deed.HOLD, until=9)
    with pytest.raises(InvalidRequestError, match="release it first"):
        do(world, 3, Deed.FORGET)
    assert world.rows("SELECT count(*) FROM image_deed") == [(1,)]


def test_an_archived_image_is_watched_by_nothing_until_it_is_restored(world: World) -> None:
    push(world)
    assert do(world, 5, Deed.ARCHIVE).view.outcome == "not watched"
    world.tell(6, pulled("a", 6), pushed("a", 6, "again"))
    world.settings.request(ACCOUNT, WindowWish("DAYS_90"), wakes=True)
    world.apply_settings(7)
    for is_on in (False, True):
        AccountSwitches(world.database, world.clock).switch(ACCOUNT, is_on=is_on)
        world.apply_scanning(8)
    archived = view(world, 9)
    assert (archived.status_code, archived.status_reason) == ("INACTIVE", "IMAGE_ARCHIVED")
    assert archived.why == "not watched: it was archived on 2026-01-06; only restoring it wakes it"
    views = ImageViews(world.database, no_feeds)
    counted = [(str(one.status_reason), one.images) for one in views.count_coverage(ImageQuery(ACCOUNT), day(9))]
    assert counted == [("IMAGE_ARCHIVED", 1)]
    for deed in (Deed.WAKE, Deed.TOUCH, Deed.SCAN, Deed.ARCHIVE):
        with pytest.raises(InvalidRequestError):
            do(world, 9, deed)
    assert do(world, 50, Deed.RESTORE).view.outcome == "watched until 2026-05-21, held by: push"
    assert world.intervals("a") == [
        (0, 5, "pushed", "monitoring ended: the image was archived"),
        (50, "forever", "restored", ""),
    ]


def test_an_archived_image_that_is_deleted_and_pushed_again_is_no_longer_archived(world: World) -> None:
    push(world)
    do(world, 5, Deed.ARCHIVE)
    world.tell(6, deleted("a", 6))
    world.tell(7, pushed("a", 7))
    assert (view(world, 8).status_reason, world.intervals("a")[-1][2]) == ("SUCCESSFUL", "pushed again")
