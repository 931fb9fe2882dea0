"""Images in the JSON API: what is told of each, and what was looked at."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from dogwatch.model.deeds import Deed, DeedRequest
from dogwatch.model.monitoring import Clock, StatusCode, StatusReason
from dogwatch.model.times import FOREVER
from tests.serve.asgi import LOCAL, Reply, call
from tests.serve.asking import bearer, get
from tests.serve.callers import ACCOUNT, ADMIN, READER, STRANGER
from tests.serve.rooms import Rooms
from tests.serve.shown import (
    DIGEST,
    GAP,
    NOW,
    OTHER_DIGEST,
    make_feed,
    make_history,
    make_image,
    make_unresolved,
)


def test_the_history_of_an_image_has_its_reasons_what_happened_and_when_we_heard_of_it() -> None:
    reply = get(Rooms(image_history=make_history("here")), "/images/1/history?limit=2")
    assert reply.json["monitoring"][1] == {
        "from": "2026-04-01T12:00:00Z",
        "to": "2026-06-30T12:00:00Z",
        "begin_reason": "pushed",
        "end_reason": "monitoring ended: both windows are over",
        "held_by": "push",
        "is_looked_at": False,
        "frozen_revision": 7,
    }
    assert (reply.json["deeds"][0]["deed"], reply.json["deeds"][0]["by"]) == ("hold", ADMIN.id)
    assert reply.json["events"][0] == {
        "kind": "pulled",
        "origin": "webhook",
        "tag": "1.4.2",
        "via_index": "",
        "occurred_at": "2026-07-07T12:00:00Z",
        "received_at": "2026-07-07T13:00:00Z",
        "actor": "kubelet",
        "user_agent": "containerd/2",
        "client_address": "192.0.2.7:1",
        "counts": True,
        "note": "",
    }
    assert reply.json["next"] == "here"
    refused = [get(Rooms(), f"/images/{path}") for path in ("9/history", f"{DIGEST}/history", "1/history?x=1")]
    assert [(one.status, one.json.get("field") or one.json["what"]) for one in refused] == [
        (404, "image"),
        (400, "image"),
        (400, "x"),
    ]


def test_deeds_are_done_by_admins_in_their_name_and_shown_with_the_image() -> None:
    rooms = Rooms()
    app = rooms.app()
    until = NOW + timedelta(days=30)

    def do(deed: str, content: Any, key: Any = ADMIN) -> Reply:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return call(app, "POST", f"/api/v1/images/{deed}", body, {**LOCAL, "authorization": bearer(key)})

    reply = do("1/hold", {"days": 30, "reason": "audit"})
    assert (reply.status, reply.json["image"]["id"]) == (200, 1)
    assert reply.json["deed"] == {
        "at": "2026-07-09T12:00:00Z",
        "deed": "hold",
        "by": ADMIN.id,
        "reason": "audit",
        "until": "2026-08-08T12:00:00Z",
        "clock": None,
        "outcome": "done",
    }
    assert do("1/hold", {"until": "2026-08-08T12:00:00Z", "reason": "audit"}).json == reply.json
    assert do("1/touch", {"clock": "in use"}).status == do("1/forget", b"").status == 200
    assert rooms.deeds_done == [
        DeedRequest(Deed.HOLD, ADMIN.id, "audit", until),
        DeedRequest(Deed.HOLD, ADMIN.id, "audit", until),
        DeedRequest(Deed.TOUCH, ADMIN.id, clock=Clock.IN_USE),
        DeedRequest(Deed.FORGET, ADMIN.id),
    ]
    assert [do(*bad).status for bad in (("1/wake", b"", READER), ("1/wake", b"", STRANGER), ("9/wake", b""))] == [
        403,
        404,
        404,
    ]
    for bad in (
        b"{",
        b"[1]",
        {"unknown": 1},
        {"until": "soon"},
        {"days": 0},
        {"days": 1, "until": "2027-01-01T00:00Z"},
    ):
        assert do("1/hold", bad).json["type"] == "urn:dogwatch:problem:invalid-request"


def pending(**changes: Any) -> Any:
    return make_image(
        image_id=2,
        digest=OTHER_DIGEST,
        status_reason=StatusReason.PENDING_INITIAL_SCAN,
        indexed_at=None,
        packages=0,
        severity_counts={},
        **changes,
    )


def test_an_image_that_was_not_looked_at_is_not_shown_as_clean() -> None:
    rooms = Rooms(rows=[], image_rows=[pending()])
    findings = get(rooms, f"/findings?digest={OTHER_DIGEST}").json
    assert findings["findings"] == []
    assert findings["looked_at"]["complete"] is False
    assert findings["looked_at"]["reasons"] == ["not looked at yet: 1 image"]
    assert findings["looked_at"]["statuses"] == [{"code": "ACTIVE", "reason": "PENDING_INITIAL_SCAN", "images": 1}]
    image = get(rooms, f"/images/{OTHER_DIGEST}").json["images"][0]
    assert (image["findings"], image["packages"], image["undetermined"]) == (None, None, None)
    assert image["status"] == {"code": "ACTIVE", "reason": "PENDING_INITIAL_SCAN", "problem": ""}


@pytest.mark.parametrize(
    ("rooms", "reason"),
    [
        (Rooms(rows=[], image_rows=[]), "no image of this description is known"),
        (
            Rooms(image_rows=[make_image(status_code=StatusCode.INACTIVE, status_reason=StatusReason.ACCESS_DENIED)]),
            "could not be looked at: 1 image",
        ),
        (Rooms(image_rows=[make_image(gaps=(GAP, GAP))]), "not everything could be seen: 2 gaps in watched images"),
        (Rooms(known_feeds=[]), "no feed is switched on"),
        (Rooms(known_feeds=[make_feed(stale=True)]), "advisories are stale: Debian"),
        (
            Rooms(known_feeds=[make_feed(ecosystem="npm", missing=True, checked_at=None, changed_at=None)]),
            "no advisories imported: npm",
        ),
    ],
)
def test_an_answer_says_why_it_may_not_be_all(rooms: Rooms, reason: str) -> None:
    for path in ("/findings", "/images", "/coverage"):
        content = get(rooms, path).json
        seen = content if path == "/coverage" else content["looked_at"]
        assert (seen["complete"], seen["reasons"]) == (False, [reason])


def test_what_is_no_longer_watched_is_no_gap() -> None:
    expired = make_image(
        image_id=3, status_code=StatusCode.INACTIVE, status_reason=StatusReason.SCAN_ELIGIBILITY_EXPIRED, gaps=(GAP,)
    )
    seen = get(Rooms(image_rows=[make_image(), expired]), "/coverage").json
    assert (seen["complete"], seen["images"], seen["gaps"]) == (True, 2, 1)


def test_what_was_looked_at_is_about_the_images_that_were_asked_for() -> None:
    rooms = Rooms(image_rows=[make_image(), pending()])
    assert get(rooms, f"/findings?digest={DIGEST}&severity=HIGH").json["looked_at"]["complete"] is True
    assert get(rooms, "/findings").json["looked_at"]["complete"] is False


def test_an_image_by_its_id_and_by_its_digest() -> None:
    rooms = Rooms(image_rows=[make_image(gaps=(GAP,)), make_image(image_id=2, repository="copy")])
    by_id, by_digest = get(rooms, "/images/1").json, get(rooms, f"/images/{DIGEST}").json
    assert [one["id"] for one in by_id["images"]] == [1]
    assert [one["id"] for one in by_digest["images"]] == [1, 2]
    assert by_id["images"][0]["gaps"] == [
        {
            "kind": "file-unreadable",
            "path": "var/lib/dpkg/status",
            "detail": "cut short",
            "consequence": "the packages it lists are not seen",
        }
    ]
    assert by_id["images"][0]["undetermined_packages"] == [
        {
            "ecosystem": "Debian:12",
            "package": "odd",
            "version": "1:x",
            "reason": "not a Debian version",
            "advisories": 3,
        }
    ]
    assert get(rooms, "/images/77").status == 404
    assert get(rooms, f"/images/{OTHER_DIGEST}").status == 404


def test_a_watch_without_end_has_no_date() -> None:
    image = get(Rooms(image_rows=[make_image(watched_until=FOREVER)]), "/images").json["images"][0]
    assert (image["watched_until"], image["watched_forever"]) == (None, True)


def test_coverage_counts_by_registry_too() -> None:
    rooms = Rooms(
        image_rows=[make_image(), pending(registry_alias="quay")],
        unresolved_rows=[make_unresolved(), make_unresolved(registry_alias="other")],
    )
    assert get(rooms, "/coverage").json["registries"] == {
        "harbour": {
            "statuses": [{"code": "ACTIVE", "reason": "SUCCESSFUL", "images": 1}],
            "gaps": 0,
            "unresolved": 1,
        },
        "other": {"statuses": [], "gaps": 0, "unresolved": 1},
        "quay": {
            "statuses": [{"code": "ACTIVE", "reason": "PENDING_INITIAL_SCAN", "images": 1}],
            "gaps": 0,
            "unresolved": 0,
        },
    }


def test_a_manifest_that_could_not_be_resolved_is_listed_and_never_reads_as_clean() -> None:
    waiting = make_unresolved(
        digest=OTHER_DIGEST,
        tags=(),
        status_code=StatusCode.ACTIVE,
        status_reason=StatusReason.PENDING_INITIAL_SCAN,
        problem="",
        attempts=0,
        tried_at=None,
    )
    gone = make_unresolved(status_reason=StatusReason.RESOURCE_TERMINATED)
    rooms = Rooms(rows=[], unresolved_rows=[make_unresolved(), waiting])
    seen = get(rooms, "/findings").json["looked_at"]
    assert (seen["complete"], seen["images"], seen["unresolved"]) == (False, 1, 2)
    assert seen["reasons"] == [
        "not looked at yet: 1 manifest that may be an image",
        "could not be looked at: 1 manifest that may be an image",
    ]
    first = get(rooms, "/unresolved?limit=1").json
    assert first["unresolved"] == [
        {
            "account": ACCOUNT,
            "registry": "harbour",
            "registry_url": "https://registry.example",
            "region": "eu-west-1",
            "repository": "app/web",
            "digest": "sha256:" + "d" * 64,
            "tags": ["refused"],
            "scan_frequency": "CONTINUOUS_SCAN",
            "status": {"code": "INACTIVE", "reason": "ACCESS_DENIED", "problem": "registry refused access (403)"},
            "attempts": 3,
            "tried_at": "2026-07-09T11:00:00Z",
        }
    ]
    (second,) = get(rooms, f"/unresolved?limit=1&cursor={first['next']}").json["unresolved"]
    assert (second["digest"], second["attempts"], second["tried_at"]) == (OTHER_DIGEST, 0, None)
    found = get(rooms, "/unresolved?status_reason=ACCESS_DENIED").json
    assert (len(found["unresolved"]), found["next"]) == (1, None)
    assert get(rooms, "/unresolved?colour=red").status == 400
    assert get(Rooms(unresolved_rows=[gone]), "/findings").json["looked_at"]["complete"] is True
    alone = get(Rooms(image_rows=[], unresolved_rows=[make_unresolved()]), "/findings").json["looked_at"]
    assert alone["reasons"] == ["could not be looked at: 1 manifest that may be an image"]


def test_coverage_has_every_count_whole() -> None:
    status = {"code": "ACTIVE", "reason": "SUCCESSFUL"}
    counts = [
        {"account": ACCOUNT, "registry": "harbour", "status": status, "images": 1, "gaps": 1, "unresolved": 0},
    ]
    assert get(Rooms(image_rows=[make_image(gaps=(GAP,))]), "/coverage").json["counts"] == counts
