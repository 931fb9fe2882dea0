"""boto3's ecr client against a real server: the protocol, and whom the server believes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from dogwatch.model.errors import ConflictError, NotFoundError, StoreUnavailableError
from dogwatch.serve.aws.ecr.application import OFFERED
from dogwatch.serve.aws.ecr.asked import EcrAsked
from dogwatch.serve.aws.ecr.errors import CONFLICTS, NOT_FOUND, ecr_answer
from dogwatch.serve.aws.ecr.operations import OPERATIONS, TARGET
from dogwatch.serve.aws.ecr.repositories import Place, find_repository
from dogwatch.serve.callers import Caller
from dogwatch.serve.ports import Role
from tests.serve.asgi import LOCAL, call
from tests.serve.callers import ACCOUNT, ADMIN
from tests.serve.rooms import Rooms
from tests.serve.shapes import ECR
from tests.serve.shown import make_image, make_registry
from tests.serve.test_aws_clients import client_of, refusal, served

LATER = "create_repository_creation_template"
"""An operation that is of no use here, so that it stays one that is not offered."""


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


def asked_of(rooms: Rooms) -> EcrAsked:
    return EcrAsked(Caller(ACCOUNT, Role.READER, "someone"), b"", rooms.answering())


def target(operation: str) -> dict[str, str]:
    return {**LOCAL, "x-amz-target": operation, "content-type": "application/x-amz-json-1.1"}


def test_every_operation_of_the_model_is_known() -> None:
    assert set(ECR.operation_names) == OPERATIONS
    assert ECR.metadata["targetPrefix"] == TARGET
    assert set(OFFERED) <= OPERATIONS


def test_the_names_of_errors_are_the_models() -> None:
    assert {*NOT_FOUND.values(), *CONFLICTS.values()} <= set(ECR.shape_names)


def test_an_operation_that_is_not_offered_says_so(rooms: Rooms) -> None:
    with served(rooms) as port:
        client = client_of(port, service="ecr")
        arguments = {"prefix": "team", "appliedFor": ["REPLICATION"]}
        assert refusal(getattr(client, LATER), **arguments) == (400, "UnsupportedOperationException")


@pytest.mark.parametrize("asked", [f"{TARGET}.MakeCoffee", "DynamoDB_20120810.ListTables", "nothing"])
def test_what_the_model_does_not_have_is_unknown(rooms: Rooms, asked: str) -> None:
    reply = call(rooms.app(open_loopback=True), "POST", "/", b"{}", target(asked))
    assert (reply.status, reply.json["__type"]) == (400, "UnknownOperationException")
    assert reply.headers["content-type"] == "application/x-amz-json-1.1"
    assert reply.headers["x-amzn-requestid"] == reply.headers["x-request-id"]


def test_whoever_proves_nothing_is_told_so(rooms: Rooms) -> None:
    reply = call(rooms.app(), "POST", "/", b"{}", target(f"{TARGET}.CreateRepository"))
    assert (reply.status, reply.json["__type"]) == (400, "MissingAuthenticationTokenException")


def test_a_wrong_secret_is_refused(rooms: Rooms) -> None:
    with served(rooms) as port:
        wrong = client_of(port, replace(ADMIN, secret="w" * 40), service="ecr")
        assert refusal(wrong.describe_registry) == (400, "InvalidSignatureException")


def test_a_signature_for_another_service_is_refused(rooms: Rooms) -> None:
    request = AWSRequest("POST", "http://127.0.0.1:8470/", {"X-Amz-Target": f"{TARGET}.DescribeRegistry"}, b"{}")
    SigV4Auth(Credentials(ADMIN.id, ADMIN.secret), "inspector2", "eu-west-1").add_auth(request)
    rooms.machine_time = datetime.now(UTC)
    reply = call(rooms.app(), "POST", "/", b"{}", {**LOCAL, **dict(request.headers.items())})
    assert (reply.status, reply.json["__type"]) == (400, "InvalidSignatureException")


def test_without_the_header_the_root_is_what_it_was(rooms: Rooms) -> None:
    assert call(rooms.app(open_loopback=True), "GET", "/", b"", target(f"{TARGET}.CreateRepository")).status == 200
    assert call(rooms.app(open_loopback=True), "POST", "/", b"{}").status == 405


def test_a_programming_mistake_is_a_server_error_without_a_trace(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_asked: EcrAsked) -> dict[str, str]:
        raise ZeroDivisionError("in our own words")

    monkeypatch.setattr("dogwatch.serve.aws.ecr.application.OFFERED", {"DescribeRegistry": broken})
    with served(rooms) as port, pytest.raises(ClientError) as caught:
        client_of(port, service="ecr").describe_registry()
    assert caught.value.response["Error"] == {
        "Code": "ServerException",
        "Message": "the service cannot answer now",
    }


def test_a_database_that_is_away_is_worth_another_try() -> None:
    reply = ecr_answer(StoreUnavailableError("connection to secret-host failed"), "r-1")
    assert (reply.status, reply.headers["retry-after"], b"secret-host" in reply.body) == (500, "5", False)


def test_two_at_the_same_moment_are_worth_another_try() -> None:
    assert ecr_answer(ConflictError("something", "somebody else was first"), "r-1").status == 500


def test_a_repository_is_found_by_its_name(rooms: Rooms) -> None:
    assert find_repository(asked_of(rooms), "app/web") == Place("harbour", "app/web", "app/web")
    with pytest.raises(NotFoundError):
        find_repository(asked_of(rooms), "app")


def test_a_name_that_two_registries_have_is_found_with_the_registrys_alias_only(rooms: Rooms) -> None:
    rooms.known_registries = [make_registry(), make_registry("quay", number=2)]
    rooms.image_rows = [make_image(), make_image(image_id=2, registry_alias="quay")]
    assert find_repository(asked_of(rooms), "quay/app/web") == Place("quay", "app/web", "quay/app/web")
    for name in ("app/web", "elsewhere/app/web", "quay/app"):
        with pytest.raises(NotFoundError):
            find_repository(asked_of(rooms), name)
