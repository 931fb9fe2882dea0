"""ListCoverageStatistics: every group of the model over the same images, and that it counts what ListCoverage lists."""

from __future__ import annotations

from typing import Any

import pytest

from dogwatch.model.monitoring import StatusCode, StatusReason
from tests.serve.callers import ACCOUNT, OTHER_ACCOUNT
from tests.serve.rooms import Rooms, post
from tests.serve.shapes import MODEL, error_violations, reply_violations
from tests.serve.shown import make_image, make_registry, make_unresolved
from tests.unit.serve.test_aws_lists import COVERAGE, differs, equals

STATISTICS = "/coverage/statistics/list"
EXPIRED = {"status_code": StatusCode.INACTIVE, "status_reason": StatusReason.SCAN_ELIGIBILITY_EXPIRED}


@pytest.fixture
def rooms() -> Rooms:
    """Return two registries that both have app/web, one image that expired, and a manifest nobody could resolve."""
    return Rooms(
        known_registries=[make_registry(), make_registry("quay", "us-east-1", 2)],
        image_rows=[
            make_image(),
            make_image(image_id=2, repository="app/job", **EXPIRED),
            make_image(image_id=3, registry_alias="quay", region="us-east-1"),
            make_image(image_id=4, registry_alias="quay", region="us-east-1"),
            make_image(image_id=5, account_id=OTHER_ACCOUNT),
        ],
        unresolved_rows=[make_unresolved()],
    )


def counted(rooms: Rooms, **content: Any) -> tuple[int, list[tuple[str, int]]]:
    reply = post(rooms, STATISTICS, content)
    assert reply.status == 200, reply.body
    assert reply_violations("ListCoverageStatistics", reply.json) == []
    return reply.json["totalCounts"], [(one["groupKey"], one["count"]) for one in reply.json.get("countsByGroup", [])]


GROUPS = {
    "SCAN_STATUS_CODE": [("ACTIVE", 3), ("INACTIVE", 2)],
    "SCAN_STATUS_REASON": [("SUCCESSFUL", 3), ("ACCESS_DENIED", 1), ("SCAN_ELIGIBILITY_EXPIRED", 1)],
    "ECR_REPOSITORY_NAME": [("harbour/app/web", 2), ("quay/app/web", 2), ("app/job", 1)],
    "PROVIDER_REGION": [("eu-west-1", 3), ("us-east-1", 2)],
    "ACCOUNT_ID": [(ACCOUNT, 5)],
    "PROVIDER_ACCOUNT_ID": [(ACCOUNT, 5)],
    "RESOURCE_TYPE": [("AWS_ECR_CONTAINER_IMAGE", 5)],
    "PROVIDER": [("AWS", 5)],
    "PROVIDER_ORG_ID": [],
}


def test_every_group_of_the_model_counts_the_same_images(rooms: Rooms) -> None:
    assert set(GROUPS) == set(MODEL.shape_for("GroupKey").enum)
    assert counted(rooms) == (5, [])
    assert {by: counted(rooms, groupBy=by) for by in GROUPS} == {by: (5, groups) for by, groups in GROUPS.items()}


def test_filters_mean_what_they_mean_in_the_list(rooms: Rooms) -> None:
    for criteria in (
        {"ecrRepositoryName": equals("quay/app/web")},
        {"scanStatusCode": differs("ACTIVE")},
        {"cloudProviderRegion": equals("us-east-1")},
        {"resourceType": equals("AWS_EC2_INSTANCE")},
        {"lastScannedAt": [{"startInclusive": 0}]},
    ):
        listed = post(rooms, COVERAGE, {"filterCriteria": criteria}).json["coveredResources"]
        total, groups = counted(rooms, filterCriteria=criteria, groupBy="ACCOUNT_ID")
        assert (total, groups) == (len(listed), [(ACCOUNT, len(listed))] if listed else [])


def test_groups_come_five_a_page_with_the_whole_total(rooms: Rooms) -> None:
    rooms.image_rows = [make_image(image_id=number, repository=f"team/{number}") for number in range(1, 8)]
    rooms.unresolved_rows = []
    first = post(rooms, STATISTICS, {"groupBy": "ECR_REPOSITORY_NAME"}).json
    second = post(rooms, STATISTICS, {"groupBy": "ECR_REPOSITORY_NAME", "nextToken": first["nextToken"]}).json
    names = [one["groupKey"] for page in (first, second) for one in page["countsByGroup"]]
    assert names == [f"team/{number}" for number in range(1, 8)]
    assert (first["totalCounts"], second["totalCounts"], "nextToken" in second) == (7, 7, False)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"groupBy": "SEVERITY"}, "groupBy"),
        ({"groupBy": "SCAN_STATUS_CODE", "nextToken": "of another list"}, "nextToken"),
        ({"nextToken": "of another list"}, "nextToken"),
        ({"maxResults": 5}, "body"),
        ({"filterCriteria": {"severity": equals("HIGH")}}, "filterCriteria.severity"),
        ({"filterCriteria": {"scanStatusCode": []}}, "filterCriteria.scanStatusCode"),
    ],
)
def test_what_cannot_be_counted_names_its_field(rooms: Rooms, content: dict[str, Any], field: str) -> None:
    reply = post(rooms, STATISTICS, content)
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert error_violations("ValidationException", reply.json) == []
    assert reply.json["fields"][0]["name"] == field
