from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dogwatch.model.deeds import Deed
from dogwatch.model.monitoring import (
    ActivityMode,
    Clock,
    Clocks,
    MonitoringEnd,
    RescanSetting,
    ScanFrequency,
    Watch,
    Window,
)
from dogwatch.model.times import TICK
from dogwatch.windows import Ending, Happening, Standing, Step, plan_step

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SETTING = RescanSetting(Window(30), Window(10), ActivityMode.LAST_PULL)
CONTINUOUS, ON_PUSH, MANUAL = ScanFrequency.CONTINUOUS, ScanFrequency.ON_PUSH, ScanFrequency.MANUAL
NEW = Standing(Clocks(None), "", None, watched=False)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


EXPIRED = Standing(Clocks(ago(40)), "", ago(10), watched=False)
OPEN = Standing(Clocks(ago(1)), "", ago(-29), watched=True)
LATE_SWEEP = Standing(Clocks(ago(40)), "", ago(10), watched=True)


def plan(
    standing: Standing, happening: Happening, frequency: ScanFrequency = CONTINUOUS, setting: RescanSetting = SETTING
) -> Step:
    return plan_step(standing, happening, setting, frequency, NOW)


def test_a_first_push_begins() -> None:
    assert plan(NEW, Happening(Clocks(ago(1)))) == Step(
        Clocks(ago(1)), "", Watch(ago(-29), Clock.PUSH), None, "pushed", watched=True
    )


def test_a_pull_wakes_an_expired_image() -> None:
    assert plan(EXPIRED, Happening(Clocks(None, ago(1)), "ci")) == Step(
        Clocks(ago(40), ago(1)), "ci", Watch(ago(-9), Clock.PULL), None, "pulled again", watched=True
    )


def test_a_late_pull_wakes_if_its_window_still_reaches_now() -> None:
    assert plan(EXPIRED, Happening(Clocks(None, ago(10)))).begins == "pulled again"
    assert plan(EXPIRED, Happening(Clocks(None, ago(10) - TICK))).begins == ""


def test_a_pull_wakes_nothing_where_only_pushes_do() -> None:
    woken = plan(EXPIRED, Happening(Clocks(None, ago(1))), ON_PUSH)
    assert woken == Step(Clocks(ago(40), ago(1)), "", Watch(ago(-9), Clock.PULL), None, "", watched=False)
    assert plan(EXPIRED, Happening(Clocks(ago(1))), ON_PUSH).begins == "pushed again"
    assert plan(EXPIRED, Happening(Clocks(ago(1))), MANUAL).begins == ""


def test_an_event_inside_an_open_interval_moves_the_deadline_only() -> None:
    assert plan(OPEN, Happening(Clocks(NOW))) == Step(
        Clocks(NOW), "", Watch(ago(-30), Clock.PUSH), None, "", watched=True
    )


def test_an_older_event_moves_nothing_back() -> None:
    assert plan(OPEN, Happening(Clocks(ago(5), ago(3)), "ci")) == Step(
        Clocks(ago(1), ago(3)), "ci", Watch(ago(-29), Clock.PUSH), None, "", watched=True
    )


def test_an_interval_that_the_sweep_has_not_ended_yet_is_never_bridged() -> None:
    assert plan(LATE_SWEEP, Happening(Clocks(None, ago(1)))) == Step(
        Clocks(ago(40), ago(1)),
        "",
        Watch(ago(-9), Clock.PULL),
        Ending(ago(10) + TICK, MonitoringEnd.EXPIRED),
        "pulled again",
        watched=True,
    )


def test_a_deletion_ends_now_and_clocks_stay() -> None:
    assert plan(OPEN, Happening(Clocks(None), exists=False)) == Step(
        Clocks(ago(1)), "", Watch(ago(-29), Clock.PUSH), Ending(NOW, MonitoringEnd.DELETED), "", watched=False
    )


def test_a_deletion_after_the_deadline_finds_the_image_expired() -> None:
    step = plan(LATE_SWEEP, Happening(Clocks(None), exists=False))
    assert (step.ending, step.watched) == (Ending(ago(10) + TICK, MonitoringEnd.EXPIRED), False)


def test_a_deleted_image_is_not_woken_by_a_pull() -> None:
    deleted = Standing(Clocks(ago(1)), "", ago(-29), watched=False)
    assert plan(deleted, Happening(Clocks(None, NOW), exists=False)).watched is False
    assert plan(deleted, Happening(Clocks(NOW))).begins == "pushed again"


