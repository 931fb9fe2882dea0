"""Windows, registries and feeds as /api/v1 tells of them, and the values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec

from dogwatch.model.exclusions import Exclusion
from dogwatch.model.monitoring import (
    ActivityMode,
    Origin,
    RescanSetting,
    SettingStatus,
    Window,
)
from dogwatch.model.registries import ALL, LookBack, Registry, RegistryAccess
from dogwatch.model.scopes import Scope
from dogwatch.model.views import (
    FeedView,
)

WindowText: TypeAlias = Annotated[str, msgspec.Meta(pattern="^(DAYS_[1-9][0-9]{0,4}|LIFETIME|NONE)$")]


class Windows(msgspec.Struct):
    """The windows of an account, or of a scope in it."""

    scope: str
    push_window: WindowText
    activity_window: WindowText
    activity_mode: ActivityMode
    status: SettingStatus
    updated_at: datetime | None
    push_window_from: str
    activity_window_from: str
    activity_mode_from: str
    inherited_from: str | None = None

    def view(self) -> RescanSetting:
        """Return what it tells of."""
        windows = (Window.parse(self.push_window), Window.parse(self.activity_window))
        sources = (self.push_window_from, self.activity_window_from, self.activity_mode_from)
        origin, scope = Origin(*map(Scope.parse, sources)), Scope.parse(self.scope)
        told = RescanSetting(*windows, self.activity_mode, self.status, self.updated_at, scope, origin)
        return replace(told, inherited_from=self.inherited_from or "")


class WindowsOfScopes(msgspec.Struct):
    """The windows of the account and of every scope that sets some."""

    scopes: tuple[Windows, ...]


class WatchedRegistry(msgspec.Struct):
    """A registry, without where its credentials are."""

    id: int
    account: str
    alias: str
    kind: str
    url: str
    region: str
    added_at: datetime
    look_back: str = str(ALL)
    sboms: bool = False

    def view(self) -> Registry:
        """Return what it tells of."""
        access = RegistryAccess(self.url)
        return Registry(
            self.id,
            self.account,
            self.alias,
            self.kind,
            self.region,
            access,
            self.added_at,
            LookBack.parse(self.look_back),
            self.sboms,
        )


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried against a registry."""

    name: str
    url: str
    passed: bool
    status: int | None
    detail: str


class Feeds(msgspec.Struct):
    """How fresh each feed is."""

    at: datetime
    feeds: tuple[FeedView, ...]


class RegistryList(msgspec.Struct):
    """The registries that are watched."""

    registries: tuple[WatchedRegistry, ...]


class Exclusions(msgspec.Struct):
    """Whose events move no clock."""

    exclusions: tuple[Exclusion, ...]


class Checks(msgspec.Struct):
    """What was tried against a registry."""

    checks: tuple[Check, ...]


class Accepted(msgspec.Struct):
    """Work that was queued."""

    at: datetime
