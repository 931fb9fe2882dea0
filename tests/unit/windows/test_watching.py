from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dogwatch.model.monitoring import ActivityMode, Clock, Clocks, RescanSetting, Watch, Window
from dogwatch.model.times import FOREVER, TICK
from dogwatch.windows import end_of_window, watch

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NONE = Window(None, off=True)
LIFETIME = Window(None)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def setting(push: Window, activity: Window, mode: ActivityMode = ActivityMode.LAST_PULL) -> RescanSetting:
    return RescanSetting(push, activity, mode)


@pytest.mark.parametrize(
    ("push_days", "pulled_days", "watched"),
    [(10, None, True), (59, 300, True), (61, 179, True), (61, 181, False), (61, None, False)],
)
def test_watched_while_one_clock_is_inside_its_window(push_days: int, pulled_days: int | None, watched: bool) -> None:
    clocks = Clocks(ago(push_days), None if pulled_days is None else ago(pulled_days))
    until = watch(clocks, setting(Window(60), Window(180))).until
    assert until is not None
    assert (until >= NOW) is watched


def test_the_later_of_two_ends_is_the_deadline_and_its_clock_holds() -> None:
    clocks = Clocks(ago(10), ago(5))
    assert watch(clocks, setting(Window(90), Window(30))) == Watch(ago(10 - 90), Clock.PUSH)
    assert watch(clocks, setting(Window(30), Window(90))) == Watch(ago(5 - 90), Clock.PULL)


def test_ends_at_the_same_moment_are_held_by_the_push() -> None:
    assert watch(Clocks(NOW, NOW), setting(Window(7), Window(7))) == Watch(ago(-7), Clock.PUSH)


def test_the_border_is_inside() -> None:
    until = watch(Clocks(ago(90)), setting(Window(90), Window(90))).until
    assert until is not None
    assert until >= NOW
    assert until < NOW + TICK


def test_a_push_window_of_lifetime_holds_whatever_is_known() -> None:
    for clocks in (Clocks(None), Clocks(ago(5000)), Clocks(None, NOW)):
        assert watch(clocks, setting(LIFETIME, Window(3))) == Watch(FOREVER, Clock.PUSH)


def test_an_activity_window_of_lifetime_needs_one_pull() -> None:
    assert watch(Clocks(ago(100)), setting(Window(90), LIFETIME)) == Watch(ago(10), Clock.PUSH)
    assert watch(Clocks(ago(100), ago(99)), setting(Window(90), LIFETIME)) == Watch(FOREVER, Clock.PULL)


def test_an_activity_window_of_none_leaves_the_push_alone() -> None:
    assert watch(Clocks(ago(1), NOW, NOW), setting(Window(7), NONE)) == Watch(ago(-6), Clock.PUSH)
    assert watch(Clocks(None, NOW, NOW), setting(Window(7), NONE)) == Watch(None, None)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (ActivityMode.LAST_PULL, Watch(ago(20 - 30), Clock.PULL)),
        (ActivityMode.LAST_IN_USE, Watch(ago(10 - 30), Clock.IN_USE)),
        (ActivityMode.EITHER, Watch(ago(10 - 30), Clock.IN_USE)),
    ],
)
def test_the_mode_says_which_activity_counts(mode: ActivityMode, expected: Watch) -> None:
    assert watch(Clocks(ago(100), ago(20), ago(10)), setting(Window(30), Window(30), mode)) == expected


def test_in_either_mode_one_known_activity_is_enough_and_a_tie_is_the_pulls() -> None:
    either = setting(Window(3), Window(30), ActivityMode.EITHER)
    assert watch(Clocks(None, NOW, None), either) == Watch(ago(-30), Clock.PULL)
    assert watch(Clocks(None, None, NOW), either) == Watch(ago(-30), Clock.IN_USE)
    assert watch(Clocks(None, NOW, NOW), either) == Watch(ago(-30), Clock.PULL)


def test_no_clock_no_watch() -> None:
    assert watch(Clocks(None), setting(Window(90), Window(90))) == Watch(None, None)


@pytest.mark.parametrize("moment", [FOREVER, FOREVER - timedelta(days=1), datetime.max.replace(tzinfo=UTC)])
def test_an_end_behind_the_last_day_is_forever(moment: datetime) -> None:
    assert end_of_window(moment, Window(90)) == FOREVER
    assert end_of_window(moment, Window(99999)) == FOREVER
