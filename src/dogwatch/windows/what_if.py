"""What a change of windows would do: which windows each repository would have, and the grid of all usual windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dogwatch.model.monitoring import RescanSetting, Window, WindowOverride
from dogwatch.model.scopes import Scope
from dogwatch.model.what_if import GridCell
from dogwatch.model.window_presets import USUAL_DAYS
from dogwatch.windows.inheritance import inherit
from dogwatch.windows.patterns import is_named

_NONE, _LIFETIME = Window(None, off=True), Window(None)
_USUAL = tuple(Window(days) for days in USUAL_DAYS)

GRID_PUSH = (*_USUAL, _LIFETIME)
GRID_ACTIVITY = (_NONE, *_USUAL, _LIFETIME)

BEGINNING = datetime.min.replace(tzinfo=UTC)
"""Before everything: whatever happened is inside a window that goes back to it."""


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """The windows of an account and of its scopes as they will be, once a change of one scope is applied."""

    scope: Scope
    account: RescanSetting
    overrides: tuple[WindowOverride, ...]

    @property
    def own(self) -> WindowOverride:
        """What the scope will set for itself; not for the account."""
        return next(one for one in self.overrides if one.scope == self.scope)

    @property
    def windows(self) -> RescanSetting:
        """The windows that the scope will have."""
        return self.windows_of(self.scope)

    def windows_of(self, place: Scope) -> RescanSetting:
        """Return the windows that a repository, or a scope, will have."""
        return inherit(self.account, self.overrides, place)

    def is_about(self, place: Scope) -> bool:
        """Say whether the scope names a repository."""
        if self.scope.is_account:
            return True
        return self.scope.registry == place.registry and is_named(self.scope.pattern, place.pattern)

    def with_both_windows(self) -> WindowPlan:
        """Return the plan with both windows set by the scope itself, as they are in every cell of the grid.

        A repository whose window then comes from the scope has the cell's; any other keeps its own in all cells.
        """
        if self.scope.is_account:
            return self
        both = replace(self.own, push_window=GRID_PUSH[0], activity_window=GRID_ACTIVITY[0])
        return replace(self, overrides=(*(one for one in self.overrides if one.scope != self.scope), both))


def earliest_inside(window: Window, now: datetime) -> datetime | None:
    """Return the earliest moment whose window is not over at `now`; the same border as `end_of_window`.

    Returns:
        None where no moment is: the window is NONE.
    """
    if window.off:
        return None
    if window.length is None:
        return BEGINNING
    try:
        return now - window.length
    except OverflowError:
        return BEGINNING


def grid_steps(now: datetime) -> list[datetime]:
    """Return the earliest moments inside the usual windows of days, the longest window's first."""
    return [moment for one in reversed(_USUAL) if (moment := earliest_inside(one, now)) is not None]


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
