"""boto3's describe_images, against a running server over a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dogwatch.model.deeds import Deed, DeedRequest
from dogwatch.model.monitoring import StatusReason
from dogwatch.serve.aws.ecr.images import SCAN_STATUSES
from dogwatch.store.deeds import DeedStore
from tests.builders.watching import (
    ACCOUNT,
    IMAGE_TYPE,
    INDEX_TYPE,
    day,
    deleted,
    digest,
    image,
    index,
    pulled,
    pushed,
    signature,
)
from tests.serve.old_images import Served, serving_old_images
from tests.serve.shapes import ECR
from tests.serve.test_aws_clients import refusal

APP: dict[str, Any] = {"repositoryName": "app"}
WHOLE = {"registryId": ACCOUNT, "repositoryName": "app", "imageStatus": "ACTIVE"}
EXPIRED = {
    "status": "SCAN_ELIGIBILITY_EXPIRED",
    "description": "the image is no longer watched: its windows are over, or it was forgotten by hand",
}


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    with serving_old_images(database, tmp_path) as opened:
        yield opened


def test_everything_that_stands_in_a_repository_is_described(served: Served) -> None:
    world = served.world
    world.tell(4, pulled("a", 4, "ci"), deleted("d", 4))
    world.tell(5, pushed("i", 5, "both"), pushed("s", 5), pushed("u", 5, "odd"))
    world.resolve(5, index("i", [image("a"), image("e", architecture="arm64")]))
    world.resolve(5, signature("s", "a"))
    refused = ("ACCESS_DENIED", "registry refused access (403)", day(5))
    world.images.save_unresolved(world.registry.id, "app", digest("u"), *refused)
    found = served.client(served.reader).describe_images(**APP)["imageDetails"]
    of_image = {**WHOLE, "imageManifestMediaType": IMAGE_TYPE, "imageSizeInBytes": 1500, "imageScanStatus": EXPIRED}
    assert found == sorted(
        [
            {
                **of_image,
                "imageDigest": digest("a"),
                "imageTags": ["v0"],
                "imagePushedAt": day(5),
                "lastRecordedPullTime": day(4),
            },
            {**of_image, "imageDigest": digest("b"), "imageTags": ["v1"], "imagePushedAt": day(1)},
            {**of_image, "imageDigest": digest("c"), "imagePushedAt": day(2)},
            {**of_image, "imageDigest": digest("e"), "imagePushedAt": day(5)},
            {
                **WHOLE,
                "imageDigest": digest("i"),
                "imageManifestMediaType": INDEX_TYPE,
                "imageSizeInBytes": 1500,
                "imageTags": ["both"],
                "imagePushedAt": day(5),
                "lastRecordedPullTime": day(4),
            },
            {
                **WHOLE,
                "imageDigest": digest("s"),
                "imageManifestMediaType": IMAGE_TYPE,
                "artifactMediaType": "application/vnd.example.signature",
                "subjectManifestDigest": digest("a"),
                "imagePushedAt": day(5),
            },
            {
                **WHOLE,
                "imageDigest": digest("u"),
                "imageTags": ["odd"],
                "imagePushedAt": day(5),
                "imageScanStatus": {"status": "FAILED", "description": "registry refused access (403)"},
            },
        ],
        key=lambda one: str(one["imageDigest"]),
    )
    world.tell(6, deleted("s", 6), deleted("u", 6), deleted("i", 6))
    left = {one["imageDigest"] for one in served.ask("DescribeImages", **APP)["imageDetails"]}
    assert left == {digest(name) for name in "abce"}


def test_the_status_of_a_scan_follows_the_watch(served: Served) -> None:
    served.world.set_windows(4, "LIFETIME", "DAYS_30")
    served.world.attach(4, "a")
    waiting = {digest(name): {"status": "PENDING"} for name in "bcd"}
    active = {"status": "ACTIVE", "description": "continuous scanning is selected for the image"}
    assert statuses(served) == {digest("a"): active, **waiting}
    served.world.set_frequency("MANUAL")
    assert statuses(served) == dict.fromkeys(digest(name) for name in "abcd")
    assert {status for status, _ in SCAN_STATUSES.values()} <= set(ECR.shape_for("ScanStatus").enum)
    unscanned = {StatusReason.SCAN_FREQUENCY_MANUAL, StatusReason.RESOURCE_TERMINATED}
    assert set(StatusReason) == {*SCAN_STATUSES, *unscanned}


def statuses(served: Served) -> dict[str, Any]:
    details = served.ask("DescribeImages", **APP)["imageDetails"]
    return {one["imageDigest"]: one.get("imageScanStatus") for one in details}


def test_images_are_asked_for_page_by_page_by_name_and_by_tag(served: Served) -> None:
    client = served.client()
    pages = client.get_paginator("describe_images").paginate(**APP, PaginationConfig={"PageSize": 3})
    seen = [[one["imageDigest"] for one in page["imageDetails"]] for page in pages]
    ordered = sorted(digest(name) for name in "abcd")
    assert seen == [ordered[:3], ordered[3:]]

    def found(**members: Any) -> set[str]:
        return {one["imageDigest"] for one in client.describe_images(**APP, **members)["imageDetails"]}

    named = [{"imageTag": "v1"}, {"imageDigest": digest("c")}, {"imageDigest": digest("d"), "imageTag": "v3"}]
    assert found(imageIds=named) == {digest(name) for name in "bcd"}
    assert found(imageIds=named, filter={"tagStatus": "UNTAGGED"}) == {digest("c")}
    assert found(filter={"tagStatus": "TAGGED"}) == {digest(name) for name in "abd"}
    assert found(filter={"tagStatus": "UNTAGGED", "imageStatus": "ANY"}) == {digest("c")}
    assert found(filter={"imageStatus": "ARCHIVED"}) == set()


def test_what_cannot_be_described_has_its_own_error(served: Served) -> None:
    client = served.client()
    token = client.describe_images(**APP, maxResults=1)["nextToken"]
    refused: list[tuple[dict[str, Any], str]] = [
        ({"repositoryName": "no-such"}, "RepositoryNotFoundException"),
        ({**APP, "imageIds": [{"imageTag": "v0"}, {"imageTag": "v9"}]}, "ImageNotFoundException"),
        ({**APP, "imageIds": [{"imageDigest": digest("a"), "imageTag": "v1"}]}, "ImageNotFoundException"),
        ({**APP, "imageIds": [{}]}, "InvalidParameterException"),
        ({**APP, "imageIds": [{"imageTag": "v0"}], "maxResults": 5}, "InvalidParameterException"),
        ({**APP, "imageIds": [{"imageTag": "v0"}], "nextToken": token}, "InvalidParameterException"),
        ({**APP, "nextToken": "of another list"}, "InvalidParameterException"),
        ({**APP, "nextToken": token, "filter": {"tagStatus": "TAGGED"}}, "InvalidParameterException"),
        ({**APP, "filter": {"tagStatus": "SOME"}}, "InvalidParameterException"),
        ({**APP, "registryId": "000000000001"}, "AccessDeniedException"),
    ]
    for members, name in refused:
        assert refusal(client.describe_images, **members) == (400, name), members


def test_an_archived_image_is_described_as_such_and_a_restored_one_as_active(served: Served) -> None:
    client, world = served.client(served.reader), served.world

    def states(**members: Any) -> dict[str, tuple[str, str]]:
        found = client.describe_images(**APP, **members)["imageDetails"]
        return {one["imageDigest"]: (one["imageStatus"], one["imageScanStatus"]["status"]) for one in found}

    ((number,),) = world.rows("SELECT id FROM image WHERE digest = %s", digest("a"))
    assert isinstance(number, int)
    count = len(states())
    DeedStore(world.database).do(ACCOUNT, number, DeedRequest(Deed.ARCHIVE, "ann"), day(6))
    archived = {digest("a"): ("ARCHIVED", "IMAGE_ARCHIVED")}
    assert (states(filter={"imageStatus": "ARCHIVED"}), states(filter={"imageStatus": "ACTIVATING"})) == (archived, {})
    assert (len(states()), len(states(filter={"imageStatus": "ANY"}))) == (count - 1, count)
    assert states(imageIds=[{"imageDigest": digest("a")}]) == archived
    DeedStore(world.database).do(ACCOUNT, number, DeedRequest(Deed.RESTORE, "ann"), day(7))
    (found,) = client.describe_images(**APP, imageIds=[{"imageDigest": digest("a")}])["imageDetails"]
    assert (found["imageStatus"], found["lastActivatedAt"], found["imagePushedAt"]) == ("ACTIVE", day(7), day(7))
