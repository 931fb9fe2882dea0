"""The rule itself: watched while at least one clock is inside its window; the border is inside."""

from __future__ import annotations

from datetime import datetime

from dogwatch.model.monitoring import ActivityMode, Clock, Clocks, RescanSetting, Watch, Window
from dogwatch.model.times import FOREVER


def end_of_window(moment: datetime | None, window: Window) -> datetime | None:
    """Return the last moment inside a window that counts from `moment`.

    Returns:
        None where nothing was counted from or the window is NONE; FOREVER under LIFETIME and where the end lies behind
        the last day that we can name.
    """
    if moment is None or window.off:
        return None
    if window.length is None:
        return FOREVER
    try:
        return min(moment + window.length, FOREVER)
    except OverflowError:
        return FOREVER


def last_activity(clocks: Clocks, mode: ActivityMode) -> tuple[datetime | None, Clock]:
    """Return the moment that the activity window counts from in this mode, and whose it is; a tie is the pull's."""
    if mode is ActivityMode.LAST_PULL:
        return clocks.pulled_at, Clock.PULL
    if mode is ActivityMode.LAST_IN_USE:
        return clocks.in_use_at, Clock.IN_USE
    if clocks.pulled_at is None or (clocks.in_use_at is not None and clocks.in_use_at > clocks.pulled_at):
        return clocks.in_use_at, Clock.IN_USE
    return clocks.pulled_at, Clock.PULL


def watch(clocks: Clocks, setting: RescanSetting, hold_until: datetime | None = None) -> Watch:
    """Return until when the clocks, or a hold, keep an image watched, and which of them holds it.

    1. A push window of LIFETIME holds every image: it exists, so it was pushed, whether we heard of it or not.
    2. Otherwise each clock that is known gives the end of its window; the later of the two is the deadline.
    3. When both end at the same moment the push holds.
    4. A hold is one more way to stay watched, whatever the windows are. It holds where it ends later than the clocks.
    """
    by_clocks = _watch_by_clocks(clocks, setting)
    if hold_until is not None and (by_clocks.until is None or hold_until > by_clocks.until):
        return Watch(hold_until, Clock.HOLD)
    return by_clocks


def _watch_by_clocks(clocks: Clocks, setting: RescanSetting) -> Watch:
    if setting.push_window.is_lifetime:
        return Watch(FOREVER, Clock.PUSH)
    push_end = end_of_window(clocks.pushed_at, setting.push_window)
    activity, clock = last_activity(clocks, setting.activity_mode)
    activity_end = end_of_window(activity, setting.activity_window)
    if activity_end is not None and (push_end is None or activity_end > push_end):
        return Watch(activity_end, clock)
    return Watch(push_end, None if push_end is None else Clock.PUSH)
