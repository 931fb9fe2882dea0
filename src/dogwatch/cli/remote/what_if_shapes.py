"""What other windows would do, as /api/v1 tells of it, and the values."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dogwatch.cli.remote.cost_shapes import Prices
from dogwatch.cli.remote.finding_shapes import SeverityName
from dogwatch.cli.remote.setup_shapes import Windows, WindowText
from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import Window
from dogwatch.model.times import FOREVER
from dogwatch.model.what_if import GridCell, LeavingImage, WakeableImage, WhatIf


class Monthly(msgspec.Struct):
    """Re-scans a month."""

    rescans: int


class Cell(msgspec.Struct):
    """How many images two windows would keep."""

    push_window: WindowText
    activity_window: WindowText
    watched: int
    monthly_rescans: Monthly | None

    def view(self) -> GridCell:
        """Return what it tells of."""
        windows = (Window.parse(self.push_window), Window.parse(self.activity_window))
        return GridCell(*windows, self.watched, _rescans(self.monthly_rescans))


class Told(msgspec.Struct):
    """What a change would do."""

    windows: Windows
    at: datetime
    watched: int
    leaving: int
    staying: int
    wakeable: int
    closing_by_severity: dict[SeverityName, int] | None
    grid: tuple[Cell, ...]
    monthly_rescans_now: Monthly | None
    monthly_rescans_then: Monthly | None
    prices: Prices

    def view(self) -> WhatIf:
        """Return what it tells of."""
        counts = (self.watched, self.leaving, self.staying, self.wakeable)
        closing = self.closing_by_severity
        by_severity = None if closing is None else {Severity[name]: count for name, count in closing.items()}
        cells = tuple(one.view() for one in self.grid)
        months = (_rescans(self.monthly_rescans_now), _rescans(self.monthly_rescans_then))
        return WhatIf(self.windows.view(), self.at, *counts, by_severity, cells, *months, self.prices.view())


def _rescans(told: Monthly | None) -> int | None:
    return None if told is None else told.rescans


class Leaver(msgspec.Struct):
    """An image that would no longer be watched."""

    id: int
    registry: str
    repository: str
    digest: str
    watched_until: datetime | None
    watched_forever: bool
    held_by: str
    new_until: datetime | None

    def view(self) -> LeavingImage:
        """Return what it tells of."""
        until = self.watched_until or FOREVER
        return LeavingImage(self.id, self.registry, self.repository, self.digest, until, self.held_by, self.new_until)


class LeavingPage(msgspec.Struct):
    """A page of them."""

    images: tuple[Leaver, ...]
    next: str | None


class Waking(msgspec.Struct):
    """An image that could be woken."""

    id: int
    registry: str
    repository: str
    digest: str
    new_until: datetime | None
    new_forever: bool
    held_by: str

    def view(self) -> WakeableImage:
        """Return what it tells of."""
        until = self.new_until or FOREVER
        return WakeableImage(self.id, self.registry, self.repository, self.digest, until, self.held_by)


class WakeablePage(msgspec.Struct):
    """A page of them."""

    images: tuple[Waking, ...]
    next: str | None
