"""Windows in the JSON API: read, changed, tried out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dogwatch.model.costs import RescanRate
from tests.serve.asgi import LOCAL, Reply, call
from tests.serve.asking import bearer, get
from tests.serve.callers import ACCOUNT, ADMIN, OPERATOR, OTHER_ACCOUNT, READER
from tests.serve.rooms import Rooms
from tests.serve.shown import (
    DIGEST,
    make_setting,
)


def put(rooms: Rooms, content: Any, **headers: str) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return call(rooms.app(open_loopback=True), "PUT", "/api/v1/rescan", body, {**LOCAL, **headers})


def preview(rooms: Rooms, content: Any, **headers: str) -> Reply:
    body = json.dumps(content).encode()
    return call(rooms.app(open_loopback=True), "POST", "/api/v1/rescan/what-if", body, {**LOCAL, **headers})


def test_windows_are_read_and_changed() -> None:
    rooms = Rooms()
    reply = put(rooms, {"push_window": "DAYS_45", "activity_window": "NONE", "activity_mode": "EITHER"})
    expected = {
        "push_window": "DAYS_45",
        "activity_window": "NONE",
        "activity_mode": "EITHER",
        "status": "PENDING",
        "updated_at": "2026-07-09T12:00:00Z",
        "scope": "*",
        "push_window_from": "*",
        "activity_window_from": "*",
        "activity_mode_from": "*",
        "inherited_from": None,
    }
    assert (reply.status, reply.json, get(rooms, "/rescan").json) == (200, expected, expected)
    assert rooms.setting_changes == 1
    assert put(rooms, {"push_window": "LIFETIME"}).json == {**expected, "push_window": "LIFETIME"}


def test_an_operator_asks_for_another_account_and_has_it_inherit() -> None:
    rooms = Rooms(other_settings={OTHER_ACCOUNT: make_setting("DAYS_7")})

    def seen(reply: Reply) -> tuple[object, ...]:
        return reply.status, reply.json.get("push_window"), reply.json.get("inherited_from")

    key, place = {"authorization": bearer(OPERATOR)}, f"/rescan?account={OTHER_ACCOUNT}"
    assert seen(get(rooms, place, **key)) == (200, "DAYS_7", None)
    assert seen(put(rooms, {"account": OTHER_ACCOUNT, "push_window": "DAYS_9"}, **key)) == (200, "DAYS_9", None)
    inherits = {"account": OTHER_ACCOUNT, "inherit": True}
    assert put(rooms, {**inherits, "push_window": "DAYS_9"}, **key).status == 400
    assert seen(put(rooms, inherits, **key)) == (200, "DAYS_90", ACCOUNT)
    assert [get(rooms, place).status, put(rooms, inherits).status, put(rooms, {"inherit": True}).status] == [403] * 3


def test_windows_are_set_by_the_name_of_a_preset_and_of_nothing_else() -> None:
    rooms = Rooms()
    found = put(rooms, {"preset": "inspector"}).json
    windows = (found["push_window"], found["activity_window"], found["activity_mode"])
    assert windows == ("DAYS_14", "DAYS_14", "LAST_IN_USE_AT")
    for wrong in ({"preset": "clair"}, {"preset": "inspector", "push_window": "DAYS_3"}):
        refused = put(rooms, wrong)
        assert (refused.status, refused.json["field"]) == (400, "preset")
    assert rooms.setting_changes == 1


def test_a_scope_says_where_each_of_its_windows_comes_from() -> None:
    rooms = Rooms()
    team = put(rooms, {"scope": "harbour/team-*", "push_window": "DAYS_7"}).json
    assert (team["scope"], team["push_window"], team["push_window_from"]) == (
        "harbour/team-*",
        "DAYS_7",
        "harbour/team-*",
    )
    web = get(rooms, "/rescan?scope=harbour/team-a/web").json
    assert (web["push_window"], web["push_window_from"], web["activity_window_from"]) == (
        "DAYS_7",
        "harbour/team-*",
        "*",
    )
    assert [one["scope"] for one in get(rooms, "/rescan/scopes").json["scopes"]] == ["*", "harbour/team-*"]
    back = put(rooms, {"scope": "harbour/team-*", "push_window": "INHERITED"}).json
    assert (back["push_window"], back["push_window_from"]) == ("DAYS_90", "*")
    for scope in ("harbour/Team", "*/a", "/a", "harbour/", "harbour/a b", "harbour/" + "a" * 256):
        refused = put(rooms, {"scope": scope, "push_window": "DAYS_7"})
        assert (refused.status, refused.json["field"]) == (400, "scope")


def test_what_other_windows_would_do_is_told_and_changes_nothing() -> None:
    rooms = Rooms()
    rooms.costs.kept = replace(rooms.costs.kept, rate=RescanRate(7, 210))
    windows = get(rooms, "/rescan").json
    told = get(rooms, "/rescan/what-if?push_window=DAYS_3").json
    grid = told.pop("grid")
    assert told == {
        "windows": {**windows, "push_window": "DAYS_3", "status": "PENDING", "updated_at": "2026-07-09T12:00:00Z"},
        "at": "2026-07-09T12:00:00Z",
        "watched": 3,
        "leaving": 1,
        "staying": 2,
        "wakeable": 4,
        "closing_findings": 5,
        "closing_by_severity": {"CRITICAL": 3, "HIGH": 2},
        "monthly_rescans_now": {"rescans": 3, "cost": "0.03"},
        "monthly_rescans_then": {"rescans": 2, "cost": "0.02"},
        "prices": {"initial_scan": "0.09", "rescan": "0.01"},
    }
    assert preview(rooms, {"push_window": "DAYS_3"}, authorization=bearer(READER)).json == {**told, "grid": grid}
    for quick in (
        get(rooms, "/rescan/what-if?push_window=DAYS_3&findings=false"),
        preview(rooms, {"push_window": "DAYS_3", "findings": False}),
    ):
        assert quick.json == {**told, "grid": grid, "closing_findings": None, "closing_by_severity": None}
    assert len(grid) == 72
    assert grid[0] == {
        "push_window": "DAYS_3",
        "activity_window": "NONE",
        "watched": 2,
        "monthly_rescans": {"rescans": 2, "cost": "0.02"},
    }
    assert grid[-1] == {
        "push_window": "LIFETIME",
        "activity_window": "LIFETIME",
        "watched": 3,
        "monthly_rescans": {"rescans": 3, "cost": "0.03"},
    }
    page = get(rooms, "/rescan/what-if/leaving?preset=inspector&limit=1").json
    last = get(rooms, f"/rescan/what-if/leaving?preset=inspector&limit=1&cursor={page['next']}").json
    assert page["images"] == [
        {
            "id": 1,
            "registry": "harbour",
            "repository": "app/web",
            "digest": DIGEST,
            "watched_until": "2026-07-12T12:00:00Z",
            "watched_forever": False,
            "held_by": "pull",
            "new_until": "2026-07-06T12:00:00Z",
        }
    ]
    assert (last["next"], [(one["watched_until"], one["watched_forever"]) for one in last["images"]]) == (
        None,
        [(None, True)],
    )
    sleeping = get(rooms, "/rescan/what-if/wakeable?preset=inspector").json["images"]
    assert sleeping[0] == {
        "id": 3,
        "registry": "harbour",
        "repository": "app/web",
        "digest": DIGEST,
        "new_until": "2026-07-12T12:00:00Z",
        "new_forever": False,
        "held_by": "pull",
    }
    assert [(one["new_until"], one["new_forever"]) for one in sleeping[1:]] == [(None, True)]
    assert (get(rooms, "/rescan").json, rooms.setting_changes) == (windows, 0)


def test_a_change_may_ask_to_wake_and_that_alone() -> None:
    rooms = Rooms()
    assert (put(rooms, {"wake": True}).status, rooms.wakes) == (200, True)
    assert (put(rooms, {"push_window": "DAYS_7"}).status, rooms.wakes) == (200, False)
    assert put(rooms, {"wake": False}).status == 400


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        b"",
        b"{",
        b"[" * 100_000,
        {"push_window": 45},
        {"push_window": "DAYS_0"},
        {"push_window": "NONE"},
        {"activity_mode": "SOMETIMES"},
        {"pushwindow": "DAYS_45"},
    ],
)
def test_other_windows_are_refused_and_change_nothing(content: Any) -> None:
    rooms = Rooms()
    before = rooms.setting
    assert put(rooms, content).status == 400
    assert (rooms.setting, rooms.setting_changes) == (before, 0)


def test_a_reader_changes_nothing() -> None:
    rooms = Rooms()
    assert put(rooms, {"push_window": "DAYS_45"}, authorization=bearer(READER)).status == 403
    assert put(rooms, {"push_window": "DAYS_45"}, authorization=bearer(ADMIN)).status == 200
