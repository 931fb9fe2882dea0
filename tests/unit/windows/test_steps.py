from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

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
