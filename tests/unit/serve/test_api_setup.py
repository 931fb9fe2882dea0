"""Registries, feeds and audits in the JSON API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from dogwatch.model.audits import AuditedRow
from tests.serve.asgi import LOCAL, call
from tests.serve.asking import ask, bearer, get
from tests.serve.callers import ACCOUNT, ADMIN, READER, STRANGER
from tests.serve.rooms import Rooms
from tests.serve.shown import (
    NOW,
    make_audit,
    make_feed,
    make_registry,
)
from tests.serve.small_rooms import CHECK


def test_whether_attached_bills_count_is_changed_by_admins_alone() -> None:
    rooms = Rooms(known_registries=[make_registry()])
    wish = b'{"sboms": true}'
    assert ask(rooms, "PATCH", "/registries/harbour", READER, body=wish).status == 403
    assert ask(rooms, "PATCH", "/registries/nothing", body=wish).status == 404
    assert ask(rooms, "PATCH", "/registries/harbour", body=b'{"sboms": 1}').status == 400
    reply = ask(rooms, "PATCH", "/registries/harbour", body=wish)
    assert [(one["alias"], one["sboms"]) for one in reply.json["registries"]] == [("harbour", True)]
    assert [one.believes_bills for one in rooms.known_registries] == [True]


def test_registries_are_listed_without_their_secrets() -> None:
    reply = get(Rooms(known_registries=[make_registry()]), "/registries")
    assert reply.json["registries"] == [
        {
            "id": 1,
            "account": ACCOUNT,
            "alias": "harbour",
            "kind": "distribution",
            "url": "https://registry.example",
            "region": "eu-west-1",
            "added_at": "2026-07-09T12:00:00Z",
            "look_back": "ALL",
            "sboms": False,
            "hook": f"/hooks/{ACCOUNT}/harbour",
        }
    ]
    assert b"password" not in reply.body


def test_a_registry_is_removed_by_its_alias() -> None:
    rooms = Rooms(known_registries=[make_registry()])
    assert ask(rooms, "DELETE", "/registries/harbour", READER).status == 403
    assert ask(rooms, "DELETE", "/registries/harbour", STRANGER).status == 404
    reply = ask(rooms, "DELETE", "/registries/harbour")
    assert (reply.status, reply.body, rooms.known_registries) == (204, b"", [])
    assert ask(rooms, "DELETE", "/registries/harbour").status == 404


def test_a_registry_is_tried_and_every_check_is_told() -> None:
    rooms = Rooms(known_registries=[make_registry()])
    assert ask(rooms, "POST", "/registries/harbour/checks", READER).status == 403
    assert ask(rooms, "POST", "/registries/harbour/checks", STRANGER).status == 404
    assert ask(rooms, "POST", "/registries/harbour/checks").json == {"checks": [asdict(CHECK)]}


def test_a_look_at_the_feeds_is_asked_for() -> None:
    rooms = Rooms()
    assert (ask(rooms, "POST", "/db/updates", READER).status, rooms.feed_updates) == (403, 0)
    reply = ask(rooms, "POST", "/db/updates")
    feeds = [{"source": "osv", "ecosystem": "Debian"}]
    assert (reply.status, reply.json, rooms.feed_updates) == (202, {"at": "2026-07-09T12:00:00Z", "feeds": feeds}, 1)


def test_feeds_say_how_old_they_are() -> None:
    never = make_feed(ecosystem="npm", records=0, missing=True, checked_at=None, changed_at=None)
    ahead = make_feed(checked_at=NOW + timedelta(hours=1))
    feeds = get(Rooms(known_feeds=[make_feed(), never, ahead]), "/db/status").json["feeds"]
    assert [one["age_seconds"] for one in feeds] == [3600, None, 0]


def test_an_audit_is_shown_in_numbers() -> None:
    assert get(Rooms(), "/db/audit").json == {"audit": None}
    assert get(Rooms(audit=make_audit((AuditedRow.MATCH, 2))), "/db/audit").json["audit"] == {
        "began_at": "2026-07-09T11:00:00Z",
        "ended_at": "2026-07-09T11:01:00Z",
        "revision": 7,
        "packages": 3,
        "images": 2,
        "differing": 2,
        "differing_by_kind": {"match": 2},
    }


def test_an_administrator_asks_for_an_audit() -> None:
    rooms = Rooms()
    app = rooms.app()
    asked = [
        call(app, "POST", "/api/v1/db/audit", b"", {**LOCAL, "authorization": bearer(key)}).status
        for key in (ADMIN, READER)
    ]
    assert (asked, rooms.audits_requested) == ([202, 403], 1)
