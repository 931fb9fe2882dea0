"""Windows, what others would do, and what is scanned, as JSON objects."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dogwatch.model.costs import PriceTable
from dogwatch.model.monitoring import RescanSetting
from dogwatch.model.scanning import ScanningConfiguration
from dogwatch.model.times import FOREVER
from dogwatch.model.what_if import LeavingImage, WakeableImage, WhatIf
from dogwatch.serve.api.rendering import by_severity
from dogwatch.serve.moments import iso


def windows(one: RescanSetting) -> dict[str, Any]:
    """Return the windows of an account or a scope, and the scopes that set them."""
    return {
        "scope": str(one.scope),
        "push_window": str(one.push_window),
        "activity_window": str(one.activity_window),
        "activity_mode": str(one.activity_mode),
        "status": str(one.status),
        "updated_at": iso(one.updated_at),
        "push_window_from": str(one.origin.push),
        "activity_window_from": str(one.origin.activity),
        "activity_mode_from": str(one.origin.mode),
        "inherited_from": one.inherited_from or None,
    }


def what_if(one: WhatIf) -> dict[str, Any]:
    """Return what a change of windows would do."""
    return {
        "windows": windows(one.windows),
        "at": iso(one.at),
        "watched": one.watched,
        "leaving": one.leaving,
        "staying": one.staying,
        "wakeable": one.wakeable,
        "closing_findings": one.closing_findings,
        "closing_by_severity": None if one.closing is None else by_severity(one.closing),
        "grid": [
            {
                "push_window": str(cell.push_window),
                "activity_window": str(cell.activity_window),
                "watched": cell.watched,
                "monthly_rescans": _monthly(cell.rescans, one.price_of(cell.rescans)),
            }
            for cell in one.grid
        ],
        "monthly_rescans_now": _monthly(one.rescans_now, one.cost_now),
        "monthly_rescans_then": _monthly(one.rescans_then, one.cost_then),
        "prices": price_table(one.prices),
    }


def price_table(one: PriceTable) -> dict[str, str]:
    """Return prices; amounts are decimal texts, exact, so that no reader makes floats of them unasked."""
    return {"initial_scan": f"{one.initial_scan:f}", "rescan": f"{one.rescan:f}"}


def _monthly(rescans: int | None, cost: Decimal | None) -> dict[str, Any] | None:
    return None if rescans is None else {"rescans": rescans, "cost": f"{cost:f}"}


def wakeable(one: WakeableImage) -> dict[str, Any]:
    """Return an image that a change of windows could wake."""
    is_forever = one.new_until >= FOREVER
    return {
        **_image(one),
        "new_until": None if is_forever else iso(one.new_until),
        "new_forever": is_forever,
        "held_by": one.held_by,
    }


def leaving(one: LeavingImage) -> dict[str, Any]:
    """Return an image that a change of windows would end the watch of."""
    is_forever = one.watched_until >= FOREVER
    return {
        **_image(one),
        "watched_until": None if is_forever else iso(one.watched_until),
        "watched_forever": is_forever,
        "held_by": one.held_by,
        "new_until": iso(one.new_until),
    }


def _image(one: LeavingImage | WakeableImage) -> dict[str, Any]:
    return {
        "id": one.image_id,
        "registry": one.registry_alias,
        "repository": one.repository,
        "digest": one.digest,
    }


def scanning(one: ScanningConfiguration) -> dict[str, Any]:
    """Return which repositories are scanned, and how often."""
    rules = [{"frequency": str(rule.frequency), "filters": list(rule.filters)} for rule in one.rules]
    return {"scan_type": str(one.scan_type), "rules": rules, "status": str(one.status)}
