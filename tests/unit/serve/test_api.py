"""The JSON API: what it refuses, and how it answers whatever is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.model.errors import ConfigError, StoreUnavailableError
from dogwatch.serve.limits import MAX_REQUEST_BYTES
from tests.serve.asgi import call
from tests.serve.asking import ask, bearer, get
from tests.serve.callers import OTHER_ACCOUNT, STRANGER
from tests.serve.rooms import Rooms
from tests.serve.shown import (
    make_finding,
)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/findings?severty=HIGH", "severty"),
        ("/findings?severity=", "severity"),
        ("/findings?severity=!", "severity"),
        ("/findings?repository=" + "x" * 1025, "repository"),
        ("/findings?" + "&".join(["tag=x"] * 51), "tag"),
        ("/findings?limit=0", "limit"),
        ("/findings?limit=1001", "limit"),
        ("/findings?limit=%D9%A3", "limit"),
        ("/findings?limit=1&limit=2", "limit"),
        ("/findings?sort=colour", "sort"),
        ("/findings?order=up", "order"),
        ("/findings?cursor=elsewhere", "cursor"),
        ("/findings?as_of=yesterday", "as_of"),
        ("/findings?as_of=2026-03-03T00:00:00", "as_of"),
        ("/findings?as_of=99999-01-01T00:00:00Z", "as_of"),
        ("/findings/12", "finding"),
        ("/images?severity=HIGH", "severity"),
        ("/images/app%20web", "image"),
        ("/images/1?tag=x", "tag"),
        ("/coverage?limit=1", "limit"),
        ("/rescan?x=1", "x"),
        ("/rescan/what-if?x=1", "x"),
        ("/rescan/what-if?push_window=DAYS_-3", "push_window"),
        ("/rescan/what-if?push_window=DAYS_3&push_window=DAYS_7", "push_window"),
        ("/rescan/what-if?activity_mode=never", "activity_mode"),
        ("/rescan/what-if?preset=inspector&push_window=DAYS_3", "preset"),
        ("/rescan/what-if/leaving?scope=harbour/Team", "scope"),
        ("/rescan/what-if/leaving?limit=0", "limit"),
        ("/registries?x=1", "x"),
        ("/db/status?x=1", "x"),
    ],
)
def test_what_cannot_be_asked_names_its_parameter(path: str, field: str) -> None:
    reply = get(Rooms(), path)
    assert (reply.status, reply.headers["content-type"]) == (400, "application/problem+json")
    assert (reply.json["type"], reply.json["field"]) == ("urn:dogwatch:problem:invalid-request", field)


def test_pages_follow_each_other() -> None:
    rooms = Rooms(rows=[make_finding(vulnerability_id=number) for number in range(1, 6)])
    first = get(rooms, "/findings?limit=3").json
    second = get(rooms, f"/findings?limit=3&cursor={first['next']}").json
    assert (len(first["findings"]), len(second["findings"]), second["next"]) == (3, 2, None)


def test_each_account_sees_its_own() -> None:
    rooms = Rooms(rows=[make_finding(), make_finding(account_id=OTHER_ACCOUNT, image_id=9)])
    seen = get(rooms, "/findings", authorization=bearer(STRANGER)).json["findings"]
    assert [one["image"]["id"] for one in seen] == [9]
    assert get(rooms, "/images/1", authorization=bearer(STRANGER)).status == 404


def test_the_api_describes_itself() -> None:
    paths = get(Rooms(), "/openapi.json").json["paths"]
    assert "/api/v1/findings" in paths
    assert "put" in paths["/api/v1/rescan"]


@pytest.mark.parametrize(
    ("failure", "status", "retry"),
    [
        (StoreUnavailableError("connection to secret-host failed"), 503, "5"),
        (ConfigError("DOGWATCH_DATABASE_URL", "secret-host is wrong"), 500, None),
        (ZeroDivisionError("secret-host"), 500, None),
    ],
)
def test_what_breaks_inside_stays_inside(failure: Exception, status: int, retry: str | None) -> None:
    reply = get(Rooms(failure=failure), "/findings")
    assert (reply.status, reply.headers.get("retry-after")) == (status, retry)
    assert reply.headers["content-type"] == "application/problem+json"
    assert b"secret-host" not in reply.body
    assert b"Traceback" not in reply.body
    assert reply.json["request_id"] == reply.headers["x-request-id"]


def test_an_answer_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dogwatch.serve.http.REQUEST_SECONDS", 0.1)
    reply = get(Rooms(delay_seconds=2.0), "/findings")
    assert (reply.status, reply.json["type"]) == (503, "urn:dogwatch:problem:too-slow")


@pytest.mark.parametrize(
    "path", ["/", "/api/v1", "/api/v2/findings", "/api/v1/findings/", "/etc/passwd", "/api/v1/../livez"]
)
def test_other_places_are_nothing(path: str) -> None:
    reply = call(Rooms().app(open_loopback=True), "GET", f"/x{path}")
    assert (reply.status, reply.headers["content-type"]) == (404, "application/problem+json")


def test_a_body_beyond_the_limit_is_refused() -> None:
    assert ask(Rooms(), "PUT", "/rescan", body=b" " * (MAX_REQUEST_BYTES + 1)).status == 413


def test_a_request_keeps_the_id_it_came_with() -> None:
    assert get(Rooms(), "/rescan", **{"x-request-id": "from-a-proxy-1"}).headers["x-request-id"] == "from-a-proxy-1"
    made_up = get(Rooms(), "/rescan", **{"x-request-id": "bad id\r\nset-cookie: x"}).headers["x-request-id"]
    assert len(made_up) == 16


def test_nothing_is_kept_or_guessed_by_browsers() -> None:
    headers = get(Rooms(), "/rescan").headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_parameter_is_answered_or_refused(name: str, value: str) -> None:
    from urllib.parse import quote

    target = f"/findings?{quote(name, safe='', errors='surrogatepass')}={quote(value, safe='', errors='surrogatepass')}"
    assert get(Rooms(), target).status in (200, 400)


@given(st.binary(max_size=60))
def test_any_path_is_answered_or_refused(path: bytes) -> None:
    from urllib.parse import quote

    reply = call(replace(Rooms()).app(open_loopback=True), "GET", "/api/v1/" + quote(path, safe="/"))
    assert reply.status in (200, 400, 404, 405)
