"""/api/v1/rescan, /api/v1/registries and /api/v1/db: what is set up, how fresh it is, and whether it is consistent."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request, Response

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import RescanSetting
from dogwatch.model.scopes import Scope
from dogwatch.model.what_if import WindowWish
from dogwatch.serve.api import rendering, window_rendering
from dogwatch.serve.api.asked import Asked, Json, Known
from dogwatch.serve.looked_at import feed
from dogwatch.serve.moments import iso
from dogwatch.serve.ports import Role
from dogwatch.serve.wishes import NamedWindows

router = APIRouter()


class _Change(NamedWindows, forbid_unknown_fields=True):
    account: str | None = None
    inherit: bool = False
    wake: bool = False


class _RegistryChange(msgspec.Struct, forbid_unknown_fields=True):
    sboms: bool


@router.get("/rescan")
def show_windows(asked: Known) -> Json:
    """The windows of the account, or of a `scope`, and where each is set; PENDING until a change is applied."""
    asked.filters(others=("scope", "account"))
    account_id = asked.caller.account_for(asked.one("account") or None)
    return Json(window_rendering.windows(asked.rooms.rescan.load(account_id, Scope.parse(asked.one("scope")))))


@router.get("/rescan/scopes")
def list_scopes(asked: Known) -> Json:
    """The account's windows, and those of every scope that sets some of its own."""
    asked.filters()
    return Json({"scopes": [window_rendering.windows(one) for one in asked.rooms.rescan.load_scopes(asked.account_id)]})


@router.put("/rescan")
def change_windows(asked: Known) -> Json:
    """Ask for other windows, of the account or of a `scope`; what is not named stays.

    With `wake`, images of the scope that are then inside and not watched are watched again.
    Operators may name another `account`, and have it `inherit` the windows of their own.
    """
    asked.filters()
    asked.caller.require(Role.ADMIN, "change the windows")
    setting = _change(asked, asked.decode(_Change))
    asked.rooms.after_setting()
    return Json(window_rendering.windows(setting))


def _change(asked: Asked, wanted: _Change) -> RescanSetting:
    account_id, wish = asked.caller.account_for(wanted.account), wanted.wish()
    if not wanted.inherit:
        if wish == WindowWish(scope=wish.scope) and not wanted.wake:
            raise InvalidRequestError("body", "names none of push_window, activity_window, activity_mode, preset, wake")
        return asked.rooms.rescan.request(account_id, wish, wakes=wanted.wake)
    asked.caller.require(Role.OPERATOR, "have an account inherit")
    if wish != WindowWish() or wanted.wake:
        raise InvalidRequestError("inherit", "takes all windows from the operator's account; name none beside it")
    return asked.rooms.rescan.inherit(account_id, asked.account_id)


@router.get("/registries")
def list_registries(asked: Known) -> Json:
    """The registries that are watched."""
    asked.filters()
    return Json({"registries": [rendering.registry(one) for one in asked.rooms.registries.list(asked.account_id)]})


@router.patch("/registries/{alias}")
def change_registry(alias: str, asked: Known) -> Json:
    """Believe the bills of materials that are attached to a registry's images (`sboms`), or believe them no longer."""
    asked.filters()
    asked.caller.require(Role.ADMIN, "change a registry")
    wanted = asked.decode(_RegistryChange)
    asked.rooms.registries.believe_bills(asked.account_id, alias, believed=wanted.sboms)
    return Json({"registries": [rendering.registry(one) for one in asked.rooms.registries.list(asked.account_id)]})


@router.delete("/registries/{alias}", status_code=204)
def remove_registry(alias: str, asked: Known) -> Response:
    """Stop watching a registry."""
    asked.filters()
    asked.caller.require(Role.ADMIN, "remove a registry")
    asked.rooms.registries.remove(asked.account_id, alias)
    return Response(status_code=204)


@router.post("/registries/{alias}/checks")
def check_registry(alias: str, asked: Known) -> Json:
    """Try a registry now, and say what was tried."""
    asked.filters()
    asked.caller.require(Role.ADMIN, "have a registry tried")
    checks = asked.rooms.work.check_registry(alias, asked.account_id)
    return Json({"checks": [rendering.check(one) for one in checks]})


@router.post("/db/updates", status_code=202)
def update_feeds(asked: Known) -> Json:
    """Queue a look at every feed; /api/v1/db/status then tells what came of it."""
    asked.filters()
    asked.caller.require(Role.ADMIN, "have feeds looked at")
    at = iso(asked.views.now())
    feeds = asked.rooms.work.request_feed_updates()
    return Json({"at": at, "feeds": [{"source": source, "ecosystem": ecosystem} for source, ecosystem in feeds]}, 202)


@router.get("/db/status")
def show_feeds(asked: Known) -> Json:
    """How fresh each feed of advisories is."""
    asked.filters()
    now = asked.views.now()
    return Json({"at": iso(now), "feeds": [feed(one, now) for one in asked.views.feeds()]})


@router.get("/db/audit")
def show_audit(asked: Known) -> Json:
    """What the newest audit found."""
    asked.filters()
    return Json({"audit": rendering.audit(asked.views.last_audit())})


@router.post("/db/audit")
def request_audit(asked: Known) -> Json:
    """Ask for an audit; it begins within a moment and takes up to some minutes."""
    asked.filters()
    asked.caller.require(Role.ADMIN, "ask for an audit")
    asked.rooms.request_audit()
    return Json({"audit": rendering.audit(asked.views.last_audit())}, status_code=202)


@router.get("/openapi.json", include_in_schema=False)
def describe(asked: Known, request: Request) -> Json:
    """This API as an OpenAPI document."""
    asked.filters()
    return Json(request.app.openapi())
