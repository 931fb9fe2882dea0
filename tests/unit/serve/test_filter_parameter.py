"""The parameter `filter` of the JSON API: one grammar for findings, images and coverage."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from dogwatch.model.filters import OneOf
from dogwatch.model.matches import Severity
from dogwatch.model.views import FindingQuery
from tests.serve.asgi import Reply, call
from tests.serve.rooms import Rooms
from tests.serve.shown import DIGEST, OTHER_DIGEST, make_finding, make_image


def ask(rooms: Rooms, path: str, text: str, more: str = "") -> Reply:
    return call(rooms.app(open_loopback=True), "GET", f"/api/v1/{path}?filter={quote(text)}{more}")


@pytest.fixture
def rooms() -> Rooms:
    return Rooms(
        rows=[
            make_finding(),
            make_finding(vulnerability_id=8, vulnerability="CVE-1", severity=Severity.LOW, score_tenths=None),
            make_finding(image_id=2, repository="other/api", digest=OTHER_DIGEST, fix_available="NO"),
        ],
        image_rows=[make_image(), make_image(image_id=2, repository="other/api", digest=OTHER_DIGEST, indexed_at=None)],
    )


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("severity in (critical, high) and fix = yes", [7]),
        ("score < 9", [7, 7]),
        ("not score < 9", [8]),
        ('package ~ "libss*" and repository ~ other/*', [7]),
        ("status = closed", []),
        ("", [7, 8, 7]),
    ],
)
def test_findings_meet_the_filter(rooms: Rooms, text: str, ids: list[int]) -> None:
    found = ask(rooms, "findings", text).json["findings"]
    assert [int(one["id"][16:], 16) for one in found] == ids


def test_a_filter_and_the_simple_parameters_must_both_hold(rooms: Rooms) -> None:
    found = ask(rooms, "findings", "severity = high", "&repository=app/web").json["findings"]
    assert [one["image"]["id"] for one in found] == [1]
    query = rooms.queries[-1]
    assert isinstance(query, FindingQuery)
    assert (query.texts, query.filter) == (
        {"repository": [("EQUALS", "app/web")]},
        OneOf("severity", (Severity.HIGH,)),
    )


def test_what_was_looked_at_is_told_of_the_images_that_the_filter_names(rooms: Rooms) -> None:
    narrow = ask(rooms, "findings", "repository = app/web and severity = high").json["looked_at"]
    wide = ask(rooms, "findings", "repository = app/web or severity = high").json["looked_at"]
    assert (narrow["images"], wide["images"]) == (1, 2)


def test_images_and_coverage_meet_the_filter(rooms: Rooms) -> None:
    reply = ask(rooms, "images", "repository = app/web")
    assert [one["digest"] for one in reply.json["images"]] == [DIGEST]
    assert reply.json["looked_at"]["images"] == 1
    assert ask(rooms, "coverage", "indexed_at > 2000-01-01").json["images"] == 1
    assert ask(rooms, "unresolved", "repository = app/web").status == 200


@pytest.mark.parametrize("path", ["findings", "images", "coverage", "unresolved"])
def test_a_problem_document_names_the_place(rooms: Rooms, path: str) -> None:
    reply = ask(rooms, path, "repository = a and colour = red")
    assert (reply.status, reply.headers["content-type"]) == (400, "application/problem+json")
    assert (reply.json["field"], reply.json["position"]) == ("filter", 19)
    assert reply.json["detail"].startswith("filter, at character 20: there is no field colour; ")


def test_a_filter_is_given_once(rooms: Rooms) -> None:
    assert ask(rooms, "findings", "fix = yes", "&filter=fix%20%3D%20no").status == 400
