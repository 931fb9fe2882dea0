"""/api/v1/exclusions: whose events move no clock."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from fastapi import APIRouter, Response

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.exclusions import Exclusion, ExclusionKind
from dogwatch.serve.api.asked import Json, Known
from dogwatch.serve.moments import iso
from dogwatch.serve.ports import Role

router = APIRouter()

_ID = re.compile(r"[0-9]{1,18}")


class _Wish(msgspec.Struct, forbid_unknown_fields=True):
    kind: ExclusionKind
    pattern: str
    reason: str = ""


@router.get("/exclusions")
def list_exclusions(asked: Known) -> Json:
    """The account's list."""
    asked.filters()
    return Json({"exclusions": [_json(one) for one in asked.rooms.exclusions.list(asked.account_id)]})


@router.post("/exclusions", status_code=201)
def add_exclusion(asked: Known) -> Json:
    """Add an entry; it concerns events that are heard from now on."""
    asked.filters()
    asked.caller.require(Role.ADMIN, "exclude somebody's events")
    wish = asked.decode(_Wish)
    added = asked.rooms.exclusions.add(asked.account_id, wish.kind, wish.pattern, wish.reason, asked.caller.name)
    return Json(_json(added), 201)


@router.delete("/exclusions/{exclusion}", status_code=204)
def remove_exclusion(exclusion: str, asked: Known) -> Response:
    """End an entry; events that were heard before stay as they are."""
    asked.filters()
    asked.caller.require(Role.ADMIN, "end an exclusion")
    if not _ID.fullmatch(exclusion):
        raise InvalidRequestError("exclusion", "not the id of an entry")
    asked.rooms.exclusions.remove(asked.account_id, int(exclusion), asked.caller.name)
    return Response(status_code=204)


def _json(one: Exclusion) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": str(one.kind),
        "pattern": one.pattern,
        "reason": one.reason,
        "added_at": iso(one.added_at),
        "added_by": one.added_by,
    }
