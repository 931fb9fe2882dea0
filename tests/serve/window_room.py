"""Windows of accounts in memory: they are kept, changed and inherited by the product's own rules, and foretold."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import timedelta

from dogwatch.model.errors import NotFoundError
from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import RescanSetting, WindowOverride
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.model.times import FOREVER
from dogwatch.model.views import Page
from dogwatch.model.what_if import LeavingImage, WakeableImage, WhatIf, WindowWish
from dogwatch.windows import changed_override, changed_setting, inherit, watched_grid
from tests.serve.callers import ACCOUNT
from tests.serve.listing import page_of
from tests.serve.shown import DIGEST, NOW, OTHER_DIGEST, make_setting
from tests.serve.small_rooms import CostRoom


@dataclass
class FailingRoom:
    """A room that is slow or fails where a test wants it."""

    failure: Exception | None = None
    delay_seconds: float = 0.0

    def _fail(self) -> None:
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        if self.failure is not None:
            raise self.failure


@dataclass
class WindowRoom(FailingRoom):
    """The windows of an account, of its scopes and of others, and what they cost."""

    setting: RescanSetting = field(default_factory=lambda: make_setting())
    overrides: dict[Scope, WindowOverride] = field(default_factory=dict)
    other_settings: dict[str, RescanSetting] = field(default_factory=dict)
    wakes: bool = False
    costs: CostRoom = field(default_factory=CostRoom)

    def load(self, account_id: str, scope: Scope = ACCOUNT_SCOPE) -> RescanSetting:
        self._fail()
        if account_id in self.other_settings:
            return self.other_settings[account_id]
        if account_id != ACCOUNT:
            raise NotFoundError("account", account_id)
        return inherit(self.setting, self.overrides.values(), scope)

    def load_scopes(self, account_id: str) -> tuple[RescanSetting, ...]:
        return tuple(self.load(account_id, scope) for scope in (ACCOUNT_SCOPE, *self.overrides))

    def request(self, account_id: str, wish: WindowWish, *, wakes: bool = False) -> RescanSetting:
        self._fail()
        self.wakes = wakes
        if account_id in self.other_settings:
            self.other_settings[account_id] = changed_setting(self.other_settings[account_id], wish, NOW)
            return self.other_settings[account_id]
        if wish.scope.is_account:
            self.setting = changed_setting(self.setting, wish, NOW)
        else:
            base = self.overrides.get(wish.scope, WindowOverride(wish.scope))
            self.overrides[wish.scope] = changed_override(base, wish, NOW)
        return self.load(account_id, wish.scope)

    def inherit(self, account_id: str, administrator_id: str) -> RescanSetting:
        self.load(account_id)
        taken = replace(self.load(administrator_id), inherited_from=administrator_id)
        self.other_settings[account_id] = taken
        return taken

    def what_if(self, account_id: str, wish: WindowWish, *, counts_findings: bool = True) -> WhatIf:
        kept = (self.setting, dict(self.overrides))
        windows = self.request(account_id, wish)
        self.setting, self.overrides = kept
        closing = {Severity.HIGH: 2, Severity.CRITICAL: 3} if counts_findings else None
        rate = self.costs.kept.rate
        cells = watched_grid({(0, 9): 2, (8, 8): 1})
        grid = tuple(replace(cell, rescans=rate.monthly_rescans(cell.watched)) for cell in cells)
        months = (rate.monthly_rescans(3), rate.monthly_rescans(2))
        return WhatIf(windows, NOW, 3, 1, 2, 4, closing, grid, *months, self.costs.prices)

    def leaving(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[LeavingImage]:
        self.what_if(account_id, wish)
        past, soon = NOW - timedelta(days=3), NOW + timedelta(days=3)
        forever = LeavingImage(2, "harbour", "app/web", OTHER_DIGEST, FOREVER, "push", None)
        return page_of([LeavingImage(1, "harbour", "app/web", DIGEST, soon, "pull", past), forever], limit, after)

    def wakeable(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[WakeableImage]:
        self.what_if(account_id, wish)
        place = ("harbour", "app/web")
        until = NOW + timedelta(days=3)
        found = [
            WakeableImage(3, *place, DIGEST, until, "pull"),
            WakeableImage(4, *place, OTHER_DIGEST, FOREVER, "push"),
        ]
        return page_of(found, limit, after)
