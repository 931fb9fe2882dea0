"""The sentence that says why an image is watched, or no longer is."""

from __future__ import annotations

from datetime import datetime

from dogwatch.model.deeds import Hold
from dogwatch.model.monitoring import ActivityMode, Clock, Clocks, RescanSetting, Watch
from dogwatch.windows.watching import end_of_window, last_activity, watch

_VERBS = {Clock.PUSH: "pushed", Clock.PULL: "pulled", Clock.IN_USE: "seen in use"}
_NEVER = {
    ActivityMode.LAST_PULL: "it was never pulled",
    ActivityMode.LAST_IN_USE: "it was never seen in use",
    ActivityMode.EITHER: "it was never pulled or seen in use",
}


def explain(
    clocks: Clocks,
    setting: RescanSetting,
    now: datetime,
    *,
    pulled_by: str = "",
    is_open: bool = True,
    hold: Hold | None = None,
    forgotten: str = "",
) -> str:
    """Return the sentence for one image. Windows that are not the account's own are told with the scope that sets them.

    Args:
        clocks: the moments that its windows count from.
        setting: the windows in force.
        now: the moment that the sentence is spoken at; past and future tense depend on it.
        pulled_by: who pulled it last; may be empty.
        is_open: whether monitoring is open. An image whose windows were lengthened after it had expired is inside one
            of them and still not watched.
        hold: the hold that was placed on it and not released, past or to come.
        forgotten: by whom and when it was forgotten, where nothing woke it since.
    """
    sentence = _sentence(clocks, setting, now, pulled_by, is_open=is_open, hold=hold, forgotten=forgotten)
    return sentence + _origin_part(setting)


def _sentence(
    clocks: Clocks,
    setting: RescanSetting,
    now: datetime,
    pulled_by: str,
    *,
    is_open: bool,
    hold: Hold | None,
    forgotten: str,
) -> str:
    outcome = watch(clocks, setting, hold.until if hold else None)
    if outcome.until is None or outcome.until < now:
        return _ended(clocks, setting, now, hold)
    if not is_open and forgotten:
        return f"not watched: {forgotten}; the next push or pull wakes it"
    if not is_open:
        return "not watched: it had expired before the windows were lengthened; the next push or pull wakes it"
    if hold is None or hold.until < now:
        return _open(clocks, setting, now, outcome, pulled_by)
    if outcome.held_by is Clock.HOLD:
        parts = f"{_push_part(clocks, setting, now)}, and {_activity_part(clocks, setting, now)}"
        return f"watched until {_day(hold.until)} because it is held by {hold.by} ({hold.reason}); {parts}"
    sentence = _open(clocks, setting, now, outcome, pulled_by)
    return f"{sentence}; held until {_day(hold.until)} by {hold.by} as well"


def _open(clocks: Clocks, setting: RescanSetting, now: datetime, outcome: Watch, pulled_by: str) -> str:
    """Say which clock keeps an image watched, and what the other one does."""
    assert outcome.until is not None  # a clock is inside its window
    if setting.push_window.is_lifetime:
        return f"watched as long as it exists: the push window is LIFETIME; {_activity_part(clocks, setting, now)}"
    moment, clock = last_activity(clocks, setting.activity_mode)
    if outcome.held_by is Clock.PUSH:
        because, other = _because(clocks.pushed_at, Clock.PUSH, ""), _activity_part(clocks, setting, now)
    else:
        because, other = _because(moment, clock, pulled_by), _push_part(clocks, setting, now)
    if setting.activity_window.is_lifetime and outcome.held_by is not Clock.PUSH:
        return f"watched as long as it exists because it was {because}; {other}"
    return f"watched until {_day(outcome.until)} because it was {because}; {other}"


def _ended(clocks: Clocks, setting: RescanSetting, now: datetime, hold: Hold | None) -> str:
    until = watch(clocks, setting, hold.until if hold else None).until
    held = f", and its hold by {hold.by} ended on {_day(hold.until)}" if hold else ""
    parts = f"{_push_part(clocks, setting, now)}, and {_activity_part(clocks, setting, now)}{held}"
    return f"not watched: {parts}" if until is None else f"not watched since {_day(until)}: {parts}"


def _because(moment: datetime | None, clock: Clock, by: str) -> str:
    when = "" if moment is None else f" on {_day(moment)}"
    return f"{_VERBS[clock]}{when}{f' by {by}' if by and clock is Clock.PULL else ''}"


def _push_part(clocks: Clocks, setting: RescanSetting, now: datetime) -> str:
    end = end_of_window(clocks.pushed_at, setting.push_window)
    return "its push was never seen" if end is None else f"its push window {_tense(end, now)} on {_day(end)}"


def _activity_part(clocks: Clocks, setting: RescanSetting, now: datetime) -> str:
    if setting.activity_window.off:
        return "pulls do not count"
    moment, _ = last_activity(clocks, setting.activity_mode)
    end = end_of_window(moment, setting.activity_window)
    if end is None:
        return _NEVER[setting.activity_mode]
    if setting.activity_window.is_lifetime:
        return "its activity window never ends"
    return f"its activity window {_tense(end, now)} on {_day(end)}"


def _origin_part(setting: RescanSetting) -> str:
    push, activity = setting.origin.push, setting.origin.activity
    if push == activity:
        return "" if push.is_account else f" (windows of {push.words})"
    return f" (push window of {push.words}, activity window of {activity.words})"


def _tense(end: datetime, now: datetime) -> str:
    return "ended" if end < now else "ends"


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
