"""Accounts switched on and off by boto3's inspector2 client, by the JSON API, and as the page says it."""

from __future__ import annotations

from typing import Any

from dogwatch.model.accounts import AccountState, AccountStatus
from tests.serve.asgi import LOCAL, call
from tests.serve.callers import ACCOUNT, OPERATOR, OTHER_ACCOUNT, READER
from tests.serve.rooms import Rooms
from tests.serve.shapes import reply_violations
from tests.serve.shown import NOW
from tests.serve.test_aws_clients import client_of, refusal, served

NEVER = dict.fromkeys(("ec2", "lambda", "lambdaCode", "codeRepository", "ami"), "DISABLED")


def account(state: str, account_id: str = ACCOUNT) -> dict[str, Any]:
    return {"accountId": account_id, "status": state, "resourceStatus": {"ecr": state, **NEVER}}


def states(reply: Any) -> list[tuple[str, str, str]]:
    return [
        (one["accountId"], one["state"]["status"], one["resourceState"]["ec2"]["status"]) for one in reply["accounts"]
    ]


def test_a_client_disables_and_enables_what_is_scanned_here_and_nothing_else() -> None:
    rooms = Rooms()
    with served(rooms) as port:
        client = client_of(port)
        before = client.batch_get_account_status()
        off = client.disable()
        pending = client.batch_get_account_status(accountIds=[ACCOUNT])
        rooms.accounts.apply()
        other = client.disable(resourceTypes=["EC2"])
        on = client.enable(resourceTypes=["ECR"], clientToken="once")
        refused = [
            refusal(client.enable, resourceTypes=["ECR", "EC2"]),
            refusal(client.enable, resourceTypes=["LAMBDA"]),
            refusal(client.enable, resourceTypes=["ECR"], accountIds=["a" * 12]),
            refusal(client_of(port, READER).disable),
        ]
    assert states(before) == [(ACCOUNT, "ENABLED", "DISABLED")]
    assert (off["accounts"], off["failedAccounts"]) == ([account("DISABLING")], [])
    assert states(pending) == [(ACCOUNT, "DISABLING", "DISABLED")]
    assert (other["accounts"], on["accounts"]) == ([account("DISABLED")], [account("ENABLING")])
    assert refused == [(400, "ValidationException")] * 3 + [(403, "AccessDeniedException")]
    for operation, reply in (("Enable", on), ("Disable", off)):
        assert reply_violations(operation, {key: reply[key] for key in ("accounts", "failedAccounts")}) == []


def test_other_accounts_are_an_operators() -> None:
    rooms = Rooms()
    rooms.accounts.known[OTHER_ACCOUNT] = AccountStatus(OTHER_ACCOUNT, AccountState.ENABLED)
    asked = {"accountIds": [ACCOUNT, OTHER_ACCOUNT, "000000000009"]}
    with served(rooms) as port:
        denied = client_of(port).disable(**asked)
        allowed = client_of(port, OPERATOR).disable(**asked)
        seen = client_of(port, OPERATOR).batch_get_account_status(**asked)

    def failures(reply: Any) -> list[tuple[str, str]]:
        return [(one["accountId"], one["errorCode"]) for one in reply["failedAccounts"]]

    assert denied["accounts"] == [account("DISABLING")]
    assert failures(denied) == [(OTHER_ACCOUNT, "ACCESS_DENIED"), ("000000000009", "ACCESS_DENIED")]
    assert allowed["accounts"] == [account("DISABLING"), account("DISABLING", OTHER_ACCOUNT)]
    assert failures(allowed) == failures(seen) == [("000000000009", "RESOURCE_NOT_FOUND")]
    assert states(seen) == [(ACCOUNT, "DISABLING", "DISABLED"), (OTHER_ACCOUNT, "DISABLING", "DISABLED")]


def test_the_json_api_and_the_page_say_the_same() -> None:
    rooms = Rooms()
    app = rooms.app(open_loopback=True)
    expected = {"account_id": ACCOUNT, "state": "DISABLING", "changed_at": "2026-07-09T12:00:00Z", "problem": ""}
    switched = call(app, "POST", "/api/v1/account/disable", b"", LOCAL)
    shown = call(app, "GET", "/api/v1/account", b"", LOCAL)
    assert (switched.status, switched.json, shown.json, rooms.setting_changes) == (200, expected, expected, 1)
    assert NOW.isoformat().startswith("2026-07-09T12:00:00")
    other = f"/api/v1/account?account={OTHER_ACCOUNT}"
    assert [
        call(app, "POST", "/api/v1/account/pause", b"", LOCAL).status,
        call(app, "GET", other, b"", LOCAL).status,
    ] == [
        400,
        403,
    ]
    rooms.accounts.apply()
    page = call(app, "GET", "/", b"", {**LOCAL, "accept": "text/html"}).body.decode()
    assert "Scanning of this account is switched off: no image is watched." in page
    rooms.accounts.known.clear()  # a key was made for an account that has nothing yet
    unknown = call(app, "GET", "/", b"", {**LOCAL, "accept": "text/html"})
    assert (unknown.status, "Scanning of this account" in unknown.body.decode()) == (200, False)
