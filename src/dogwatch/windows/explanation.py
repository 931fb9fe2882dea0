"""The sentence that says why an image is watched, or no longer is."""

from __future__ import annotations

from dataclasses import dataclass
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
    told = _Told(clocks, setting, now, watch(clocks, setting, hold.until if hold else None), pulled_by, hold)
    return told.sentence(forgotten, is_open=is_open) + _origin_part(setting)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a sentence is made of; each method returns a part of it."""

    clocks: Clocks
    setting: RescanSetting
    now: datetime
    outcome: Watch
    pulled_by: str
    hold: Hold | None

    def sentence(self, forgotten: str, *, is_open: bool) -> str:
        if self.outcome.until is None or self.outcome.until < self.now:
            return self._ended()
        if not is_open and forgotten:
            return f"not watched: {forgotten}; the next push or pull wakes it"
        if not is_open:
            return "not watched: it had expired before the windows were lengthened; the next push or pull wakes it"
        if self.hold is None or self.hold.until < self.now:
            return self._open()
        if self.outcome.held_by is Clock.HOLD:
            because = f"because it is held by {self.hold.by} ({self.hold.reason})"
            return f"watched until {_day(self.hold.until)} {because}; {self._push()}, and {self._activity()}"
        return f"{self._open()}; held until {_day(self.hold.until)} by {self.hold.by} as well"

    def _open(self) -> str:
        """Say which clock keeps the image watched, and what the other one does."""
        assert self.outcome.until is not None  # a clock is inside its window
        if self.setting.push_window.is_lifetime:
            return f"watched as long as it exists: the push window is LIFETIME; {self._activity()}"
        moment, clock = last_activity(self.clocks, self.setting.activity_mode)
        if self.outcome.held_by is Clock.PUSH:
            because, other = _because(self.clocks.pushed_at, Clock.PUSH, ""), self._activity()
        else:
            because, other = _because(moment, clock, self.pulled_by), self._push()
        if self.setting.activity_window.is_lifetime and self.outcome.held_by is not Clock.PUSH:
            return f"watched as long as it exists because it was {because}; {other}"
        return f"watched until {_day(self.outcome.until)} because it was {because}; {other}"

    def _ended(self) -> str:
        held = f", and its hold by {self.hold.by} ended on {_day(self.hold.until)}" if self.hold else ""
        since = "" if self.outcome.until is None else f" since {_day(self.outcome.until)}"
        return f"not watched{since}: {self._push()}, and {self._activity()}{held}"

    def _push(self) -> str:
        end = end_of_window(self.clocks.pushed_at, self.setting.push_window)
        return "its push was never seen" if end is None else f"its push window {self._ends(end)}"

    def _activity(self) -> str:
        window, mode = self.setting.activity_window, self.setting.activity_mode
        if window.off:
            return "pulls do not count"
        end = end_of_window(last_activity(self.clocks, mode)[0], window)
        if end is None:
            return _NEVER[mode]
        return "its activity window never ends" if window.is_lifetime else f"its activity window {self._ends(end)}"

    def _ends(self, end: datetime) -> str:
        return f"{'ended' if end < self.now else 'ends'} on {_day(end)}"


def _because(moment: datetime | None, clock: Clock, by: str) -> str:
    when = "" if moment is None else f" on {_day(moment)}"
    return f"{_VERBS[clock]}{when}{f' by {by}' if by and clock is Clock.PULL else ''}"


def _origin_part(setting: RescanSetting) -> str:
    push, activity = setting.origin.push, setting.origin.activity
    if push == activity:
        return "" if push.is_account else f" (windows of {push.words})"
    return f" (push window of {push.words}, activity window of {activity.words})"


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
