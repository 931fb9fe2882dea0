"""Reports of images seen running: through the JSON API into a real database, and out again for everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dogwatch.model.usage import MAX_SEEN
from dogwatch.serve.access_keys import create_access_key
from dogwatch.serve.ports import AccessKey, Role
from tests.builders.watching import ACCOUNT, digest
from tests.serve.asgi import LOCAL, Reply, call
from tests.serve.asking import bearer
from tests.serve.old_images import Served, serving_old_images
from tests.serve.test_aws_clients import client_of


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    with serving_old_images(database, tmp_path) as opened:
        yield opened


def ask(served: Served, key: AccessKey, method: str, path: str, content: Any = None) -> Reply:
    body = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
    return call(served.application, method, path, body, {**LOCAL, "authorization": bearer(key)})


def test_a_report_is_taken_in_entry_by_entry_and_seen_at_the_image(served: Served, tmp_path: Path) -> None:
    path = next(tmp_path.rglob("access-keys*"))
    reporter = create_access_key(path, ACCOUNT, Role.REPORTER)
    good = {"image": f"docker-pullable://registry.example/app@{digest('a')}", "namespace": "shop", "workload": "web"}
    bad: list[Any] = [{"image": "web"}, {"image": digest("a"), "seen_at": "2026-01-01T00:00:00"}, 7, {"unknown": 1}]
    seen = [{**good, "count": 2, "seen_at": "2026-11-01T12:00:00Z"}, *bad, {"image": digest("z")}]
    reply = ask(served, reporter, "POST", "/api/v1/usage", {"cluster": "prod-eu", "seen": seen})
    assert reply.status == 200
    told = reply.json
    refusals = told.pop("refusals")
    assert told == {
        "received": 6,
        "images": 1,
        "unknown": 1,
        "unknown_images": [digest("z")],
        "clamped": 0,
        "refused": 4,
    }
    assert [one["entry"] for one in refusals] == [1, 2, 3, 4]
    history = ask(served, reporter, "GET", "/api/v1/images/1/history").json
    assert history["uses"] == [
        {
            "cluster": "prod-eu",
            "namespace": "shop",
            "workload": "web",
            "count": 2,
            "first_seen_at": "2026-11-01T12:00:00Z",
            "last_seen_at": "2026-11-01T12:00:00Z",
            "reported_by": reporter.id,
        }
    ]
    now = {"cluster": "prod-eu", "seen": [good, good]}
    assert ask(served, served.admin, "POST", "/api/v1/usage", now).json["images"] == 1
    image = ask(served, reporter, "GET", "/api/v1/images/1").json["images"][0]
    assert (image["in_use_count"], image["in_use_at"] is not None) == (2, True)
    covered = client_of(served.port, served.reader, service="inspector2").list_coverage()["coveredResources"]
    metadata = [one["resourceMetadata"]["ecrImage"] for one in covered]
    assert [one.get("inUseCount") for one in metadata] == [2, None, None, None]
    assert ["lastInUseAt" in one for one in metadata] == [True, False, False, False]


def test_aws_clients_see_what_is_in_use_and_where(served: Served) -> None:
    arn = "arn:aws:eks:eu-west-1:123456789012:cluster/prod"
    for cluster, workload in ((arn, "Deployment/web"), ("plant floor", "")):
        seen = [{"image": digest("a"), "namespace": "shop", "workload": workload, "count": 2}]
        assert ask(served, served.admin, "POST", "/api/v1/usage", {"cluster": cluster, "seen": seen}).status == 200
    client = client_of(served.port, served.reader, service="inspector2")
    span = {"startInclusive": 0, "endInclusive": 4_000_000_000}
    (covered,) = client.list_coverage(filterCriteria={"ecrImageLastInUseAt": [span]})["coveredResources"]
    pages = client.get_paginator("get_clusters_for_image").paginate(
        filter={"resourceId": covered["resourceId"]}, PaginationConfig={"PageSize": 1}
    )
    clusters = [one for page in pages for one in page["cluster"]]
    assert [(one["clusterArn"], one["clusterDetails"][0]["runningUnitCount"]) for one in clusters] == [
        ("arn:aws:eks:eu-west-1:123456789012:cluster/plant-floor", 2),
        (arn, 2),
    ]
    known = {"type": "Deployment", "name": "web"}
    assert clusters[1]["clusterDetails"][0]["clusterMetadata"] == {
        "awsEksMetadataDetails": {"namespace": "shop", "workloadInfoList": [known]}
    }
    other = covered["resourceId"].replace(digest("a"), digest("b"))
    assert client.get_clusters_for_image(filter={"resourceId": other})["cluster"] == []
    with pytest.raises(client.exceptions.ValidationException):
        client.get_clusters_for_image(filter={"resourceId": other}, nextToken="elsewhere")
    for bounds, is_covered, images in (
        ({"lowerInclusive": 1}, True, 1),
        ({"lowerInclusive": 4, "upperInclusive": 4}, True, 1),
        ({"upperInclusive": 0}, False, 3),
    ):
        filtered = client.list_coverage(filterCriteria={"ecrImageInUseCount": [bounds]})["coveredResources"]
        assert (covered in filtered, len(filtered)) == (is_covered, images)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        {"seen": []},
        {"cluster": "", "seen": []},
        {"cluster": "a\u0000b", "seen": []},
        {"cluster": "x" * 301, "seen": []},
        {"cluster": "a", "seen": {}},
        {"cluster": "a", "seen": [], "seen_at": "yesterday"},
        {"cluster": "a", "seen": [0] * (MAX_SEEN + 1)},
    ],
)
def test_a_report_that_is_none_is_refused_whole(served: Served, content: Any) -> None:
    reply = ask(served, served.admin, "POST", "/api/v1/usage", content)
    assert (reply.status, reply.json["type"]) == (400, "urn:dogwatch:problem:invalid-request")


def test_readers_report_nothing_and_reporters_change_nothing(served: Served, tmp_path: Path) -> None:
    reporter = create_access_key(next(tmp_path.rglob("access-keys*")), ACCOUNT, Role.REPORTER)
    assert ask(served, served.reader, "POST", "/api/v1/usage", {"cluster": "a", "seen": []}).status == 403
    assert ask(served, reporter, "POST", "/api/v1/images/1/forget").status == 403
    assert ask(served, reporter, "PUT", "/api/v1/rescan", {"push_window": "DAYS_3"}).status == 403
