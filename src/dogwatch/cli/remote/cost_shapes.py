"""What scans cost, as /api/v1 tells of it, and the values."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec

from dogwatch.model.costs import Costs, MonthOfScans, PriceTable, RescanRate, Scans


class Counted(msgspec.Struct):
    """Scans; what they cost follows from the prices."""

    initial_scans: int
    rescans: int

    def view(self) -> Scans:
        """Return what it tells of."""
        return Scans(self.initial_scans, self.rescans)


class Month(Counted):
    """Scans of a registry in a month."""

    registry: str
    month: str
    without_windows: Counted

    def month_of_scans(self) -> MonthOfScans:
        """Return what it tells of."""
        first = date.fromisoformat(f"{self.month}-01")
        return MonthOfScans(self.registry, first, self.view(), self.without_windows.view())


class Prices(msgspec.Struct):
    """The price table."""

    initial_scan: Decimal
    rescan: Decimal

    def view(self) -> PriceTable:
        """Return what it tells of."""
        return PriceTable(self.initial_scan, self.rescan)


class Recent(msgspec.Struct):
    """How often advisories asked for a re-scan lately."""

    rescans: int
    image_days: int


class Told(msgspec.Struct):
    """What scans cost."""

    counted_until: datetime | None
    prices: Prices
    never_scanned: int
    months: tuple[Month, ...]
    recent: Recent

    def view(self) -> Costs:
        """Return what it tells of."""
        months = tuple(one.month_of_scans() for one in self.months)
        rate = RescanRate(self.recent.rescans, self.recent.image_days)
        return Costs(self.prices.view(), self.counted_until, self.never_scanned, months, rate)
