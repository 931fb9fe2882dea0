"""What something that happened to an image does to its clocks and to its monitoring.

The store locks an image's row, asks `plan_step`, and writes what it says. Monitoring is append-only by recorded time: a
late event opens or closes the present, never an interval of the past.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dogwatch.model.deeds import Deed
from dogwatch.model.monitoring import Clocks, MonitoringEnd, RescanSetting, ScanFrequency, Watch
from dogwatch.model.times import TICK
from dogwatch.windows.watching import watch


@dataclass(frozen=True, slots=True)
class Archive:
    """Since when an image is archived, and when it was last restored; None where that is not so."""

    since: datetime | None = None
    restored_at: datetime | None = None


NEVER_ARCHIVED = Archive()


@dataclass(frozen=True, slots=True)
class Standing:
    """What is recorded of one image: its clocks, who pulled it last, its deadline, and whether monitoring is open.

    `hold_until` is the end of its hold, past or to come; None where it has none. `archive` is since when it is
    archived, and when it was last restored.
    """

    clocks: Clocks
    pulled_by: str
    until: datetime | None
    watched: bool
    hold_until: datetime | None = None
    archive: Archive = NEVER_ARCHIVED


@dataclass(frozen=True, slots=True)
class Happening:
    """What was heard of one image since: the latest push and pull among the news, and by whom it was pulled.

    `replayed` marks news that may have been heard before: then only what moves a clock can wake the image. `exists` is
    False once the image was deleted after its last push, or its registry removed; `returned` is True where it was
    deleted until now. `deed` is what somebody did by hand; `hold_until` is the end of the hold that a HOLD places.
    `outside_look_back`: it was found when its registry was added, which counts as its push, and it is older than was
    asked for: that wakes nothing.
    """

    clocks: Clocks
    pulled_by: str = ""
    replayed: bool = False
    exists: bool = True
    returned: bool = False
    deed: Deed | None = None
    hold_until: datetime | None = None
    outside_look_back: bool = False


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
    hold_until: datetime | None = None
    archive: Archive = NEVER_ARCHIVED


_WAKING = {Deed.WAKE: "woken by hand", Deed.HOLD: "held", Deed.TOUCH: "touched", Deed.RESTORE: "restored"}
"""The deeds that begin monitoring, in the words of its interval."""


def plan_step(
    standing: Standing, happening: Happening, setting: RescanSetting, frequency: ScanFrequency, now: datetime
) -> Step:
    """Decide what a happening changes.

    1. Clocks only move forward.
    2. An open interval whose deadline has passed ended at that deadline, whatever came since; otherwise it ends now if
       the image no longer exists, is archived or forgotten, or was kept by a hold alone that is released.
    3. An interval begins now if none is open, the image exists and is not archived, an event or a deed woke it, and a
       clock is inside its window or a hold stands.
    """
    clocks, pulled_by = merge_clocks(standing, happening)
    hold_until = _hold(standing, happening)
    outcome = watch(clocks, setting, hold_until)
    is_inside = outcome.until is not None and outcome.until >= now
    ending = _end(standing, happening, now, is_inside=is_inside) if standing.watched else None
    still_open = standing.watched and ending is None
    begins = ""
    archive = _archive(standing, happening, now)
    if not still_open and happening.exists and is_inside and archive.since is None:
        begins = _waker(standing, happening, frequency)
    return Step(clocks, pulled_by, outcome, ending, begins, still_open or bool(begins), hold_until, archive)


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


def _hold(standing: Standing, happening: Happening) -> datetime | None:
    if happening.deed is Deed.HOLD:
        return happening.hold_until
    return None if happening.deed is Deed.RELEASE else standing.hold_until


def _archive(standing: Standing, happening: Happening, now: datetime) -> Archive:
    """Return whether the image is archived afterwards; what was deleted is not there to be restored."""
    if happening.deed is Deed.ARCHIVE:
        return Archive(now, standing.archive.restored_at)
    if happening.deed is Deed.RESTORE:
        return Archive(None, now)
    return standing.archive if happening.exists else Archive(None, standing.archive.restored_at)


def _end(standing: Standing, happening: Happening, now: datetime, *, is_inside: bool) -> Ending | None:
    if standing.until is not None and standing.until < now:
        return Ending(standing.until + TICK, MonitoringEnd.EXPIRED)
    if not happening.exists:
        return Ending(now, MonitoringEnd.DELETED)
    if happening.deed is Deed.ARCHIVE:
        return Ending(now, MonitoringEnd.ARCHIVED)
    if happening.deed is Deed.FORGET:
        return Ending(now, MonitoringEnd.FORGOTTEN)
    return Ending(now, MonitoringEnd.RELEASED) if happening.deed is Deed.RELEASE and not is_inside else None


def _waker(standing: Standing, happening: Happening, frequency: ScanFrequency) -> str:
    """Name what wakes the image: any push or pull under continuous watch, only a push or a deed under scan-on-push."""
    if not frequency.is_scanned:
        return ""
    if happening.deed is not None:
        return _WAKING.get(happening.deed, "")
    old, new = standing.clocks, happening.clocks
    if _counts(old.pushed_at, new.pushed_at, happening.replayed) and not happening.outside_look_back:
        return "pushed" if old == Clocks(None) else "pushed again"
    if happening.returned:
        return "there again"
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
