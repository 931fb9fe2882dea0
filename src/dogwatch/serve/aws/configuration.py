"""GetConfiguration and UpdateConfiguration: the windows of an account, in the steps that AWS's clients know.

A window that is not in AWS's list is shown as the next longer one, an activity window of LIFETIME as the longest, of
NONE not at all; the mode EITHER as LAST_PULL_DATE. Writing back what was read changes nothing: a value that equals what
is shown keeps what is stored.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.monitoring import ActivityMode, RescanSetting, SettingStatus, Window
from dogwatch.model.what_if import WindowWish
from dogwatch.model.window_presets import USUAL_DAYS
from dogwatch.serve.aws.errors import NotOfferedError
from dogwatch.serve.aws.wire import decode, seconds, without_empty
from dogwatch.serve.callers import Caller
from dogwatch.serve.ports import RescanSettings, Role

_LONGEST = f"DAYS_{USUAL_DAYS[-1]}"


class _GetConfiguration(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    account_id: str | None = None


class _EcrConfiguration(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    rescan_duration: Literal["LIFETIME", "DAYS_3", "DAYS_7", "DAYS_14", "DAYS_30", "DAYS_60", "DAYS_90", "DAYS_180"]
    pull_date_rescan_duration: (
        Literal["DAYS_3", "DAYS_7", "DAYS_14", "DAYS_30", "DAYS_60", "DAYS_90", "DAYS_180"] | None
    ) = None
    pull_date_rescan_mode: Literal["LAST_PULL_DATE", "LAST_IN_USE_AT"] | None = None


class _Inheritance(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    ecr_configuration: Literal["INHERIT_FROM_ADMIN"] | None = None
    ec2_configuration: Any = None
    ami_configuration: Any = None


class _UpdateConfiguration(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    account_id: str | None = None
    ecr_configuration: _EcrConfiguration | None = None
    ec2_configuration: Any = None
    ami_configuration: Any = None
    update_configuration_inheritance: _Inheritance | None = None


def shown(setting: RescanSetting) -> dict[str, str]:
    """Return the windows as AWS's clients see them."""
    windows = {"rescanDuration": _step(setting.push_window, "LIFETIME")}
    if not setting.activity_window.off:
        windows["pullDateRescanDuration"] = _step(setting.activity_window, _LONGEST)
    in_use = setting.activity_mode is ActivityMode.LAST_IN_USE
    windows["pullDateRescanMode"] = str(ActivityMode.LAST_IN_USE if in_use else ActivityMode.LAST_PULL)
    return windows


def _step(window: Window, longest: str) -> str:
    days = window.days
    return next((f"DAYS_{step}" for step in USUAL_DAYS if days is not None and days <= step), longest)


def get_configuration(caller: Caller, body: bytes, rescan: RescanSettings) -> dict[str, Any]:
    """Answer GetConfiguration, of the caller's account or of the one that an operator names.

    Raises:
        ForbiddenError: another account, and no operator; NotFoundError: there is no such account.
    """
    setting = rescan.load(caller.account_for(decode(body, _GetConfiguration).account_id))
    status = SettingStatus.PENDING if setting.status is SettingStatus.SUPERSEDED else setting.status
    state = without_empty({**shown(setting), "status": str(status), "updatedAt": seconds(setting.updated_at)})
    return {"ecrConfiguration": {"rescanDurationState": state}}


def update_configuration(caller: Caller, body: bytes, rescan: RescanSettings) -> bool:
    """Answer UpdateConfiguration, whose reply is empty.

    Returns:
        Whether a change was asked for: not where the windows are what was sent already.

    Raises:
        ForbiddenError: another account, and no operator; or a caller who only reads.
        InvalidRequestError: a value that AWS's model does not have, a part of it that is not offered here, two that
            exclude each other, or an account that there is not (the operation has no other word for that).
        ConflictError: a truly simultaneous change.
    """
    wanted = decode(body, _UpdateConfiguration)
    account_id = caller.account_for(wanted.account_id)
    caller.require(Role.ADMIN, "UpdateConfiguration")
    _refuse_not_offered(wanted)
    try:
        if wanted.update_configuration_inheritance is not None:
            _inherit(caller, wanted, rescan)
            return True
        return _set_windows(account_id, wanted.ecr_configuration, rescan)
    except NotFoundError as error:
        raise InvalidRequestError("accountId", error.message) from error


def _inherit(caller: Caller, wanted: _UpdateConfiguration, rescan: RescanSettings) -> None:
    """Give an account the windows of the operator's.

    Source:
        API_UpdateConfiguration: updateConfigurationInheritance needs accountId, and no ecrConfiguration beside it.
    """
    caller.require(Role.OPERATOR, "have an account inherit")
    inheritance = wanted.update_configuration_inheritance
    if wanted.account_id is None:
        raise InvalidRequestError("accountId", "is required with updateConfigurationInheritance")
    if wanted.ecr_configuration is not None or inheritance is None or inheritance.ecr_configuration is None:
        reason = "names ecrConfiguration, and nothing is given in ecrConfiguration itself"
        raise InvalidRequestError("updateConfigurationInheritance", reason)
    rescan.inherit(wanted.account_id, caller.account_id)


def _refuse_not_offered(wanted: _UpdateConfiguration) -> None:
    parts = [("ec2Configuration", wanted.ec2_configuration), ("amiConfiguration", wanted.ami_configuration)]
    inheritance = wanted.update_configuration_inheritance
    if inheritance is not None:
        place = "updateConfigurationInheritance"
        parts += [
            (f"{place}.ec2Configuration", inheritance.ec2_configuration),
            (f"{place}.amiConfiguration", inheritance.ami_configuration),
        ]
    for name, part in parts:
        if part is not None:
            raise NotOfferedError(name)


def _set_windows(account_id: str, ecr: _EcrConfiguration | None, rescan: RescanSettings) -> bool:
    """Ask for windows of the account's own; returns whether that changes anything."""
    if ecr is None:
        raise InvalidRequestError("ecrConfiguration", "is required here")
    setting = rescan.load(account_id)
    seen = shown(setting)
    push = _kept(ecr.rescan_duration, seen.get("rescanDuration"), str(setting.push_window))
    activity = _kept(ecr.pull_date_rescan_duration, seen.get("pullDateRescanDuration"), str(setting.activity_window))
    mode = _kept(ecr.pull_date_rescan_mode, seen.get("pullDateRescanMode"), str(setting.activity_mode))
    stored = (str(setting.push_window), str(setting.activity_window), str(setting.activity_mode))
    asked = (push, activity, mode)
    is_same = all(one in (None, other) for one, other in zip(asked, stored, strict=True))
    # A failed change may be asked for again, and what was inherited is the account's own once it is said.
    if is_same and setting.status is not SettingStatus.FAILED and not setting.inherited_from:
        return False
    rescan.request(account_id, WindowWish(push, activity, mode))
    return True


def _kept(sent: str | None, seen: str | None, stored: str) -> str | None:
    """Return what to store: the stored value where the client sent what it sees of it; None where it sent nothing."""
    return stored if sent is not None and sent == seen else sent
