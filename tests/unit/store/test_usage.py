from __future__ import annotations

from dogwatch.model.usage import MAX_PLACES, Seen, UsageOutcome, UsageReport, UseView
from dogwatch.model.views import ImageQuery
from dogwatch.store.histories import load_history
from dogwatch.store.image_views import ImageViews
from dogwatch.store.usage import UsageStore
from dogwatch.windows.usage import read_name
from tests.builders.watching import ACCOUNT, World, as_day, day, digest, image, index, no_feeds, pushed


def seen(text: str, at: float, workload: str = "web", *, platform: str = "", count: int = 1) -> Seen:
    return Seen(text, read_name(text), "shop", workload, day(at), platform, count)


def report(world: World, now: float, *each: Seen, account: str = ACCOUNT) -> UsageOutcome:
    outcome, _ = UsageStore(world.database).report(account, UsageReport("prod", "agent", each), day(now))
    return outcome


def in_use(world: World, name: str) -> object:
    rows = world.rows("SELECT in_use_at FROM clocks JOIN image ON image.id = image_id WHERE digest = %s", digest(name))
    return as_day(rows[0][0])


def places(world: World) -> list[UseView]:
    return list(load_history(world.database, ACCOUNT, 1, 9, "", day(99)).uses)


def test_what_is_seen_running_stays_watched_and_wakes_in_the_modes_that_count_it(world: World) -> None:
    world.set_windows(0, "DAYS_3", "DAYS_30", "LAST_IN_USE_AT")
    world.tell(0, pushed("a", 0))
    world.resolve(0, image("a"))
    world.watch.end_expired(day(5), 10)
    assert report(world, 10, seen(digest("a"), 9)) == UsageOutcome(1, 0, (), 0)
    assert world.clocks("a")[3:] == (39.0, "in use", True)
    assert world.intervals("a")[-1] == (10.0, "forever", "seen in use again", "")
    (shown,) = ImageViews(world.database, no_feeds).images(ImageQuery(ACCOUNT), day(10)).rows
    assert (shown.in_use_count, shown.why.partition(";")[0]) == (
        1,
        "watched until 2026-02-09 because it was seen in use on 2026-01-10",
    )
    world.set_windows(11, "DAYS_3", "DAYS_30", "LAST_PULL_DATE")
    report(world, 12, seen(digest("a"), 12))
    assert world.clocks("a")[3:] == (3.0, "push", False)


def test_late_doubled_and_future_reports(world: World) -> None:
    world.tell(0, pushed("a", 0))
    world.resolve(0, image("a"))
    later, early = seen(digest("a"), 5, count=3), seen(digest("a"), 2, count=9)
    for each in (later, later, early):
        report(world, 6, each)
    assert places(world) == [UseView("prod", "shop", "web", 3, day(2), day(5), "agent")]
    assert report(world, 7, seen(digest("a"), 99), seen(digest("a"), 98)).clamped == 2
    assert (in_use(world, "a"), places(world)[0].last_seen_at, places(world)[0].count) == (7.0, day(7), 2)


def test_an_index_credits_the_child_of_the_node_and_all_children_where_the_node_is_not_known(world: World) -> None:
    world.tell(0, pushed("i", 0, "v1"))
    world.resolve(0, index("i", [image("a"), image("b", architecture="arm64")]))
    assert report(world, 2, seen(digest("i"), 1, platform="linux/arm64")).images == 1
    assert (in_use(world, "a"), in_use(world, "b")) == (None, 1.0)
    assert report(world, 3, seen("registry.example/app:v1", 3)).images == 2
    assert (in_use(world, "a"), in_use(world, "b")) == (3.0, 3.0)


def test_what_nobody_here_knows_is_told_and_hinders_nothing(world: World) -> None:
    world.tell(0, pushed("a", 0, "v1"))
    world.resolve(0, image("a"))
    unknown = [digest("z"), "registry.example/app:v2", "elsewhere.example/app:v1", digest("z")]
    outcome = report(world, 1, *(seen(each, 1) for each in unknown), seen(digest("a"), 1))
    assert outcome == UsageOutcome(1, 4, tuple(unknown[:3]), 0)
    world.registries.ensure_account("999999999999")
    assert report(world, 2, seen(digest("a"), 2), account="999999999999") == UsageOutcome(0, 1, (digest("a"),), 0)
    assert in_use(world, "a") == 1.0


def test_only_the_latest_places_of_an_image_are_kept(world: World) -> None:
    world.tell(0, pushed("a", 0))
    world.resolve(0, image("a"))
    report(world, 9, *(seen(digest("a"), number / 100, f"job-{number}") for number in range(MAX_PLACES + 5)))
    kept = places(world)
    assert (len(kept), kept[0].workload, kept[-1].workload) == (MAX_PLACES, "job-104", "job-5")
