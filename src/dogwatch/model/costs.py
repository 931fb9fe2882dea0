"""Scans as the original bills them, and what they would cost: counted here, never performed again.

Counts are kept, prices are applied when somebody asks: a changed price table changes what every month is said to cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

CURRENCY = "USD"

USUAL_INITIAL_SCAN, USUAL_RESCAN = Decimal("0.09"), Decimal("0.01")
"""What the original asks for each in most of its regions."""

RECENT_DAYS = 30
"""What the original calls usage, and a month where one is foretold."""

LEAST_DAYS = 7
"""What foretells a month: advisories come on some days of the week, and one busy day is no rate."""


@dataclass(frozen=True, slots=True)
class Scans:
    """Scans that would be billed: first scans of images, and scans of images that were scanned before."""

    initial: int = 0
    rescans: int = 0

    def __add__(self, other: Scans) -> Scans:
        return Scans(self.initial + other.initial, self.rescans + other.rescans)


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The price of one scan of each kind.

    Units:
        CURRENCY, exact.
    """

    initial_scan: Decimal = USUAL_INITIAL_SCAN
    rescan: Decimal = USUAL_RESCAN

    def cost_of(self, scans: Scans) -> Decimal:
        """Return what scans cost, exact and not rounded; never a float."""
        return scans.initial * self.initial_scan + scans.rescans * self.rescan


USUAL_PRICES = PriceTable()


@dataclass(frozen=True, slots=True)
class RescanRate:
    """How often advisories asked for a re-scan in the last RECENT_DAYS days: `rescans` in `image_days` of watching."""

    rescans: int = 0
    image_days: int = 0

    def monthly_rescans(self, images: int) -> int | None:
        """Return how many re-scans so many watched images would have in RECENT_DAYS days; None where nobody can tell.

        That is the original's own estimate: watched images times re-scans of an image. It takes all images alike, and
        does not foresee which of them wake.

        Source:
            Amazon Inspector user guide, page on usage, read 2026-08.
        """
        if not self.image_days:
            return None
        return round(Fraction(images * RECENT_DAYS * self.rescans, self.image_days))


@dataclass(frozen=True, slots=True)
class MonthOfScans:
    """A registry's scans in a calendar month (UTC): as they were, and as they would have been without windows.

    `month` is its first day. Without windows every image that is there is watched until it is deleted or forgotten.
    """

    registry_alias: str
    month: date
    scans: Scans
    without_windows: Scans


@dataclass(frozen=True, slots=True)
class AccountScans:
    """An account's scans of the last 30 days."""

    account_id: str
    scans: Scans


@dataclass(frozen=True, slots=True)
class Costs:
    """What an account's scans cost, by registry and month, the newest month first.

    `counted_until` is the moment up to which everything is counted; None before the first count. `never_scanned` are
    images outside their windows that nobody ever read: without windows each would have been an initial scan, and what
    re-scans it would have had nobody can tell. `rate` is for foretelling.
    """

    prices: PriceTable
    counted_until: datetime | None
    never_scanned: int
    months: tuple[MonthOfScans, ...]
    rate: RescanRate = RescanRate()
