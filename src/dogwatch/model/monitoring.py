"""Windows, clocks and monitoring: whether an image is watched, until when, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope

_DAYS = re.compile(r"DAYS_([1-9][0-9]{0,4})")


@dataclass(frozen=True, slots=True)
class Window:
    """How long after a clock's moment we keep watching: a number of days, LIFETIME (days None), or NONE (`off`)."""

    days: int | None
    off: bool = False

    @classmethod
    def parse(cls, text: str, field: str = "window") -> Window:
        """Read `DAYS_<n>`, `LIFETIME` or `NONE`.

        Raises:
            InvalidRequestError: any other text; `field` names it.
        """
        if text == "LIFETIME":
            return cls(None)
        if text == "NONE":
            return cls(None, off=True)
        number = _DAYS.fullmatch(text)
        if number is None:
            raise InvalidRequestError(field, f"{text!r} is none of DAYS_<number>, LIFETIME, NONE")
        return cls(int(number[1]))

    @property
    def is_lifetime(self) -> bool:
        """Whether the window never ends."""
        return self.days is None and not self.off

    @property
    def length(self) -> timedelta | None:
        """The length, or None for LIFETIME and NONE."""
        return None if self.days is None else timedelta(days=self.days)

    def __str__(self) -> str:
        if self.off:
            return "NONE"
        return "LIFETIME" if self.days is None else f"DAYS_{self.days}"


class ActivityMode(StrEnum):
    """Which moments the activity window counts from."""

    LAST_PULL = "LAST_PULL_DATE"
    LAST_IN_USE = "LAST_IN_USE_AT"
    EITHER = "EITHER"


class SettingStatus(StrEnum):
    """How far a change of windows has come."""

    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"


@dataclass(frozen=True, slots=True)
class Origin:
    """The scopes that windows and their mode come from."""

    push: Scope = ACCOUNT_SCOPE
    activity: Scope = ACCOUNT_SCOPE
    mode: Scope = ACCOUNT_SCOPE


@dataclass(frozen=True, slots=True)
class RescanSetting:
    """The windows of an account, or of a scope in it: the newest change, with how far it has come.

    `scope` is whose windows these are, down to a single repository; `origin` where each of them is set.
    `inherited_from` is the account whose windows the account has; empty where it says its own.
    """

    push_window: Window
    activity_window: Window
    activity_mode: ActivityMode
    status: SettingStatus = SettingStatus.SUCCESS
    updated_at: datetime | None = None
    scope: Scope = ACCOUNT_SCOPE
    origin: Origin = Origin()
    inherited_from: str = ""


@dataclass(frozen=True, slots=True)
class WindowOverride:
    """What a registry or a pattern of repositories sets for itself; a field that is None is inherited."""

    scope: Scope
    push_window: Window | None = None
    activity_window: Window | None = None
    activity_mode: ActivityMode | None = None
    status: SettingStatus = SettingStatus.SUCCESS
    updated_at: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everything is inherited."""
        return self.push_window is None and self.activity_window is None and self.activity_mode is None


class ScanFrequency(StrEnum):
    """How a repository's images are watched."""

    CONTINUOUS = "CONTINUOUS_SCAN"
    ON_PUSH = "SCAN_ON_PUSH"
    MANUAL = "MANUAL"
    OFF = "OFF"
    """Its account is switched off, whatever the rules say; AWS's clients see MANUAL."""

    @property
    def is_scanned(self) -> bool:
        """Whether images can be watched."""
        return self in (ScanFrequency.CONTINUOUS, ScanFrequency.ON_PUSH)


class Clock(StrEnum):
    """What can keep an image watched: its clocks, and a hold that somebody placed."""

    PUSH = "push"
    PULL = "pull"
    IN_USE = "in use"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Clocks:
    """The moments that the windows of one image count from; None where it never happened."""

    pushed_at: datetime | None
    pulled_at: datetime | None = None
    in_use_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """The outcome of the windows for one image: the deadline (inside), and the clock that holds it.

    `until` is FOREVER under LIFETIME and None when no clock is known. `held_by` is None when nothing holds it.
    """

    until: datetime | None
    held_by: Clock | None


class MonitoringEnd(StrEnum):
    """Why an interval of monitoring ended."""

    EXPIRED = "monitoring ended: both windows are over"
    WINDOWS_CHANGED = "monitoring ended: the windows were shortened"
    DELETED = "monitoring ended: the image was deleted"
    ARCHIVED = "monitoring ended: the image was archived"
    FORGOTTEN = "monitoring ended: forgotten by hand, until the next event"
    RELEASED = "monitoring ended: the hold was released"
    REGISTRY_REMOVED = "monitoring ended: the registry was removed"
    SWITCHED_OFF = "monitoring ended: its repository is no longer scanned"
    ACCOUNT_OFF = "monitoring ended: scanning is switched off for its account"
    REPLACED = "inventory replaced"
    FREQUENCY_CHANGED = "scan frequency changed"


class StatusCode(StrEnum):
    """Whether an image is watched."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class StatusReason(StrEnum):
    """Why an image is watched or not, in the original's words."""

    SUCCESSFUL = "SUCCESSFUL"
    PENDING_INITIAL_SCAN = "PENDING_INITIAL_SCAN"
    SCAN_IN_PROGRESS = "SCAN_IN_PROGRESS"
    PENDING_REVIVAL_SCAN = "PENDING_REVIVAL_SCAN"
    SCAN_FREQUENCY_SCAN_ON_PUSH = "SCAN_FREQUENCY_SCAN_ON_PUSH"
    SCAN_FREQUENCY_MANUAL = "SCAN_FREQUENCY_MANUAL"
    PENDING_DISABLE = "PENDING_DISABLE"
    """Its account is switched off, or about to be: the nearest word that AWS's clients know."""
    IMAGE_ARCHIVED = "IMAGE_ARCHIVED"
    SCAN_ELIGIBILITY_EXPIRED = "SCAN_ELIGIBILITY_EXPIRED"
    UNSUPPORTED_OS = "UNSUPPORTED_OS"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    INVALID_ARTIFACT = "INVALID_ARTIFACT"
    STORAGE_LIMIT_EXCEEDED = "STORAGE_LIMIT_EXCEEDED"
    ACCESS_DENIED = "ACCESS_DENIED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    RESOURCE_TERMINATED = "RESOURCE_TERMINATED"

    @property
    def is_pending(self) -> bool:
        """Whether it was not looked at yet, and will be."""
        return self in _PENDING

    @property
    def is_ended(self) -> bool:
        """Whether nobody looks any more, and nothing went wrong."""
        return self in _ENDED


_PENDING = frozenset(
    {StatusReason.PENDING_INITIAL_SCAN, StatusReason.SCAN_IN_PROGRESS, StatusReason.PENDING_REVIVAL_SCAN}
)
_ENDED = frozenset(
    {
        StatusReason.SCAN_ELIGIBILITY_EXPIRED,
        StatusReason.RESOURCE_TERMINATED,
        StatusReason.SCAN_FREQUENCY_MANUAL,
        StatusReason.SCAN_FREQUENCY_SCAN_ON_PUSH,
        StatusReason.PENDING_DISABLE,
        StatusReason.IMAGE_ARCHIVED,
    }
)
