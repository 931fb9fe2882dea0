"""Prices are exact: no cost is ever a float, and nothing is rounded on the way."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dogwatch.model.costs import PriceTable, Scans


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
