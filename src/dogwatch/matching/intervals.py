"""The events of one affected range become half-open intervals of version keys.

Here: the walk over events. Not here: entries, listed versions and states (`ranges`). Called by `ranges` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from dogwatch.model.advisories import FixState, RangeEvent, RangeEventKind
from dogwatch.versions import HIGHEST, LOWEST, NotComparable, VersionScheme, successor, why_not_comparable

NO_INTRODUCTION = "affected range never says where it begins"

_BEGINNING = "0"
_NO_LIMIT = "*"


@dataclass(frozen=True, slots=True)
class Interval:
    """Keys from `low` up to, but not including, `high`, with the texts of the events that bound them.

    `fixed` and `fixed_key` name the fix, if the source names one; `last_affected` is set where that event is the end.
    """

    low: bytes
    high: bytes
    introduced: str
    fixed: str = ""
    fixed_key: bytes | None = None
    last_affected: str = ""

    @property
    def fix_state(self) -> FixState:
        """Fixed where a fix is named; not fixed where nothing ends the interval; unknown where something else does."""
        if self.fixed:
            return FixState.FIXED
        return FixState.NOT_FIXED if self.high == HIGHEST else FixState.UNKNOWN


@dataclass(frozen=True, slots=True)
class _Boundary:
    key: bytes
    event: RangeEvent
    fixed_key: bytes

    @property
    def begins(self) -> bool:
        return self.event.kind is RangeEventKind.INTRODUCED


def find_intervals(scheme: VersionScheme, events: Sequence[RangeEvent]) -> tuple[Interval, ...] | str:
    """Turn the events of one range into the intervals of keys it covers.

    The steps:

    1. Each event is a boundary: introduced X begins at key(X), fixed X ends at key(X), last affected X ends right above
       key(X). `introduced: "0"` is below everything. The greatest limit caps the whole range.
    2. Boundaries are sorted by key; at the same key they keep their order. Events are never paired by position.
    3. Walking up, the first beginning opens an interval and the first end after it closes it; repeats change nothing. A
       fix that follows a last affected version before anything begins again is the fix of that interval.
    4. What is still open goes up to the cap; empty intervals are dropped.

    Args:
        scheme: orders the versions of the range.
        events: as the source states them, in any order.

    Returns:
        Disjoint, non-empty intervals, lowest first. A text instead, the reason, where the range cannot be used as a
        whole: one event without a key would open or shut it wrongly.

    Source:
        OSV schema 1.7.3, sections affected.ranges.events and Evaluation.
    """
    if not any(event.kind is RangeEventKind.INTRODUCED for event in events):
        return NO_INTRODUCTION
    boundaries: list[_Boundary] = []
    caps: list[bytes] = []
    for event in events:
        key = _key_of_event(scheme, event)
        if isinstance(key, NotComparable):
            return f"bound of the affected range: {key}"
        if event.kind is RangeEventKind.LIMIT:
            caps.append(key)
        else:
            fixed_key = scheme.sort_key(event.fix) if event.fix else None
            boundaries.append(_Boundary(key, event, fixed_key or key))
    boundaries.sort(key=attrgetter("key"))
    cap = max(caps, default=HIGHEST)
    walked = (_capped(interval, cap) for interval in _walk(boundaries))
    return tuple(interval for interval in walked if interval.low < interval.high)


def _capped(interval: Interval, cap: bytes) -> Interval:
    return interval if interval.high <= cap else replace(interval, high=cap)


def _key_of_event(scheme: VersionScheme, event: RangeEvent) -> bytes | NotComparable:
    if event.kind is RangeEventKind.INTRODUCED and event.version == _BEGINNING:
        return LOWEST
    if event.kind is RangeEventKind.LIMIT and event.version == _NO_LIMIT:
        return HIGHEST
    key = scheme.sort_key(event.version)
    if key is None:
        return why_not_comparable(scheme.name, event.version) or NotComparable.GRAMMAR
    return successor(key) if event.kind is RangeEventKind.LAST_AFFECTED else key


def _walk(boundaries: Sequence[_Boundary]) -> list[Interval]:
    intervals: list[Interval] = []
    opened: _Boundary | None = None
    for boundary in boundaries:
        if boundary.begins:
            opened = opened or boundary
        elif opened is not None:
            intervals.append(_closed(opened, boundary))
            opened = None
        elif intervals and not intervals[-1].fixed and boundary.event.kind is RangeEventKind.FIXED:
            fixed, fixed_key = _fix(boundary)
            intervals[-1] = replace(intervals[-1], fixed=fixed, fixed_key=fixed_key)
    if opened is not None:
        intervals.append(Interval(opened.key, HIGHEST, opened.event.version))
    return intervals


def _closed(opened: _Boundary, end: _Boundary) -> Interval:
    bounds = (opened.key, end.key, opened.event.version)
    if end.event.kind is RangeEventKind.FIXED:
        return Interval(*bounds, *_fix(end))
    return Interval(*bounds, last_affected=end.event.version)


def _fix(end: _Boundary) -> tuple[str, bytes]:
    """Return the text and the key of the fix that an end names."""
    return end.event.fix or end.event.version, end.fixed_key
