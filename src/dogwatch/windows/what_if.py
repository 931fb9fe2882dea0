"""What a change of windows would do: which windows each repository would have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dogwatch.model.monitoring import ActivityMode, RescanSetting, Window, WindowOverride
from dogwatch.model.scopes import Scope
from dogwatch.windows.inheritance import inherit
from dogwatch.windows.patterns import is_named

BEGINNING = datetime.min.replace(tzinfo=UTC)
"""Before everything: whatever happened is inside a window that goes back to it."""


@dataclass(frozen=True, slots=True)
class WindowKind:
    """What a plan comes to for some repositories: all that decides over an image, beside its clocks.

    `push` and `activity` are the windows they will have. `push_beside` and `activity_beside` are those they keep in
    every cell of the grid; None where the cell gives its own. `can_wake` is False where no deed wakes an image.
    """

    push: Window
    activity: Window
    mode: ActivityMode
    push_beside: Window | None
    activity_beside: Window | None
    can_wake: bool


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

    def kind_of(self, place: Scope, *, can_wake: bool) -> WindowKind:
        """Return what the plan comes to for a repository that its scope names."""
        wanted = self.windows_of(place)
        cells = self._with_both_windows().windows_of(place)
        return WindowKind(
            wanted.push_window,
            wanted.activity_window,
            wanted.activity_mode,
            None if cells.origin.push == self.scope else cells.push_window,
            None if cells.origin.activity == self.scope else cells.activity_window,
            can_wake,
        )

    def _with_both_windows(self) -> WindowPlan:
        """Return the plan with both windows set by the scope itself, as they are in every cell of the grid.

        A repository whose window then comes from the scope has the cell's; any other keeps its own in all cells.
        """
        if self.scope.is_account:
            return self
        both = replace(self.own, push_window=Window(None), activity_window=Window(None))
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
