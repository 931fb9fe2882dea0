"""Images counted by where their clocks stand, and what any pair of windows makes of them.

The store counts images once by the step that each clock has reached among `WindowSteps.moments`; everything else
follows from that here, however many windows are asked about.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dogwatch.model.monitoring import Window
from dogwatch.model.what_if import GridCell
from dogwatch.model.window_presets import USUAL_DAYS
from dogwatch.windows.what_if import WindowKind, earliest_inside

_NONE, _LIFETIME = Window(None, off=True), Window(None)
_USUAL = tuple(Window(days) for days in USUAL_DAYS)

GRID_PUSH = (*_USUAL, _LIFETIME)
GRID_ACTIVITY = (_NONE, *_USUAL, _LIFETIME)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many images stand alike: of which kind, whether watched now and held now, and the steps of their clocks.

    A step is the number of moments that are not after the clock's; None where the clock is not known.
    """

    kind: int
    is_watched: bool
    is_held: bool
    push_step: int | None
    activity_step: int | None
    images: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Images watched now, those of them that would leave, those that could be woken, and the grid."""

    watched: int
    leaving: int
    wakeable: int
    grid: tuple[GridCell, ...]


class WindowSteps:
    """The earliest moments inside every window that is asked about, in order, for images of these kinds."""

    def __init__(self, kinds: Sequence[WindowKind], now: datetime) -> None:
        self._kinds = kinds
        named = {
            window for kind in kinds for window in (kind.push, kind.activity, kind.push_beside, kind.activity_beside)
        }
        days = [one for one in {*_USUAL, *named} if one is not None and one.days is not None]
        earliest = {one: moment for one in days if (moment := earliest_inside(one, now)) is not None}
        self.moments = sorted(set(earliest.values()))
        self._first = {one: bisect_left(self.moments, moment) + 1 for one, moment in earliest.items()}

    def count(self, tallies: Iterable[Tally], resting: Iterable[Tally]) -> Counted:
        """Return what the tallies come to; `resting` are those among the images not watched that no window wakes."""
        watched = leaving = wakeable = 0
        kept: Counter[tuple[int, int]] = Counter()
        for one in tallies:
            is_inside = self._is_inside(one)
            if one.is_watched:
                watched += one.images
                leaving += 0 if is_inside else one.images
                kept[self._push_place(one), self._activity_place(one)] += one.images
            elif is_inside and self._kinds[one.kind].can_wake:
                wakeable += one.images
        for one in resting:
            if self._is_inside(one) and self._kinds[one.kind].can_wake:
                wakeable -= one.images
        return Counted(watched, leaving, wakeable, watched_grid(kept))

    def _is_inside(self, one: Tally) -> bool:
        kind = self._kinds[one.kind]
        return one.is_held or self._keeps_push(kind.push, one) or self._keeps_activity(kind.activity, one)

    def _keeps_push(self, window: Window, one: Tally) -> bool:
        # LIFETIME keeps an image whose push nobody knows.
        return window.is_lifetime or self._reaches(window, one.push_step)

    def _keeps_activity(self, window: Window, one: Tally) -> bool:
        return one.activity_step is not None and (window.is_lifetime or self._reaches(window, one.activity_step))

    def _reaches(self, window: Window, step: int | None) -> bool:
        return step is not None and not window.off and step >= self._first[window]

    def _push_place(self, one: Tally) -> int:
        """Return the place of the first push window that keeps images; the number of windows where none does."""
        if one.is_held:
            return 0
        beside = self._kinds[one.kind].push_beside
        if beside is not None:
            return 0 if self._keeps_push(beside, one) else len(GRID_PUSH)
        return next(place for place, window in enumerate(GRID_PUSH) if self._keeps_push(window, one))

    def _activity_place(self, one: Tally) -> int:
        beside = self._kinds[one.kind].activity_beside
        windows = GRID_ACTIVITY if beside is None else (beside,)
        keeping = (place for place, window in enumerate(windows) if self._keeps_activity(window, one))
        return next(keeping, len(GRID_ACTIVITY))


def watched_grid(kept: Mapping[tuple[int, int], int]) -> tuple[GridCell, ...]:
    """Return how many images every pair of windows keeps, push windows outside, both from the shortest.

    Args:
        kept: images by the place of the first push window and of the first activity window that keeps them; the
            number of windows where none does. One of the two is enough.
    """
    return tuple(
        GridCell(push, activity, sum(n for (first, second), n in kept.items() if first <= row or second <= column))
        for row, push in enumerate(GRID_PUSH)
        for column, activity in enumerate(GRID_ACTIVITY)
    )
