"""boto3 against a real server: what an AWS client sees, and whom the server believes."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from dogwatch.model.errors import StoreUnavailableError
from dogwatch.model.monitoring import SettingStatus, StatusCode, StatusReason, Window
from dogwatch.serve.ports import AccessKey
from tests.serve.callers import ACCOUNT, ADMIN, OPERATOR, OTHER_ACCOUNT, READER, STRANGER
from tests.serve.rooms import Rooms
from tests.serve.server import running
from tests.serve.shown import DIGEST, LAYER, NOW, make_finding, make_image, make_package, make_setting

Connect = Callable[..., Any]


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


def client_of(port: int, key: AccessKey = ADMIN, region: str = "eu-west-1", service: str = "inspector2") -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id=key.id,
        aws_secret_access_key=key.secret,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=120, connect_timeout=60),
    )


@contextmanager
def served(rooms: Rooms, *, open_loopback: bool = False) -> Iterator[int]:
    with running(rooms.app(open_loopback=open_loopback)) as port:
        yield port


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_a_client_reads_the_windows(rooms: Rooms) -> None:
    with served(rooms) as port:
        state = client_of(port).get_configuration()["ecrConfiguration"]["rescanDurationState"]
    assert (
        state
        == {
            "rescanDuration": "DAYS_90",
            "pullDateRescanDuration": "DAYS_90",
            "pullDateRescanMode": "LAST_PULL_DATE",
            "status": "SUCCESS",
            "updatedAt": NOW,
        }
        or state["updatedAt"].astimezone(UTC) == NOW
    )


def test_a_client_changes_the_windows_and_what_it_leaves_out_stays(rooms: Rooms) -> None:
    rooms.setting = make_setting("DAYS_90", "DAYS_45", "LAST_IN_USE_AT")
    with served(rooms) as port:
        client_of(port).update_configuration(ecrConfiguration={"rescanDuration": "DAYS_30"})
        state = client_of(port).get_configuration()["ecrConfiguration"]["rescanDurationState"]
    assert rooms.setting == replace(make_setting("DAYS_30", "DAYS_45", "LAST_IN_USE_AT"), status=SettingStatus.PENDING)
    assert (state["rescanDuration"], state["pullDateRescanDuration"], state["status"]) == (
        "DAYS_30",
        "DAYS_60",
        "PENDING",
    )
    assert rooms.setting_changes == 1


def test_a_client_that_writes_back_what_it_read_changes_nothing(rooms: Rooms) -> None:
    before = rooms.setting = make_setting("DAYS_45", "LIFETIME", "EITHER")
    with served(rooms) as port:
        client = client_of(port)
        state = client.get_configuration()["ecrConfiguration"]["rescanDurationState"]
        sent = {name: state[name] for name in ("rescanDuration", "pullDateRescanDuration", "pullDateRescanMode")}
        client.update_configuration(ecrConfiguration=sent)
    assert sent == {
        "rescanDuration": "DAYS_60",
        "pullDateRescanDuration": "DAYS_180",
        "pullDateRescanMode": "LAST_PULL_DATE",
    }
    assert (rooms.setting, rooms.setting_changes) == (before, 0)


def test_a_value_that_the_model_does_not_have_names_its_field(rooms: Rooms) -> None:
    with served(rooms) as port, pytest.raises(ClientError) as caught:
        client_of(port).update_configuration(ecrConfiguration={"rescanDuration": "DAYS_45"})
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["Error"]["Code"] == "ValidationException"
    assert response["reason"] == "FIELD_VALIDATION_FAILED"
    assert [field["name"] for field in response["fields"]] == ["ecrConfiguration.rescanDuration"]


def test_an_operator_sets_windows_of_another_account_and_lets_it_inherit(rooms: Rooms) -> None:
    rooms.other_settings = {OTHER_ACCOUNT: make_setting("DAYS_14", "DAYS_14")}
    own, other = {"rescanDuration": "DAYS_30"}, {"accountId": OTHER_ACCOUNT}
    inherits = {"updateConfigurationInheritance": {"ecrConfiguration": "INHERIT_FROM_ADMIN"}}
    with served(rooms) as port:
        operator, admin = client_of(port, OPERATOR), client_of(port)

        def duration() -> str:
            state = operator.get_configuration(**other)["ecrConfiguration"]["rescanDurationState"]
            return str(state["rescanDuration"])

        seen = [duration()]
        operator.update_configuration(**other, ecrConfiguration=own)
        seen.append(duration())
        operator.update_configuration(**other, **inherits)
        seen.append(duration())
        inherited = rooms.other_settings[OTHER_ACCOUNT].inherited_from
        operator.update_configuration(**other, ecrConfiguration={"rescanDuration": "DAYS_90"})
        refused = [
            refusal(admin.get_configuration, **other),
            refusal(admin.update_configuration, **other, ecrConfiguration=own),
            refusal(admin.update_configuration, accountId=ACCOUNT, **inherits),
            refusal(operator.update_configuration, **inherits),
            refusal(operator.update_configuration, **other, **inherits, ecrConfiguration=own),
            refusal(operator.update_configuration, accountId="000000000009", ecrConfiguration=own),
            refusal(operator.get_configuration, accountId="000000000009"),
        ]
    assert (seen, inherited) == (["DAYS_14", "DAYS_30", "DAYS_90"], ACCOUNT)
    assert rooms.other_settings[OTHER_ACCOUNT].inherited_from == "", "what is said is the account's own, though equal"
    denied, invalid = (403, "AccessDeniedException"), (400, "ValidationException")
    assert refused == [denied, denied, denied, invalid, invalid, invalid, (404, "ResourceNotFoundException")]


def test_a_client_sees_every_image_with_its_status(rooms: Rooms) -> None:
    rooms.image_rows = [
        make_image(),
        make_image(
            image_id=2,
            digest="sha256:" + "d" * 64,
            status_code=StatusCode.INACTIVE,
            status_reason=StatusReason.SCAN_ELIGIBILITY_EXPIRED,
            indexed_at=None,
            pulled_at=None,
            tags=(),
            tags_via_index=(),
        ),
    ]
    with served(rooms) as port:
        pages = client_of(port).get_paginator("list_coverage").paginate(PaginationConfig={"PageSize": 1})
        covered = [one for page in pages for one in page["coveredResources"]]
    assert [(one["resourceId"], one["scanStatus"]) for one in covered] == [
        (
            f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/app/web/{DIGEST}",
            {"statusCode": "ACTIVE", "reason": "SUCCESSFUL"},
        ),
        (
            f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/app/web/sha256:{'d' * 64}",
            {"statusCode": "INACTIVE", "reason": "SCAN_ELIGIBILITY_EXPIRED"},
        ),
    ]
    assert covered[0]["resourceMetadata"]["ecrImage"]["tags"] == ["1.4.2", "latest"]
    assert "lastScannedAt" in covered[0]
    assert "lastScannedAt" not in covered[1]


def test_a_client_walks_through_the_groups_of_coverage(rooms: Rooms) -> None:
    rooms.image_rows = [make_image(image_id=number, repository=f"team/{number}") for number in range(1, 8)]
    with served(rooms) as port:
        paginator = client_of(port).get_paginator("list_coverage_statistics")
        whole = paginator.paginate(groupBy="ECR_REPOSITORY_NAME").build_full_result()
    groups = [{"groupKey": f"team/{number}", "count": 1} for number in range(1, 8)]
    assert whole == {"countsByGroup": groups, "totalCounts": 7}


def test_a_client_walks_through_findings(rooms: Rooms) -> None:
    rooms.rows = [make_finding(vulnerability_id=number) for number in range(1, 8)]
    with served(rooms) as port:
        pages = client_of(port).get_paginator("list_findings").paginate(PaginationConfig={"PageSize": 3})
        arns = [one["findingArn"] for page in pages for one in page["findings"]]
    prefix = f"arn:aws:inspector2:eu-west-1:{ACCOUNT}:finding/{1:016x}"
    assert arns == [f"{prefix}{number:016x}" for number in range(1, 8)]


def test_a_client_asks_for_the_details_of_what_it_found(rooms: Rooms) -> None:
    rooms.rows = [make_finding()]
    with served(rooms) as port:
        client = client_of(port)
        arns = [one["findingArn"] for one in client.list_findings()["findings"]]
        (details,) = client.batch_get_finding_details(findingArns=arns)["findingDetails"]
    assert details["findingArn"] == arns[0]
    assert details["cisaData"]["dateDue"] == datetime(2024, 9, 25, tzinfo=UTC)


def test_a_finding_names_package_version_fix_and_layer(rooms: Rooms) -> None:
    rooms.rows = [
        make_finding(
            packages=(
                make_package(),
                make_package(
                    ecosystem="PyPI", name="jinja2; rm -rf /", version="2.4", arch="", fixed_version="", paths=()
                ),
                make_package(ecosystem="npm", name="lodash", version="4.17.4", arch="", fixed_version="4.17.21"),
            )
        )
    ]
    with served(rooms) as port:
        found = client_of(port).list_findings(
            filterCriteria={"vulnerabilityId": [{"comparison": "EQUALS", "value": "DSA-5764-1"}]},
            sortCriteria={"field": "INSPECTOR_SCORE", "sortOrder": "DESC"},
        )["findings"]
    details = found[0]["packageVulnerabilityDetails"]
    assert (details["vulnerabilityId"], found[0]["severity"], found[0]["inspectorScore"]) == (
        "CVE-2024-6119",
        "HIGH",
        7.5,
    )
    assert details["vulnerablePackages"] == [
        {
            "name": "libssl3",
            "version": "3.0.9-1",
            "arch": "amd64",
            "packageManager": "OS",
            "filePath": "var/lib/dpkg/status",
            "fixedInVersion": "3.0.14-1~deb12u1",
            "remediation": "apt-get update && apt-get install --only-upgrade libssl3",
            "sourceLayerHash": LAYER,
        },
        {
            "name": "jinja2; rm -rf /",
            "version": "2.4",
            "packageManager": "PYTHONPKG",
            "fixedInVersion": "NotAvailable",
            "sourceLayerHash": LAYER,
        },
        {
            "name": "lodash",
            "version": "4.17.4",
            "packageManager": "NODEPKG",
            "filePath": "var/lib/dpkg/status",
            "fixedInVersion": "4.17.21",
            "remediation": "npm install lodash@4.17.21",
            "sourceLayerHash": LAYER,
        },
    ]


def test_each_account_sees_its_own(rooms: Rooms) -> None:
    rooms.rows = [make_finding(), make_finding(account_id=OTHER_ACCOUNT, image_id=9)]
    with served(rooms) as port:
        mine = client_of(port).list_findings()["findings"]
        theirs = client_of(port, STRANGER).list_findings()["findings"]
        other = refusal(client_of(port).get_configuration, accountId=OTHER_ACCOUNT)
    assert [one["awsAccountId"] for one in mine] == [ACCOUNT]
    assert [one["awsAccountId"] for one in theirs] == [OTHER_ACCOUNT]
    assert other == (403, "AccessDeniedException")


def test_a_reader_reads_and_changes_nothing(rooms: Rooms) -> None:
    before = rooms.setting
    with served(rooms) as port:
        client = client_of(port, READER)
        assert client.list_findings()["findings"]
        refused = refusal(client.update_configuration, ecrConfiguration={"rescanDuration": "DAYS_30"})
    assert refused == (403, "AccessDeniedException")
    assert rooms.setting == before


def test_a_wrong_secret_and_an_unknown_key_are_refused(rooms: Rooms) -> None:
    with served(rooms) as port:
        wrong = refusal(client_of(port, replace(ADMIN, secret="w" * 40)).list_findings)
        unknown = refusal(client_of(port, replace(ADMIN, id="AKIAUNKNOWN00000")).list_findings)
    assert wrong == (403, "InvalidSignatureException")
    assert unknown == (403, "UnrecognizedClientException")


@pytest.mark.parametrize(("minutes", "status"), [(-16, 403), (-14, 200), (14, 200), (16, 403)])
def test_clocks_may_differ_by_fifteen_minutes(rooms: Rooms, minutes: int, status: int) -> None:
    rooms.machine_time = datetime.now(UTC) + timedelta(minutes=minutes)
    with served(rooms) as port:
        if status == 200:
            assert client_of(port).list_findings()["findings"]
        else:
            assert refusal(client_of(port).list_findings) == (403, "InvalidSignatureException")


def signed_headers(port: int, path: str, body: bytes, key: AccessKey = ADMIN, service: str = "inspector2") -> Any:
    request = AWSRequest(
        "POST", f"http://127.0.0.1:{port}{path}", {"Content-Type": "application/json", "X-Extra": " a  b "}, body
    )
    SigV4Auth(Credentials(key.id, key.secret), service, "eu-west-1").add_auth(request)
    return dict(request.headers.items())


def post(port: int, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status, response.headers.get("x-amzn-ErrorType", "")
    finally:
        connection.close()


def test_what_was_signed_may_not_be_changed(rooms: Rooms) -> None:
    path, body = "/findings/list", b'{"maxResults": 5}'
    with served(rooms) as port:
        headers = signed_headers(port, path, body)
        invalid = (403, "InvalidSignatureException")
        assert post(port, path, body, headers) == (200, "")
        assert post(port, path, b'{"maxResults": 6}', headers) == invalid
        assert post(port, "/coverage/list", body, headers) == invalid
        assert post(port, path + "?x=1", body, headers) == invalid
        assert post(port, path, body, {**headers, "X-Extra": "c"}) == invalid
        assert post(port, path, body, {**headers, "X-Unsigned": "c"}) == (200, "")
        assert post(port, path, body, {**headers, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}) == invalid
        assert post(port, path, body, {**headers, "X-Amz-Date": "20200101T000000Z"}) == invalid
        assert post(port, path, body, signed_headers(port, path, body, service="ecr")) == invalid
        half = headers["Authorization"].partition(", Signature")[0]
        incomplete = (403, "IncompleteSignatureException")
        assert post(port, path, body, {**headers, "Authorization": half}) == incomplete
        no_host = headers["Authorization"].replace("SignedHeaders=content-type;host;", "SignedHeaders=content-type;")
        assert post(port, path, body, {**headers, "Authorization": no_host}) == invalid
        assert post(port, path, body, {"Content-Type": "application/json"}) == (
            403,
            "MissingAuthenticationTokenException",
        )


def test_on_open_loopback_any_signature_is_the_default_account(rooms: Rooms) -> None:
    with served(rooms, open_loopback=True) as port:
        client = client_of(port, AccessKey("test", "test", "", ADMIN.role), region="us-east-1")
        assert [one["awsAccountId"] for one in client.list_findings()["findings"]] == [ACCOUNT]
        client.update_configuration(ecrConfiguration={"rescanDuration": "DAYS_30"})
        assert rooms.setting.push_window == Window(30)


def test_on_open_loopback_a_known_key_still_has_to_prove_itself(rooms: Rooms) -> None:
    with served(rooms, open_loopback=True) as port:
        assert refusal(client_of(port, replace(STRANGER, secret="w" * 40)).list_findings) == (
            403,
            "InvalidSignatureException",
        )
        assert client_of(port, STRANGER).list_findings()["findings"] == []


def test_an_operation_that_is_not_offered_says_so(rooms: Rooms) -> None:
    with served(rooms) as port:
        client = client_of(port)
        arn = f"arn:aws:inspector2:eu-west-1:{ACCOUNT}:owner/o/filter/f"
        assert refusal(client.list_filters) == (400, "UnsupportedOperationException")
        assert refusal(client.list_tags_for_resource, resourceArn=arn) == (400, "UnsupportedOperationException")
        assert refusal(client.untag_resource, resourceArn=arn, tagKeys=["a", "b"]) == (
            400,
            "UnsupportedOperationException",
        )


def test_a_database_that_is_away_is_an_internal_error_without_its_words(rooms: Rooms) -> None:
    rooms.failure = StoreUnavailableError("connection to secret-host failed")
    with served(rooms) as port, pytest.raises(ClientError) as caught:
        client_of(port).list_findings()
    response = caught.value.response
    assert response["Error"]["Code"] == "InternalServerException"
    assert response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "5"
    assert "secret-host" not in str(response)


def test_a_programming_mistake_is_an_internal_error_without_a_trace(rooms: Rooms) -> None:
    rooms.failure = ZeroDivisionError("in the engine room")
    with served(rooms) as port, pytest.raises(ClientError) as caught:
        client_of(port).list_findings()
    assert caught.value.response["Error"]["Code"] == "InternalServerException"
    assert "engine" not in str(caught.value.response)


def test_a_sender_that_never_finishes_is_let_go(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dogwatch.serve.http.BODY_SECONDS", 0.3)
    with served(rooms) as port, socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(b"POST /findings/list HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        assert received.startswith(b"HTTP/1.1 408 ")
        monkeypatch.undo()  # others have the usual time
        assert client_of(port).list_findings()["findings"]
