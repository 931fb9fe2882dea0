"""/api/v1/rescan/what-if: what other windows would do, before anybody sets them."""

from __future__ import annotations

from fastapi import APIRouter

from dogwatch.model.what_if import WindowWish
from dogwatch.serve.api import window_rendering
from dogwatch.serve.api.asked import Asked, Json, Known
from dogwatch.serve.api.filters import PAGING, read_limit
from dogwatch.serve.wishes import WISH_FIELDS, NamedWindows, read_wish

router = APIRouter()


class _WhatIf(NamedWindows, forbid_unknown_fields=True):
    findings: bool = True


@router.get("/rescan/what-if")
def preview_windows(asked: Known) -> Json:
    """What other windows, of the account or of a `scope`, would do now; changes nothing."""
    wish = _read(asked, ("findings",))
    return _tell(asked, wish, counts_findings=asked.switch("findings", default=True))


@router.post("/rescan/what-if")
def preview_windows_of_body(asked: Known) -> Json:
    """The same, with the body that the change would have; changes nothing, so whoever may read may ask."""
    asked.filters()
    wanted = asked.decode(_WhatIf)
    return _tell(asked, wanted.wish(), counts_findings=wanted.findings)


@router.get("/rescan/what-if/leaving")
def list_leaving(asked: Known) -> Json:
    """The images that would no longer be watched, with their deadlines now and by the other windows."""
    wish, limit, after = _read(asked, PAGING), read_limit(asked.one("limit")), asked.one("cursor")
    page = asked.rooms.rescan.leaving(asked.account_id, wish, limit, after)
    return Json({"images": [window_rendering.leaving(one) for one in page.rows], "next": page.next or None})


@router.get("/rescan/what-if/wakeable")
def list_wakeable(asked: Known) -> Json:
    """The images that are not watched and would be inside the other windows, with the deadlines they would have."""
    wish, limit, after = _read(asked, PAGING), read_limit(asked.one("limit")), asked.one("cursor")
    page = asked.rooms.rescan.wakeable(asked.account_id, wish, limit, after)
    return Json({"images": [window_rendering.wakeable(one) for one in page.rows], "next": page.next or None})


def _tell(asked: Asked, wish: WindowWish, *, counts_findings: bool) -> Json:
    told = asked.rooms.rescan.what_if(asked.account_id, wish, counts_findings=counts_findings)
    return Json(window_rendering.what_if(told))


def _read(asked: Asked, others: tuple[str, ...]) -> WindowWish:
    asked.filters(others=(*WISH_FIELDS, *others))
    return read_wish(dict(asked.parameters))
