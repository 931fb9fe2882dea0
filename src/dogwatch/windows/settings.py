"""Windows as an account sets them: the defaults, and a change that may name only some of the fields."""

from __future__ import annotations

from datetime import UTC, datetime

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import ActivityMode, RescanSetting, SettingStatus, Window
from dogwatch.model.what_if import WindowWish

_DEFAULT_SINCE = datetime(2024, 1, 23, tzinfo=UTC)
"""Accounts activated from this day on start with 90/90; older ones keep the push window that they had, LIFETIME."""

_DEFAULT_DAYS = 90


def default_setting(activated_at: datetime) -> RescanSetting:
    """Return the windows of an account that never changed them."""
    push = Window(_DEFAULT_DAYS) if activated_at >= _DEFAULT_SINCE else Window(None)
    return RescanSetting(push, Window(_DEFAULT_DAYS), ActivityMode.LAST_PULL, SettingStatus.SUCCESS, activated_at)


def changed_setting(base: RescanSetting, wish: WindowWish, requested_at: datetime) -> RescanSetting:
    """Return `base` with the named fields changed, PENDING.

    Raises:
        InvalidRequestError: a text that is no window or mode, or a push window of NONE.
    """
    push = base.push_window if wish.push_window is None else parse_push_window(wish.push_window)
    activity = base.activity_window if wish.activity_window is None else parse_activity_window(wish.activity_window)
    mode = base.activity_mode if wish.activity_mode is None else parse_mode(wish.activity_mode)
    return RescanSetting(push, activity, mode, SettingStatus.PENDING, requested_at)


def parse_push_window(text: str) -> Window:
    """Read a push window.

    Raises:
        InvalidRequestError: no window, or NONE.
    """
    window = Window.parse(text, "push_window")
    if window.off:
        raise InvalidRequestError("push_window", "NONE is for the activity window only")
    return window


def parse_activity_window(text: str) -> Window:
    """Read an activity window.

    Raises:
        InvalidRequestError: no window.
    """
    return Window.parse(text, "activity_window")


def parse_mode(text: str) -> ActivityMode:
    """Read what the activity window counts from.

    Raises:
        InvalidRequestError: no mode.
    """
    try:
        return ActivityMode(text)
    except ValueError as error:
        modes = ", ".join(ActivityMode)
        raise InvalidRequestError("activity_mode", f"{text!r} is none of {modes}") from error
