"""/api/v1/account: whether the account's images are scanned at all."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from fastapi import APIRouter

from dogwatch.model.accounts import AccountStatus
from dogwatch.serve.api.asked import Json, Known
from dogwatch.serve.moments import iso
from dogwatch.serve.ports import Role

router = APIRouter()


class Switch(StrEnum):
    """What can be asked for."""

    ENABLE = "enable"
    DISABLE = "disable"


@router.get("/account")
def show_account(asked: Known) -> Json:
    """How the account stands; operators may name another `account`."""
    asked.filters(others=("account",))
    account_id = asked.caller.account_for(asked.one("account") or None)
    return Json(_json(asked.rooms.accounts.status(account_id)))


@router.post("/account/{switch}")
def switch_account(switch: Switch, asked: Known) -> Json:
    """Have the account's images scanned, or no longer; ENABLING or DISABLING until a job has moved them."""
    asked.filters(others=("account",))
    account_id = asked.caller.account_for(asked.one("account") or None)
    asked.caller.require(Role.ADMIN, f"{switch} the account")
    status = asked.rooms.accounts.switch(account_id, is_on=switch is Switch.ENABLE)
    asked.rooms.after_setting()
    return Json(_json(status))


def _json(one: AccountStatus) -> dict[str, Any]:
    return {
        "account_id": one.account_id,
        "state": str(one.state),
        "changed_at": iso(one.changed_at),
        "problem": one.problem,
    }
