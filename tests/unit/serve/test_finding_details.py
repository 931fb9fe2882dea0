"""BatchGetFindingDetails against the model's shapes: each ARN has its details, or the error that it has."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from dogwatch.model.facts import NOTHING_KNOWN, Exploitation, KnownFacts
from tests.serve.callers import ACCOUNT, OTHER_ACCOUNT
from tests.serve.rooms import Rooms, post
from tests.serve.shapes import error_violations, reply_violations
from tests.serve.shown import make_finding

PATH = "/findings/details/batch/get"
LISTED, BARE, UNKNOWN = 1, 2, 3


def arn_of(vulnerability_id: int, account_id: str = ACCOUNT) -> str:
    return f"arn:aws:inspector2:eu-west-1:{account_id}:finding/{1:016x}{vulnerability_id:016x}"


def make_rooms() -> Rooms:
    undated = KnownFacts(exploitation=Exploitation("CVE-2024-6119", date(2024, 9, 4), None, False, ""))
    return Rooms(
        rows=[
            make_finding(vulnerability_id=LISTED),
            make_finding(vulnerability_id=BARE, facts=NOTHING_KNOWN, references=(), status="CLOSED"),
            make_finding(vulnerability_id=LISTED, account_id=OTHER_ACCOUNT),
            make_finding(
                vulnerability_id=9, facts=undated, references=tuple(f"https://a.example/{n}" for n in range(120))
            ),
        ]
    )


def ask(*arns: str) -> dict[str, Any]:
    reply = post(make_rooms(), PATH, {"findingArns": list(arns)})
    assert reply.status == 200, reply.body
    assert reply_violations("BatchGetFindingDetails", reply.json) == []
    found: dict[str, Any] = reply.json
    return found


def test_a_finding_has_what_is_known_beside_its_advisory_and_no_more() -> None:
    assert ask(arn_of(BARE), arn_of(LISTED), arn_of(BARE)) == {
        "findingDetails": [
            {"findingArn": arn_of(BARE)},
            {
                "findingArn": arn_of(LISTED),
                "cisaData": {
                    "action": "Update.",
                    "dateAdded": datetime(2024, 9, 4, tzinfo=UTC).timestamp(),
                    "dateDue": datetime(2024, 9, 25, tzinfo=UTC).timestamp(),
                },
                "cwes": ["CWE-843"],
                "epssScore": 0.01151,
                "referenceUrls": ["https://security.example/CVE-2024-6119"],
            },
        ],
        "errors": [],
    }


def test_what_is_listed_without_a_due_date_has_none_and_references_end_where_the_model_does() -> None:
    (details,) = ask(arn_of(9))["findingDetails"]
    assert details["cisaData"] == {"dateAdded": datetime(2024, 9, 4, tzinfo=UTC).timestamp()}
    assert len(details["referenceUrls"]) == 100


def test_what_has_no_details_says_why() -> None:
    absent = [arn_of(UNKNOWN), *(arn_of(LISTED).replace(*one) for one in (("eu-west", "us-east"), ("aws", "aws-cn")))]
    reply = ask(arn_of(LISTED, OTHER_ACCOUNT), *absent, arn_of(LISTED))
    assert [one["findingArn"] for one in reply["findingDetails"]] == [arn_of(LISTED)]
    assert [(one["findingArn"], one["errorCode"]) for one in reply["errors"]] == [
        (arn_of(LISTED, OTHER_ACCOUNT), "ACCESS_DENIED"),
        *((arn, "FINDING_DETAILS_NOT_FOUND") for arn in absent),
    ]


@pytest.mark.parametrize(
    "arns", [None, [], [arn_of(BARE)] * 11, [""], ["nonsense"], [arn_of(BARE) + "\n"], [7], arn_of(BARE)]
)
def test_a_request_that_the_model_does_not_have_is_refused(arns: Any) -> None:
    reply = post(make_rooms(), PATH, {} if arns is None else {"findingArns": arns})
    assert (reply.status, error_violations("ValidationException", reply.json)) == (400, [])
