"""/api/v1/usage: images seen running, as clusters report them. What nobody here knows is told, and is no error."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.usage import MAX_SEEN, MAX_TOLD, Seen, UsageReport
from dogwatch.serve.api.asked import Json, Known
from dogwatch.serve.ports import Role
from dogwatch.windows.usage import read_name

router = APIRouter()

_Name = Annotated[str, msgspec.Meta(max_length=300)]  # Kubernetes' own names end at 253
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    image: str
    namespace: _Name = ""
    workload: _Name = ""
    seen_at: _Moment | None = None
    platform: _Name = ""
    count: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 1


class _Report(msgspec.Struct, forbid_unknown_fields=True):
    cluster: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    seen: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MAX_SEEN)]
    seen_at: _Moment | None = None


@router.post("/usage")
def report_usage(asked: Known) -> Json:
    """Credit the caller's images with having been seen running."""
    asked.filters()
    asked.caller.require(Role.REPORTER, "report usage")
    report = asked.decode(_Report)
    _check("cluster", report.cluster)
    usual = report.seen_at or asked.views.now()
    seen: list[Seen] = []
    refused: list[dict[str, object]] = []
    for place, raw in enumerate(report.seen):
        try:
            seen.append(_read(raw, usual))
        except (msgspec.DecodeError, RecursionError, ValueError, InvalidRequestError) as error:
            refused.append({"entry": place, "reason": str(error) or "not JSON"})
    outcome = asked.rooms.usage.report(asked.account_id, UsageReport(report.cluster, asked.caller.name, tuple(seen)))
    return Json(
        {
            "received": len(report.seen),
            "images": outcome.images,
            "unknown": outcome.unknown,
            "unknown_images": list(outcome.unknown_names),
            "clamped": outcome.clamped,
            "refused": len(refused),
            "refusals": refused[:MAX_TOLD],
        }
    )


def _read(raw: msgspec.Raw, usual: datetime) -> Seen:
    entry = msgspec.json.decode(raw, type=_Entry)
    _check("namespace", entry.namespace)
    _check("workload", entry.workload)
    name = read_name(entry.image)
    return Seen(entry.image, name, entry.namespace, entry.workload, entry.seen_at or usual, entry.platform, entry.count)


def _check(field: str, text: str) -> None:
    if text and not text.isprintable():
        raise InvalidRequestError(field, "has characters that cannot be seen")
