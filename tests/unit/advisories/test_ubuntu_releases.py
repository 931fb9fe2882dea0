"""Ubuntu's records: what Pro alone has fixed is open in the plain release, and stays so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dogwatch.advisories.osv_document import parse_advisory
from dogwatch.inventory.distributions import judge_release
from dogwatch.inventory.evidence import OsRelease
from dogwatch.matching import decide, key_affected_ranges, key_package
from dogwatch.model.advisories import AffectedRange, FixState
from dogwatch.model.packages import Package
from dogwatch.model.verdicts import Verdict

PRO_FIX = "1.12.0-1~ubuntu16.04.3+esm1"


def entry(ecosystem: str, fixed: str = "", name: str = "wayland") -> dict[str, Any]:
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    package = {"ecosystem": ecosystem, "name": name}
    return {"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}], "versions": ["1.8.1-1"]}


def matched(
    version: str, *entries: dict[str, Any], release: str = "16.04", record: str = "UBUNTU-CVE-2021-3782"
) -> list[tuple[FixState, str]]:
    """Return (state, fix) of each range that a package of an image of this release lies in."""
    content = {"id": record, "modified": "2026-04-22T07:39:49Z", "affected": entries}
    advisory = parse_advisory(json.dumps(content).encode())
    ecosystem = judge_release(OsRelease(id="ubuntu", version_id=release), "").ecosystem
    package = key_package(Package(ecosystem, "libwayland-bin", version, "amd64", "wayland", version))
    found: list[AffectedRange] = [
        one for one in key_affected_ranges(advisory) if decide(package, one) is Verdict.AFFECTED
    ]
    return [(one.fix_state, one.fixed) for one in found]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.12.0-1~ubuntu16.04.3", [(FixState.WILL_NOT_FIX, "")]),
        (PRO_FIX, []),
        ("1.12.0-1~ubuntu16.04.3+esm2", []),
    ],
)
def test_a_plain_release_that_only_pro_fixed_stays_affected(version: str, expected: list[tuple[FixState, str]]) -> None:
    assert matched(version, entry("Ubuntu:Pro:16.04:LTS", PRO_FIX), entry("Ubuntu:18.04:LTS", "1.16.0")) == expected


def test_what_pro_has_not_fixed_is_open_in_the_plain_release() -> None:
    assert matched("1.12.0-1", entry("Ubuntu:Pro:16.04:LTS")) == [(FixState.NOT_FIXED, "")]


@pytest.mark.parametrize(
    "entries",
    [
        (entry("Ubuntu:16.04:LTS", "1.10-1"), entry("Ubuntu:Pro:16.04:LTS", PRO_FIX)),  # its own entry counts
        (entry("Ubuntu:Pro:FIPS-updates:16.04:LTS", "9"), entry("Ubuntu:Pro:22.04:LTS:Realtime:Kernel", "9")),
        (entry("Ubuntu:Pro:18.04:LTS", PRO_FIX),),  # another release
    ],
)
def test_entries_of_other_builds_and_releases_say_nothing_of_a_plain_one(entries: tuple[dict[str, Any], ...]) -> None:
    assert matched("1.12.0-1~ubuntu16.04.3", *entries) == []


def test_a_notice_says_nothing_of_releases_that_it_lacks() -> None:
    assert matched("1.12.0-1", entry("Ubuntu:Pro:16.04:LTS", PRO_FIX), record="USN-5614-2") == []


def test_a_release_that_was_not_out_yet_is_the_one_with_long_term_support() -> None:
    assert matched("1.0-1", entry("Ubuntu:26.04", "1.1-1"), release="26.04") == [(FixState.FIXED, "1.1-1")]
    assert matched("1.0-1", entry("Ubuntu:25.10", "1.1-1"), release="25.10") == [(FixState.FIXED, "1.1-1")]
