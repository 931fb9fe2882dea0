"""How long images are watched, and what other windows would do, as a running service says."""

from __future__ import annotations

from dogwatch.cli.remote import setup_shapes, what_if_shapes
from dogwatch.cli.remote.wire import Wire
from dogwatch.model.monitoring import RescanSetting
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.model.views import Page
from dogwatch.model.what_if import LeavingImage, WakeableImage, WhatIf, WindowWish


class RemoteWindows:
    """Implements `ports.Windows`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def load(self, account_id: str, scope: Scope = ACCOUNT_SCOPE) -> RescanSetting:
        """Return the newest change of the windows of a scope."""
        return self._wire.get("/rescan", setup_shapes.Windows, [("scope", str(scope))]).view()

    def load_scopes(self, account_id: str) -> tuple[RescanSetting, ...]:
        """Return the windows of the account and of every scope that sets some."""
        return tuple(one.view() for one in self._wire.get("/rescan/scopes", setup_shapes.WindowsOfScopes).scopes)

    def what_if(self, account_id: str, wish: WindowWish, *, counts_findings: bool = True) -> WhatIf:
        """Return what a change would do now."""
        asked = [*as_parameters(wish), ("findings", "true" if counts_findings else "false")]
        return self._wire.get("/rescan/what-if", what_if_shapes.Told, asked).view()

    def leaving(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[LeavingImage]:
        """Return a page of the images that a change would end the watch of."""
        asked = [*as_parameters(wish), *_place(limit, after)]
        page = self._wire.get("/rescan/what-if/leaving", what_if_shapes.LeavingPage, asked)
        return Page(tuple(one.view() for one in page.images), page.next or "")

    def wakeable(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[WakeableImage]:
        """Return a page of the images that a change could wake."""
        asked = [*as_parameters(wish), *_place(limit, after)]
        page = self._wire.get("/rescan/what-if/wakeable", what_if_shapes.WakeablePage, asked)
        return Page(tuple(one.view() for one in page.images), page.next or "")


def as_parameters(wish: WindowWish) -> list[tuple[str, str]]:
    """Return a change of windows as parameters."""
    named = {
        "push_window": wish.push_window,
        "activity_window": wish.activity_window,
        "activity_mode": wish.activity_mode,
    }
    return [("scope", str(wish.scope)), *((name, value) for name, value in named.items() if value is not None)]


def _place(limit: int, after: str) -> list[tuple[str, str]]:
    """Return a page of a list as parameters."""
    return [("limit", str(limit)), *([("cursor", after)] if after else [])]
