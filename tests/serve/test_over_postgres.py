"""The lists over the real store: every filter and order is understood there, and the same world looks alike to all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dogwatch.app.service import served_by
from dogwatch.serve.http import Application, make_app
from dogwatch.store.notice_writer import NoticeWriter
from tests.flow.world import ACCOUNT, EXPECTED, World, small_world, vulnerable_image
from tests.serve.asgi import LOCAL, Reply, acall, call
from tests.serve.shapes import MODEL, reply_violations
from tests.unit.serve.test_aws_lists import COVERAGE, FINDINGS, IN_COVERAGE, IN_FINDINGS, json_values, requests

PATHS = {FINDINGS: ("ListFindings", "findings"), COVERAGE: ("ListCoverage", "coveredResources")}


@pytest.fixture
def world(database: str, tmp_path: Path) -> Iterator[World]:
    with small_world(database, tmp_path) as opened:
        opened.push("team/app", vulnerable_image())
        opened.app.run_until_idle()
        yield opened


@pytest.fixture
def app(world: World) -> Application:
    return make_app(served_by(world.app, NoticeWriter(world.app.dsn)))


def post(app: Application, path: str, content: Any) -> Reply:
    return call(app, "POST", path, json.dumps(content).encode())


def rows(app: Application, path: str, **content: Any) -> list[Any]:
    reply = post(app, path, content)
    assert reply.status == 200, reply.body
    operation, name = PATHS[path]
    assert reply_violations(operation, reply.json) == []
    found: list[Any] = reply.json[name]
    return found


def test_what_was_pushed_is_seen_by_aws_clients_and_by_the_api(app: Application) -> None:
    seen = rows(app, FINDINGS, sortCriteria={"field": "VULNERABILITY_ID", "sortOrder": "ASC"})
    listed = [
        (details["vulnerabilityId"], one["name"], one["version"], one["fixedInVersion"], finding["status"])
        for finding in seen
        for details in [finding["packageVulnerabilityDetails"]]
        for one in details["vulnerablePackages"]
    ]
    assert listed == EXPECTED
    content = call(app, "GET", "/api/v1/findings?sort=vulnerability&order=asc").json
    assert [one["vulnerability"] for one in content["findings"]] == [one[0] for one in EXPECTED]
    assert content["looked_at"]["statuses"] == [{"code": "ACTIVE", "reason": "SUCCESSFUL", "images": 1}]
    assert [one["missing"] for one in content["looked_at"]["feeds"]] == [False, False, False]
    image = rows(app, COVERAGE)[0]
    assert image["scanStatus"] == {"statusCode": "ACTIVE", "reason": "SUCCESSFUL"}
    assert {finding["resources"][0]["id"] for finding in seen} == {image["resourceId"]}


def test_each_row_is_found_by_its_own_names(app: Application) -> None:
    for finding in rows(app, FINDINGS):
        by_arn = {"findingArn": [{"comparison": "EQUALS", "value": finding["findingArn"]}]}
        assert rows(app, FINDINGS, filterCriteria=by_arn) == [finding]
    image = rows(app, COVERAGE)[0]
    by_arn = {"resourceId": [{"comparison": "EQUALS", "value": image["resourceId"]}]}
    assert rows(app, COVERAGE, filterCriteria=by_arn) == [image]
    assert len(rows(app, FINDINGS, filterCriteria=by_arn)) == 3


def test_a_finding_and_an_image_by_id(app: Application) -> None:
    listed = call(app, "GET", "/api/v1/findings").json["findings"]
    for one in listed:
        assert call(app, "GET", f"/api/v1/findings/{one['id']}").json["finding"] == one
        (explained,) = call(app, "GET", f"/api/v1/findings/{one['id']}/explanation").json["explanations"]
        (package,) = one["packages"]
        assert (explained["vulnerability"], explained["verdict"]) == (one["vulnerability"], "affected")
        assert [each["fixed_version"] for each in explained["exposures"]] == [package["fixed_version"]]
    digest = listed[0]["image"]["digest"]
    image = call(app, "GET", f"/api/v1/images/{digest}").json["images"][0]
    assert image["findings"] is not None
    assert sum(image["findings"].values()) == 3


def test_every_filter_and_order_is_understood(app: Application) -> None:
    for path, filters in ((FINDINGS, IN_FINDINGS), (COVERAGE, IN_COVERAGE)):
        for name, asked, _ in filters:
            rows(app, path, filterCriteria={name: asked})
    for field in MODEL.shape_for("SortField").enum:
        for order in ("ASC", "DESC"):
            criteria = {"field": field, "sortOrder": order}
            first = post(app, FINDINGS, {"maxResults": 2, "sortCriteria": criteria}).json
            token = first["nextToken"]
            second = rows(app, FINDINGS, maxResults=2, sortCriteria=criteria, nextToken=token)
            assert len({one["findingArn"] for one in [*first["findings"], *second]}) == 3
            elsewhere = {"severity": [{"comparison": "EQUALS", "value": "LOW"}]}
            refused = post(
                app,
                FINDINGS,
                {"sortCriteria": criteria, "maxResults": 2, "nextToken": token, "filterCriteria": elsewhere},
            )
            assert refused.status == 400


def test_shared_names_are_kept_apart(world: World, app: Application) -> None:
    world.app.add_registry("second", world.simulator.access)
    world.app.run_until_idle()
    names = [one["resourceMetadata"]["ecrRepository"]["name"] for one in rows(app, COVERAGE)]
    assert sorted(names) == ["local/team/app", "second/team/app"]
    chosen = {"ecrImageRepositoryName": [{"comparison": "EQUALS", "value": "second/team/app"}]}
    found = rows(app, FINDINGS, filterCriteria=chosen)
    assert {one["resources"][0]["details"]["awsEcrContainerImage"]["repositoryName"] for one in found} == {
        "second/team/app"
    }
    assert len(found) == 3


def test_statistics_count_what_coverage_lists(world: World, app: Application) -> None:
    by_repository = {"groupBy": "ECR_REPOSITORY_NAME"}
    for number in range(6):
        world.push(f"team/more-{number}", vulnerable_image())
    world.app.run_until_idle()
    first = post(app, "/coverage/statistics/list", by_repository).json
    second = post(app, "/coverage/statistics/list", {**by_repository, "nextToken": first["nextToken"]}).json
    groups = [(one["groupKey"], one["count"]) for each in (first, second) for one in each["countsByGroup"]]
    assert groups == [("team/app", 1), *((f"team/more-{number}", 1) for number in range(6))]
    assert first["totalCounts"] == second["totalCounts"] == len(rows(app, COVERAGE)) == 7
    elsewhere = {"groupBy": "SCAN_STATUS_REASON", "nextToken": first["nextToken"]}
    assert post(app, "/coverage/statistics/list", elsewhere).status == 400
    for by, (name, asked, _) in zip(cycle(MODEL.shape_for("GroupKey").enum), IN_COVERAGE, strict=False):
        reply = post(app, "/coverage/statistics/list", {"groupBy": by, "filterCriteria": {name: asked}})
        assert reply.status == 200, reply.body
        assert reply.json["totalCounts"] == len(rows(app, COVERAGE, filterCriteria={name: asked}))


def test_windows_are_changed_by_aws_clients(world: World, app: Application) -> None:
    state = post(app, "/configuration/get", {}).json["ecrConfiguration"]["rescanDurationState"]
    assert (state["rescanDuration"], state["pullDateRescanDuration"]) == ("DAYS_90", "DAYS_90")
    assert post(app, "/configuration/update", {"ecrConfiguration": {"rescanDuration": "DAYS_7"}}).status == 200
    assert post(app, "/configuration/get", {}).json["ecrConfiguration"]["rescanDurationState"]["status"] == "PENDING"
    world.app.run_until_idle()
    state = post(app, "/configuration/get", {}).json["ecrConfiguration"]["rescanDurationState"]
    assert (state["rescanDuration"], state["pullDateRescanDuration"], state["status"]) == (
        "DAYS_7",
        "DAYS_90",
        "SUCCESS",
    )


@pytest.mark.anyio
async def test_a_notice_is_durable_when_it_is_answered(world: World) -> None:
    secret = world.app.registries.add(ACCOUNT, "third", world.simulator.access, "us-east-1")[1]
    async with NoticeWriter(world.app.dsn) as writer:
        app = make_app(served_by(world.app, writer))
        headers = {**LOCAL, "authorization": f"Bearer {secret}", "content-type": "application/json"}
        path = f"/hooks/{ACCOUNT}/third"
        assert (await acall(app, "POST", path, b"not json", headers)).status == 202
        kept = world.rows("SELECT content_type, body FROM notice ORDER BY id DESC LIMIT 1")
        assert [(kind, bytes(body)) for kind, body in kept] == [("application/json", b"not json")]
        wrong = {**headers, "authorization": f"Bearer {secret}x"}
        assert (await acall(app, "POST", path, b"{}", wrong)).status == 401
        assert (await acall(app, "POST", f"/hooks/{ACCOUNT}/fourth", b"{}", headers)).status == 401
        await asyncio.sleep(0)
    ready = await acall(app, "GET", "/readyz")
    assert ready.status == 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from([FINDINGS, COVERAGE]), content=requests | json_values)
def test_any_question_is_answered_or_refused(app: Application, path: str, content: Any) -> None:
    reply = post(app, path, content)
    assert reply.status in (200, 400), (reply.status, reply.body)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(
        ["repository", "tag", "severity", "image", "digest", "vulnerability", "package", "cursor", "sort"]
    ),
    value=st.text(max_size=20),
)
def test_any_parameter_is_answered_or_refused(app: Application, name: str, value: str) -> None:
    from urllib.parse import quote

    target = f"/api/v1/findings?{name}={quote(value, safe='', errors='surrogatepass')}"
    assert call(app, "GET", target).status in (200, 400)
