"""Findings and vulnerabilities in the JSON API."""

from __future__ import annotations

from datetime import UTC, datetime

from dogwatch.model.views import FindingQuery, ImageQuery
from tests.serve.asking import get
from tests.serve.callers import ACCOUNT
from tests.serve.rooms import Rooms
from tests.serve.shown import (
    DIGEST,
    LAYER,
    make_feed,
)


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


def test_scores_that_lack_are_told_and_hide_no_finding() -> None:
    facts = [
        make_feed(source="nvd", ecosystem="CVE", stale=True),
        make_feed(source="epss", ecosystem="CVE", missing=True, checked_at=None, changed_at=None),
    ]
    seen = get(Rooms(known_feeds=[make_feed(), *facts]), "/coverage").json
    assert (seen["complete"], seen["reasons"]) == (True, [])
    assert seen["facts_lacking"] == ["no facts imported: epss", "facts are stale: nvd"]


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


def test_one_finding_by_its_id() -> None:
    found = get(Rooms(), f"/findings/{1:016x}{7:016x}").json
    assert found["finding"]["vulnerability"] == "CVE-2024-6119"
    assert found["looked_at"]["images"] == 1
    missing = get(Rooms(), f"/findings/{1:016x}{8:016x}")
    assert (missing.status, missing.json["what"]) == (404, "finding")
