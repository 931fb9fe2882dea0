"""/api/v1/costs: scans as the original bills them, by registry and month, with their price and without windows."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from dogwatch.model.costs import CURRENCY, RECENT_DAYS, Costs, PriceTable, Scans
from dogwatch.serve.api.asked import Json, Known
from dogwatch.serve.api.window_rendering import price_table
from dogwatch.serve.moments import iso

router = APIRouter()


@router.get("/costs")
def show_costs(asked: Known) -> Json:
    """Scans by registry and month, the newest month first, what they cost, and the same without windows."""
    asked.filters()
    return Json(render_costs(asked.rooms.costs.load(asked.account_id)))


def render_costs(one: Costs) -> dict[str, Any]:
    """Return costs; amounts are decimal texts, as prices are."""
    months = [
        {
            "registry": each.registry_alias,
            "month": f"{each.month:%Y-%m}",
            **_priced(each.scans, one.prices),
            "without_windows": _priced(each.without_windows, one.prices),
        }
        for each in one.months
    ]
    return {
        "counted_until": iso(one.counted_until),
        "currency": CURRENCY,
        "prices": price_table(one.prices),
        "never_scanned": one.never_scanned,
        "months": months,
        "recent": {"days": RECENT_DAYS, "rescans": one.rate.rescans, "image_days": one.rate.image_days},
    }


def _priced(scans: Scans, prices: PriceTable) -> dict[str, Any]:
    cost = f"{prices.cost_of(scans):f}"
    return {"initial_scans": scans.initial, "rescans": scans.rescans, "cost": cost}
