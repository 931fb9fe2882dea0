"""Histories of images as a service tells them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dogwatch.model.deeds import DeedView
from dogwatch.model.histories import EventView, ImageHistory, IntervalView
from dogwatch.model.usage import UseView


class Interval(msgspec.Struct, rename={"from_at": "from", "to_at": "to"}):
    """An interval of monitoring."""

    from_at: datetime
    to_at: datetime | None
    begin_reason: str
    end_reason: str
    held_by: str
    is_looked_at: bool
    frozen_revision: int | None

    def view(self) -> IntervalView:
        """Return what it tells of."""
        reasons = (self.begin_reason, self.end_reason, self.held_by)
        return IntervalView(self.from_at, self.to_at, *reasons, self.is_looked_at, self.frozen_revision)


class History(msgspec.Struct):
    """A page of an image's history."""

    monitoring: tuple[Interval, ...]
    deeds: tuple[DeedView, ...]
    events: tuple[EventView, ...]
    next: str | None
    uses: tuple[UseView, ...] = ()

    def view(self) -> ImageHistory:
        """Return what it tells of."""
        return ImageHistory(
            tuple(one.view() for one in self.monitoring), self.deeds, self.events, self.next or "", self.uses
        )


class Done(msgspec.Struct):
    """A deed that was done."""

    deed: DeedView
