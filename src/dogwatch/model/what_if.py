"""What a change of windows would do, told before anybody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dogwatch.model.costs import USUAL_PRICES, PriceTable, Scans
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import RescanSetting, Window
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.model.window_presets import find_window_preset


@dataclass(frozen=True, slots=True)
class WindowWish:
    """A change of windows in the texts of whoever asks; None keeps a field, INHERITED gives up a scope's own."""

    push_window: str | None = None
    activity_window: str | None = None
    activity_mode: str | None = None
    scope: Scope = ACCOUNT_SCOPE

    def or_preset(self, name: str | None) -> WindowWish:
        """Return the change that a preset stands for; without a preset, this one.

        Raises:
            InvalidRequestError: no such preset, or something is named beside it.
        """
        if name is None:
            return self
        if self != WindowWish(scope=self.scope):
            raise InvalidRequestError("preset", "names both windows and the mode: nothing else can be named beside it")
        named = find_window_preset(name)
        return WindowWish(str(named.push_window), str(named.activity_window), str(named.activity_mode), self.scope)


@dataclass(frozen=True, slots=True)
class GridCell:
    """How many images would stay watched under two windows, and their re-scans a month; None where nobody can tell."""

    push_window: Window
    activity_window: Window
    watched: int
    rescans: int | None = None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a change would do at `at` to the images that its scope names, if it were applied with all that waits.

    `windows` are those that the scope would have. Of the images `watched` now, `leaving` would end and `staying` go on.
    `wakeable` are not watched and would be inside the windows: nothing wakes by itself, but an event or a deed does, or
    the change where it says so; those that are deleted or were forgotten by hand are not among them. `closing` are
    active findings of those leaving, by severity; None where nobody asked for them. The grid has every pair of windows
    that is usually offered, push windows outside, both from the shortest to the longest.

    `rescans_now` and `rescans_then` are what a month of the images watched now, and of those staying, would have by
    what advisories asked for lately (`model.costs.RescanRate`), at `prices`; None where nobody can tell yet.
    """

    windows: RescanSetting
    at: datetime
    watched: int
    leaving: int
    staying: int
    wakeable: int
    closing: Mapping[Severity, int] | None
    grid: tuple[GridCell, ...]
    rescans_now: int | None = None
    rescans_then: int | None = None
    prices: PriceTable = USUAL_PRICES

    @property
    def closing_findings(self) -> int | None:
        """How many findings would close."""
        return None if self.closing is None else sum(self.closing.values())

    @property
    def cost_now(self) -> Decimal | None:
        """What a month of the images watched now would cost."""
        return self.price_of(self.rescans_now)

    @property
    def cost_then(self) -> Decimal | None:
        """What a month of those staying would cost."""
        return self.price_of(self.rescans_then)

    def price_of(self, rescans: int | None) -> Decimal | None:
        """Return what re-scans cost, exact; None where nobody can tell how many there are."""
        return None if rescans is None else self.prices.cost_of(Scans(0, rescans))


@dataclass(frozen=True, slots=True)
class LeavingImage:
    """An image that would no longer be watched: until when it is by the windows now, and was by the new ones.

    `held_by` is the clock that holds it now. `new_until` is past, or None where no clock would count.
    """

    image_id: int
    registry_alias: str
    repository: str
    digest: str
    watched_until: datetime
    held_by: str
    new_until: datetime | None


@dataclass(frozen=True, slots=True)
class WakeableImage:
    """An image that is not watched and would be inside the windows: until when, and held by which clock."""

    image_id: int
    registry_alias: str
    repository: str
    digest: str
    new_until: datetime
    held_by: str
