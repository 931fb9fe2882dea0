"""/api/v1/scanning: which repositories are scanned, and how often."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter

from dogwatch.model.monitoring import ScanFrequency
from dogwatch.model.scanning import ScanningConfiguration, ScanningRule, ScanType
from dogwatch.serve.api import window_rendering
from dogwatch.serve.api.asked import Json, Known
from dogwatch.serve.ports import Role

router = APIRouter()


class _Rule(msgspec.Struct, forbid_unknown_fields=True):
    frequency: ScanFrequency
    filters: tuple[str, ...]


class _Wish(msgspec.Struct, forbid_unknown_fields=True):
    rules: tuple[_Rule, ...]
    scan_type: ScanType = ScanType.ENHANCED


@router.get("/scanning")
def show_scanning(asked: Known) -> Json:
    """The rules; without any, everything is scanned continuously."""
    asked.filters()
    return Json(window_rendering.scanning(asked.rooms.scanning.load(asked.account_id)))


@router.put("/scanning")
def change_scanning(asked: Known) -> Json:
    """Ask for other rules; PENDING until a job has applied them."""
    asked.filters()
    asked.caller.require(Role.ADMIN, "change what is scanned")
    wanted = asked.decode(_Wish)
    rules = tuple(ScanningRule(rule.frequency, rule.filters) for rule in wanted.rules)
    kept = asked.rooms.scanning.change(asked.account_id, ScanningConfiguration(wanted.scan_type, rules))
    asked.rooms.after_setting()
    return Json(window_rendering.scanning(kept))
