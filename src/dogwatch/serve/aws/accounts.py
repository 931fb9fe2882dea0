"""Enable, Disable and BatchGetAccountStatus. Images are all that is scanned here, so of the resource types only ECR.

The model requires `errorCode` and `errorMessage` of every state and has no value for "nothing is wrong": they are left
out where nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import msgspec

from dogwatch.model.accounts import AccountState, AccountStatus
from dogwatch.model.errors import ForbiddenError, NotFoundError
from dogwatch.serve.aws.errors import NotOfferedError
from dogwatch.serve.aws.wire import decode, without_empty
from dogwatch.serve.callers import Caller
from dogwatch.serve.ports import AccountSwitches, Role

_AccountId = Annotated[str, msgspec.Meta(pattern="^[0-9]{12}$")]
_AccountIds = Annotated[list[_AccountId], msgspec.Meta(max_length=100)]  # the model's own limit
_Resource = Literal["EC2", "ECR", "LAMBDA", "LAMBDA_CODE", "CODE_REPOSITORY"]
_NEVER_SCANNED = ("ec2", "lambda", "lambdaCode", "codeRepository", "ami")
"""What the model tells of beside images."""


class _Enable(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    resource_types: Annotated[list[_Resource], msgspec.Meta(min_length=1, max_length=6)]
    account_ids: _AccountIds = msgspec.field(default_factory=list)
    client_token: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None


class _Disable(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    resource_types: Annotated[list[_Resource], msgspec.Meta(max_length=6)] = msgspec.field(default_factory=list)
    account_ids: _AccountIds = msgspec.field(default_factory=list)


class _BatchGet(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    account_ids: _AccountIds = msgspec.field(default_factory=list)


def enable(caller: Caller, body: bytes, accounts: AccountSwitches) -> dict[str, Any]:
    """Answer Enable. The client's token is not needed: asked twice, it changes nothing the second time.

    Raises:
        ForbiddenError: a caller who only reads.
        InvalidRequestError: a resource type that is never scanned here; then nothing is changed.
    """
    wanted = decode(body, _Enable)
    caller.require(Role.ADMIN, "Enable")
    for place, one in enumerate(wanted.resource_types):
        if one != "ECR":
            raise NotOfferedError(f"resourceTypes[{place}]", f"{one} is not scanned here; ECR is")
    return _each(caller, wanted.account_ids, lambda one: _account(accounts.switch(one, is_on=True)))


def disable(caller: Caller, body: bytes, accounts: AccountSwitches) -> dict[str, Any]:
    """Answer Disable: of all resource types, where none is named; what is never scanned is off already.

    Raises:
        ForbiddenError: a caller who only reads.
    """
    wanted = decode(body, _Disable)
    caller.require(Role.ADMIN, "Disable")
    concerns_images = not wanted.resource_types or "ECR" in wanted.resource_types

    def stop(account_id: str) -> dict[str, Any]:
        return _account(accounts.switch(account_id, is_on=False) if concerns_images else accounts.status(account_id))

    return _each(caller, wanted.account_ids, stop)


def batch_get_account_status(caller: Caller, body: bytes, accounts: AccountSwitches) -> dict[str, Any]:
    """Answer BatchGetAccountStatus; where no account is named, of the caller's own."""
    wanted = decode(body, _BatchGet)
    return _each(caller, wanted.account_ids, lambda one: _state(accounts.status(one)))


def _each(caller: Caller, account_ids: Sequence[str], answer: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Answer for each account; one that cannot be reached is a failure among the others."""
    answered, failed = [], []
    for account_id in dict.fromkeys(account_ids or [caller.account_id]):
        try:
            answered.append(answer(caller.account_for(account_id)))
        except ForbiddenError as error:
            failed.append({"accountId": account_id, "errorCode": "ACCESS_DENIED", "errorMessage": error.message})
        except NotFoundError as error:
            failed.append({"accountId": account_id, "errorCode": "RESOURCE_NOT_FOUND", "errorMessage": error.message})
    return {"accounts": answered, "failedAccounts": failed}


def _account(one: AccountStatus) -> dict[str, Any]:
    state = str(one.state)
    resources = {"ecr": state, **dict.fromkeys(_NEVER_SCANNED, str(AccountState.DISABLED))}
    return {"accountId": one.account_id, "status": state, "resourceStatus": resources}


def _state(one: AccountStatus) -> dict[str, Any]:
    code = "INTERNAL_ERROR" if one.problem else ""
    state = without_empty({"status": str(one.state), "errorCode": code, "errorMessage": one.problem})
    never = {"status": str(AccountState.DISABLED)}
    return {
        "accountId": one.account_id,
        "state": state,
        "resourceState": {"ecr": state, **dict.fromkeys(_NEVER_SCANNED, never)},
    }
