"""The JSON API: what it lists, what it says was looked at, what it refuses."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.model.audits import AuditedRow
from dogwatch.model.costs import RescanRate
from dogwatch.model.deeds import Deed, DeedRequest
from dogwatch.model.errors import ConfigError, StoreUnavailableError
from dogwatch.model.monitoring import Clock, StatusCode, StatusReason
from dogwatch.model.times import FOREVER
from dogwatch.model.views import FindingQuery, ImageQuery
from dogwatch.serve.limits import MAX_REQUEST_BYTES
from tests.serve.asgi import LOCAL, Reply, call
from tests.serve.callers import ACCOUNT, ADMIN, OPERATOR, OTHER_ACCOUNT, READER, STRANGER
from tests.serve.rooms import Rooms
from tests.serve.shown import (
    DIGEST,
    GAP,
    LAYER,
    NOW,
    OTHER_DIGEST,
    make_audit,
    make_feed,
    make_finding,
    make_history,
    make_image,
    make_registry,
    make_setting,
    make_unresolved,
)
from tests.serve.small_rooms import CHECK


def get(rooms: Rooms, path: str, **headers: str) -> Reply:
    return call(rooms.app(open_loopback=True), "GET", f"/api/v1{path}", headers={**LOCAL, **headers})


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


def put(rooms: Rooms, content: Any, **headers: str) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return call(rooms.app(open_loopback=True), "PUT", "/api/v1/rescan", body, {**LOCAL, **headers})


def preview(rooms: Rooms, content: Any, **headers: str) -> Reply:
    body = json.dumps(content).encode()
    return call(rooms.app(open_loopback=True), "POST", "/api/v1/rescan/what-if", body, {**LOCAL, **headers})


def bearer(key: Any) -> str:
    return f"Bearer {key.id}:{key.secret}"


def test_a_vulnerability_is_found_by_any_of_its_names() -> None:
    by_name, by_alias = (get(Rooms(), f"/vulnerabilities/{name}") for name in ("CVE-2024-6119", "DSA-5764-1"))
    assert by_name.json == by_alias.json
    (found,) = by_name.json["vulnerabilities"]
    assert (found["vulnerability"], found["images"], found["epss"]["date"]) == ("CVE-2024-6119", 1, "2026-06-30")
    assert found["advisories"][0]["ranges"][0]["fixed"] == "3.0.14-1~deb12u1"
    assert get(Rooms(), "/vulnerabilities/CVE-1999-0001").status == 404


def test_a_finding_is_shown_whole() -> None:
    reply = get(Rooms(), "/findings")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json["findings"] == [
        {
            "id": "00000000000000010000000000000007",
            "vulnerability": "CVE-2024-6119",
            "aliases": ["DSA-5764-1"],
            "title": "CVE-2024-6119 - libssl3",
            "description": "A denial of service in name checks.",
            "severity": "HIGH",
            "score": {
                "value": 7.5,
                "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
                "version": "3.1",
                "source": "osv",
            },
            "severity_reason": "CVSS 3.1 by the advisory",
            "scores": [
                {
                    "value": 7.5,
                    "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
                    "version": "3.1",
                    "source": "osv",
                },
                {
                    "value": 5.3,
                    "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L",
                    "version": "3.1",
                    "source": "nvd:CISA-ADP",
                },
            ],
            "vendor_severity": "HIGH",
            "cwes": ["CWE-843"],
            "public_exploit": True,
            "exploitation": {
                "added_on": "2024-09-04",
                "due_on": "2024-09-25",
                "ransomware": True,
                "action": "Update.",
            },
            "epss": {"score": 0.01151, "percentile": 0.78086, "date": "2026-06-30"},
            "source": "osv",
            "advisory": "DEBIAN-CVE-2024-6119",
            "references": ["https://security.example/CVE-2024-6119"],
            "published_at": "2025-06-04T12:00:00Z",
            "modified_at": "2026-06-09T12:00:00Z",
            "fix": "YES",
            "status": "ACTIVE",
            "begin_reason": "advisory added",
            "closed_reason": "",
            "first_observed_at": "2026-07-06T12:00:00Z",
            "last_observed_at": "2026-07-08T12:00:00Z",
            "updated_at": "2026-07-08T12:00:00Z",
            "image": {
                "id": 1,
                "account": ACCOUNT,
                "registry": "harbour",
                "registry_url": "https://registry.example",
                "region": "eu-west-1",
                "repository": "app/web",
                "digest": DIGEST,
                "tags": ["1.4.2", "latest"],
                "os": "linux",
                "architecture": "amd64",
                "platform": "DEBIAN_12",
                "author": "",
                "pushed_at": "2026-06-29T12:00:00Z",
                "in_use_at": None,
                "in_use_count": 0,
            },
            "packages": [
                {
                    "ecosystem": "Debian:12",
                    "name": "libssl3",
                    "version": "3.0.9-1",
                    "arch": "amd64",
                    "source_name": "openssl",
                    "source_version": "3.0.9-1",
                    "fixed_version": "3.0.14-1~deb12u1",
                    "fix_state": "fixed",
                    "layer_digest": LAYER,
                    "paths": ["var/lib/dpkg/status"],
                    "build_step": "",
                    "from_base": None,
                    "base_image": "",
                }
            ],
        }
    ]
    assert reply.json["looked_at"] == {
        "at": "2026-07-09T12:00:00Z",
        "complete": True,
        "reasons": [],
        "facts_lacking": [],
        "images": 1,
        "unresolved": 0,
        "statuses": [{"code": "ACTIVE", "reason": "SUCCESSFUL", "images": 1}],
        "gaps": 0,
        "sample_advisories": 0,
        "feeds": [
            {
                "source": "osv",
                "ecosystem": "Debian",
                "records": 1000,
                "refused": 0,
                "partial": 0,
                "unread": [],
                "checked_at": "2026-07-09T11:00:00Z",
                "changed_at": "2026-07-09T10:00:00Z",
                "age_seconds": 3600,
                "stale": False,
                "missing": False,
                "fixes_only": False,
                "unconfirmed_loss": 0,
                "problem": "",
            }
        ],
    }


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


def test_scores_that_lack_are_told_and_hide_no_finding() -> None:
    facts = [
        make_feed(source="nvd", ecosystem="CVE", stale=True),
        make_feed(source="epss", ecosystem="CVE", missing=True, checked_at=None, changed_at=None),
    ]
    seen = get(Rooms(known_feeds=[make_feed(), *facts]), "/coverage").json
    assert (seen["complete"], seen["reasons"]) == (True, [])
    assert seen["facts_lacking"] == ["no facts imported: epss", "facts are stale: nvd"]


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


def test_filters_become_questions() -> None:
    rooms = Rooms()
    query = "repository=app/*&repository=web&tag=!latest&severity=high&package=libssl3&fix=yes&ecosystem=Debian:12"
    reply = get(rooms, f"/findings?{query}&as_of=2026-03-03T00:00:00%2B01:00&sort=score&order=asc&limit=7&cursor=0")
    assert reply.status == 200
    assert rooms.queries == [
        FindingQuery(
            ACCOUNT,
            texts={
                "repository": [("PREFIX", "app/"), ("EQUALS", "web")],
                "tag": [("NOT_EQUALS", "latest")],
                "severity": [("EQUALS", "HIGH")],
                "package": [("EQUALS", "libssl3")],
                "fix": [("EQUALS", "YES")],
                "ecosystem": [("EQUALS", "Debian:12")],
            },
            as_of=datetime(2026, 3, 2, 23, tzinfo=UTC),
            sort="score",
            descending=False,
            limit=7,
            after="0",
        )
    ]
    assert reply.json["as_of"] == "2026-03-02T23:00:00Z"
    get(rooms, "/images?status_reason=successful&limit=5")
    assert rooms.queries[-1] == ImageQuery(ACCOUNT, texts={"status_reason": [("EQUALS", "SUCCESSFUL")]}, limit=5)


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


def test_one_finding_by_its_id() -> None:
    found = get(Rooms(), f"/findings/{1:016x}{7:016x}").json
    assert found["finding"]["vulnerability"] == "CVE-2024-6119"
    assert found["looked_at"]["images"] == 1
    missing = get(Rooms(), f"/findings/{1:016x}{8:016x}")
    assert (missing.status, missing.json["what"]) == (404, "finding")


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


def test_pages_follow_each_other() -> None:
    rooms = Rooms(rows=[make_finding(vulnerability_id=number) for number in range(1, 6)])
    first = get(rooms, "/findings?limit=3").json
    second = get(rooms, f"/findings?limit=3&cursor={first['next']}").json
    assert (len(first["findings"]), len(second["findings"]), second["next"]) == (3, 2, None)


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


def test_each_account_sees_its_own() -> None:
    rooms = Rooms(rows=[make_finding(), make_finding(account_id=OTHER_ACCOUNT, image_id=9)])
    seen = get(rooms, "/findings", authorization=bearer(STRANGER)).json["findings"]
    assert [one["image"]["id"] for one in seen] == [9]
    assert get(rooms, "/images/1", authorization=bearer(STRANGER)).status == 404


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


def ask(rooms: Rooms, method: str, path: str, key: Any = ADMIN, body: bytes = b"") -> Reply:
    headers = {**LOCAL, "authorization": bearer(key)}
    return call(rooms.app(), method, f"/api/v1{path}", body, headers=headers)


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


def test_coverage_has_every_count_whole() -> None:
    status = {"code": "ACTIVE", "reason": "SUCCESSFUL"}
    counts = [
        {"account": ACCOUNT, "registry": "harbour", "status": status, "images": 1, "gaps": 1, "unresolved": 0},
    ]
    assert get(Rooms(image_rows=[make_image(gaps=(GAP,))]), "/coverage").json["counts"] == counts


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
    reply = get(Rooms(delay_seconds=0.5), "/findings")
    assert (reply.status, reply.json["type"]) == (503, "urn:dogwatch:problem:too-slow")


@pytest.mark.parametrize(
    "path", ["/", "/api/v1", "/api/v2/findings", "/api/v1/findings/", "/etc/passwd", "/api/v1/../livez"]
)
def test_other_places_are_nothing(path: str) -> None:
    reply = call(Rooms().app(open_loopback=True), "GET", f"/x{path}")
    assert (reply.status, reply.headers["content-type"]) == (404, "application/problem+json")


def test_a_body_beyond_the_limit_is_refused() -> None:
    assert put(Rooms(), b" " * (MAX_REQUEST_BYTES + 1)).status == 413


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