def test_a_replay_wakes_only_by_what_moves_a_clock() -> None:
    lengthened = Standing(Clocks(ago(20), ago(8)), "ci", ago(-10), watched=False)
    known = Happening(Clocks(ago(20), ago(8)), "ci", replayed=True)
    assert plan(lengthened, known).begins == ""
    assert plan(lengthened, Happening(Clocks(ago(20), ago(7)), "ci", replayed=True)).begins == "pulled again"
    assert plan(lengthened, Happening(Clocks(None, ago(9)))).begins == "pulled again"


@pytest.mark.parametrize("first", [("ann", "bob"), ("bob", "ann")])
def test_who_pulled_does_not_depend_on_the_order_of_hearing(first: tuple[str, str]) -> None:
    standing = NEW
    for name in first:
        step = plan(standing, Happening(Clocks(None, ago(1)), name))
        standing = Standing(step.clocks, step.pulled_by, step.watch.until, step.watched)
    assert standing.pulled_by == "bob"


def test_being_seen_in_use_wakes_where_that_counts() -> None:
    in_use = RescanSetting(Window(30), Window(10), ActivityMode.LAST_IN_USE)
    step = plan(EXPIRED, Happening(Clocks(None, None, ago(1))), setting=in_use)
    assert (step.begins, step.watch) == ("seen in use again", Watch(ago(-9), Clock.IN_USE))
    assert plan(EXPIRED, Happening(Clocks(None, None, ago(1)))).begins == ""


def test_a_hold_wakes_and_ends_exactly_at_its_end() -> None:
    held = plan(EXPIRED, Happening(Clocks(None), deed=Deed.HOLD, hold_until=ago(-5)))
    assert held == Step(Clocks(ago(40)), "", Watch(ago(-5), Clock.HOLD), None, "held", True, ago(-5))
    assert plan(EXPIRED, Happening(Clocks(None), deed=Deed.HOLD, hold_until=NOW)).watched
    assert not plan(EXPIRED, Happening(Clocks(None), deed=Deed.HOLD, hold_until=NOW - TICK)).watched


def test_a_hold_stays_under_whatever_comes_and_a_clock_that_ends_later_takes_over() -> None:
    held = Standing(Clocks(ago(40)), "", ago(-5), watched=True, hold_until=ago(-5))
    pull = plan(held, Happening(Clocks(None, ago(6)), "ci"))
    assert (pull.watch, pull.hold_until) == (Watch(ago(-5), Clock.HOLD), ago(-5))
    assert plan(held, Happening(Clocks(None, ago(1)), "ci")).watch == Watch(ago(-9), Clock.PULL)


def test_the_end_of_a_hold_ends_what_it_alone_kept() -> None:
    release = Happening(Clocks(None), deed=Deed.RELEASE)
    held = Standing(Clocks(ago(40)), "", ago(-5), watched=True, hold_until=ago(-5))
    assert plan(held, release) == Step(
        Clocks(ago(40)), "", Watch(ago(10), Clock.PUSH), Ending(NOW, MonitoringEnd.RELEASED), "", watched=False
    )
    pushed = Standing(Clocks(ago(1)), "", ago(-40), watched=True, hold_until=ago(-40))
    assert plan(pushed, release) == Step(Clocks(ago(1)), "", Watch(ago(-29), Clock.PUSH), None, "", watched=True)


def test_what_is_forgotten_is_woken_by_the_next_event_and_not_by_a_replay() -> None:
    step = plan(OPEN, Happening(Clocks(None), deed=Deed.FORGET))
    assert step == Step(
        Clocks(ago(1)), "", Watch(ago(-29), Clock.PUSH), Ending(NOW, MonitoringEnd.FORGOTTEN), "", watched=False
    )
    forgotten = Standing(step.clocks, "", step.watch.until, step.watched)
    assert plan(forgotten, Happening(Clocks(ago(1)), replayed=True)).begins == ""
    assert plan(forgotten, Happening(Clocks(None, ago(0.5)))).begins == "pulled again"


def test_a_hand_wakes_what_is_inside_a_window_also_where_only_pushes_do_and_never_what_is_manual() -> None:
    wake, touch = Happening(Clocks(None), deed=Deed.WAKE), Happening(Clocks(None, NOW), "ann", deed=Deed.TOUCH)
    lengthened = Standing(Clocks(ago(20)), "", ago(-10), watched=False)
    assert [plan(lengthened, wake, each).begins for each in (CONTINUOUS, ON_PUSH, MANUAL)] == [
        "woken by hand",
        "woken by hand",
        "",
    ]
    assert plan(EXPIRED, wake).watched is False
    assert plan(EXPIRED, touch).begins == "touched"
