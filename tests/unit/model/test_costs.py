"""Prices are exact: no cost is ever a float, and nothing is rounded on the way."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dogwatch.model.costs import PriceTable, RescanRate, Scans


@pytest.mark.parametrize(
    ("scans", "prices", "cost"),
    [
        (Scans(), PriceTable(), "0"),
        (Scans(1, 1), PriceTable(), "0.10"),
        (Scans(3, 7), PriceTable(), "0.34"),
        (Scans(1_000_000, 30_000_000), PriceTable(), "390000"),
        (Scans(3, 7), PriceTable(Decimal(0), Decimal("0.000001")), "0.000007"),
    ],
)
def test_a_cost_is_the_sum_of_scans_by_their_price(scans: Scans, prices: PriceTable, cost: str) -> None:
    assert prices.cost_of(scans) == Decimal(cost)


def test_scans_add_up_by_kind() -> None:
    assert Scans(1, 2) + Scans(10, 20) == Scans(11, 22)


@pytest.mark.parametrize(
    ("rate", "images", "monthly"),
    [
        (RescanRate(), 10, None),
        (RescanRate(0, 5), 10, 0),
        (RescanRate(3, 5), 10, 180),
        (RescanRate(1, 3_000_000), 50_000, 0),
        (RescanRate(1, 3_000_000), 50_001, 1),
    ],
)
def test_re_scans_of_a_month_are_foretold_from_the_last_thirty_days(
    rate: RescanRate, images: int, monthly: int | None
) -> None:
    assert rate.monthly_rescans(images) == monthly
