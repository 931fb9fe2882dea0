"""/api/v1/images/{id}/history: when an image was watched and why, what happened to it, what was done to it by hand."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter

from dogwatch.model.deeds import DeedView
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.histories import EventView, IntervalView
from dogwatch.model.usage import UseView
from dogwatch.serve.api.asked import Json, Known
from dogwatch.serve.api.filters import PAGING, read_limit
from dogwatch.serve.moments import iso

router = APIRouter()

_ID = re.compile(r"[0-9]{1,18}")


@router.get("/images/{image}/history")
def show_history(image: str, asked: Known) -> Json:
    """The image's monitoring with the reasons, its events page by page, and its deeds; each newest first."""
    asked.filters((), PAGING)
    page = asked.views.history(asked.account_id, image_id(image), read_limit(asked.one("limit")), asked.one("cursor"))
    return Json(
        {
            "monitoring": [_interval(one) for one in page.intervals],
            "deeds": [deed(one) for one in page.deeds],
            "uses": [_use(one) for one in page.uses],
            "events": [_event(one) for one in page.events],
            "next": page.next or None,
        }
    )


def image_id(text: str) -> int:
    """Return the id of one image.

    Raises:
        InvalidRequestError: none; a digest may stand in several repositories.
    """
    if not _ID.fullmatch(text):
        raise InvalidRequestError("image", "not an image's id")
    return int(text)


def deed(one: DeedView) -> dict[str, Any]:
    """Return a deed."""
    return {
        "at": iso(one.at),
        "deed": str(one.deed),
        "by": one.by,
        "reason": one.reason,
        "until": iso(one.until),
        "clock": None if one.clock is None else str(one.clock),
        "outcome": one.outcome,
    }


def _use(one: UseView) -> dict[str, Any]:
    return {
        "cluster": one.cluster,
        "namespace": one.namespace,
        "workload": one.workload,
        "count": one.count,
        "first_seen_at": iso(one.first_seen_at),
        "last_seen_at": iso(one.last_seen_at),
        "reported_by": one.reported_by,
    }


def _interval(one: IntervalView) -> dict[str, Any]:
    return {
        "from": iso(one.from_at),
        "to": iso(one.to_at),
        "begin_reason": one.begin_reason,
        "end_reason": one.end_reason,
        "held_by": one.held_by,
        "is_looked_at": one.is_looked_at,
        "frozen_revision": one.frozen_revision,
    }


def _event(one: EventView) -> dict[str, Any]:
    return {
        "kind": str(one.kind),
        "origin": str(one.origin),
        "tag": one.tag,
        "via_index": one.via_index,
        "occurred_at": iso(one.occurred_at),
        "received_at": iso(one.received_at),
        "actor": one.actor,
        "user_agent": one.user_agent,
        "client_address": one.client_address,
        "counts": one.counts,
        "note": one.note,
    }
