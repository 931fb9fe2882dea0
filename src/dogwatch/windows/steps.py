"""What something that happened to an image does to its clocks and to its monitoring.

The store locks an image's row, asks `plan_step`, and writes what it says. Monitoring is append-only by recorded time: a
late event opens or closes the present, never an interval of the past.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dogwatch.model.monitoring import Clocks, MonitoringEnd, RescanSetting, ScanFrequency, Watch
from dogwatch.model.times import TICK
from dogwatch.windows.watching import watch


@dataclass(frozen=True, slots=True)
class Standing:
    """What is recorded of one image: its clocks, who pulled it last, its deadline, and whether monitoring is open."""

    clocks: Clocks
    pulled_by: str
    until: datetime | None
    watched: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """What was heard of one image since: the latest push and pull among the news, and by whom it was pulled.

    `replayed` marks news that may have been heard before: then only what moves a clock can wake the image. `exists` is
    False once the image was deleted after its last push, or its registry removed.
    """

    clocks: Clocks
    pulled_by: str = ""
    replayed: bool = False
    exists: bool = True


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of the open interval: its first moment outside, and the reason."""

    at: datetime
    reason: MonitoringEnd


@dataclass(frozen=True, slots=True)
class Step:
    """What to record: the new clocks and deadline; an end of the open interval; whether a new one begins now, and why.

    `ending` and `begins` may both be set: an interval whose end the sweep has not written yet is never bridged.
    """

    clocks: Clocks
    pulled_by: str
    watch: Watch
    ending: Ending | None
    begins: str
    watched: bool


def plan_step(
    standing: Standing, happening: Happening, setting: RescanSetting, frequency: ScanFrequency, now: datetime
) -> Step:
    """Decide what a happening changes.

    1. Clocks only move forward.
    2. An open interval whose deadline has passed ended at that deadline, whatever came since; otherwise it ends now if
       the image no longer exists.
    3. An interval begins now if none is open, the image exists, an event woke it, and a clock is inside its window.
    """
    clocks, pulled_by = merge_clocks(standing, happening)
    outcome = watch(clocks, setting)
    ending = _end(standing, happening.exists, now) if standing.watched else None
    still_open = standing.watched and ending is None
    begins = ""
    if not still_open and happening.exists and outcome.until is not None and outcome.until >= now:
        begins = _waker(standing, happening, frequency)
    return Step(clocks, pulled_by, outcome, ending, begins, watched=still_open or bool(begins))


def merge_clocks(standing: Standing, happening: Happening) -> tuple[Clocks, str]:
    """Return the later of both moments for each clock, and who pulled last; the order of hearing does not matter."""
    old, new = standing.clocks, happening.clocks
    pulled_by = standing.pulled_by
    if new.pulled_at is not None:
        # At the same moment the name decides, so that both orders of arrival end alike.
        former = (old.pulled_at or new.pulled_at, standing.pulled_by if old.pulled_at else "")
        pulled_by = max(former, (new.pulled_at, happening.pulled_by))[1]
    clocks = Clocks(
        _later(old.pushed_at, new.pushed_at),
        _later(old.pulled_at, new.pulled_at),
        _later(old.in_use_at, new.in_use_at),
    )
    return clocks, pulled_by


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def _end(standing: Standing, exists: bool, now: datetime) -> Ending | None:
    if standing.until is not None and standing.until < now:
        return Ending(standing.until + TICK, MonitoringEnd.EXPIRED)
    return None if exists else Ending(now, MonitoringEnd.DELETED)


def _waker(standing: Standing, happening: Happening, frequency: ScanFrequency) -> str:
    """Name the event that wakes the image: any push or pull under continuous watch, only a push under scan-on-push."""
    if frequency is ScanFrequency.MANUAL:
        return ""
    old, new = standing.clocks, happening.clocks
    if _counts(old.pushed_at, new.pushed_at, happening.replayed):
        return "pushed" if old == Clocks(None) else "pushed again"
    if frequency is ScanFrequency.ON_PUSH:
        return ""
    if _counts(old.pulled_at, new.pulled_at, happening.replayed):
        return "pulled" if old == Clocks(None) else "pulled again"
    if _counts(old.in_use_at, new.in_use_at, happening.replayed):
        return "seen in use" if old == Clocks(None) else "seen in use again"
    return ""


def _counts(old: datetime | None, new: datetime | None, replayed: bool) -> bool:
    if new is None:
        return False
    return not replayed or old is None or new > old
