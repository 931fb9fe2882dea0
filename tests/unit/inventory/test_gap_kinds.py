"""Every kind of gap is produced by some input, and described in docs/gaps.md."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.inventory.bills.merging import merge_attachments
from dogwatch.inventory.bills.reading import read_bill
from dogwatch.inventory.build import build_inventory
from dogwatch.inventory.limits import Limits
from dogwatch.model.bills import AttachedBill, Attachments
from dogwatch.model.gaps import CONSEQUENCES, GapKind
from dogwatch.model.images import Platform
from dogwatch.model.judgements import Examined, Subject, SubjectKind
from dogwatch.model.views import FeedView
from dogwatch.store.feed_gaps import gaps_of_feed
from tests.builders.layers import Member, dpkg_status, file, os_release, package_json, read_members, stanza, symlink

DOCUMENT = Path(__file__).parents[3] / "docs" / "gaps.md"
SMALL = Limits(file_bytes=500, wanted_files=3)
DEBIAN = [file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("a")))]
A_PACKAGE = package_json("a", "1.0.0")
MANIFEST = "node_modules/a/package.json"

# One image for each kind that reading gives.
IMAGES: dict[GapKind, list[Member]] = {
    GapKind.FILE_TOO_LARGE: [*DEBIAN, file(MANIFEST, " " * 501)],
    GapKind.FILE_UNREADABLE: [*DEBIAN, file(MANIFEST, "{")],
    GapKind.PACKAGE_INCOMPLETE: [*DEBIAN, file(MANIFEST, "{}")],
    GapKind.TOO_MANY_FILES: [*DEBIAN, *(file(f"node_modules/{n}/package.json", A_PACKAGE) for n in "ab")],
    GapKind.PATH_UNSAFE: [*DEBIAN, file(f"../{MANIFEST}", "{}")],
    GapKind.LINK_NOT_FOLLOWED: [*DEBIAN, symlink("node_modules", "elsewhere")],
    GapKind.RELEASE_UNKNOWN: DEBIAN[1:],
    GapKind.DISTRIBUTION_UNSUPPORTED: [file("etc/os-release", os_release("kali", "2024.1")), DEBIAN[1]],
    GapKind.PACKAGE_DATABASE_MISSING: DEBIAN[:1],
    GapKind.PACKAGE_DATABASE_UNREAD: [*DEBIAN, file("var/lib/portage/world")],
    GapKind.PLATFORM_UNSUPPORTED: DEBIAN,
}  # fmt: skip
# One feed for each kind that feeds give; `tests/unit/store/test_feed_gaps.py` follows them to the images.
FEED = FeedView("osv", "npm", 10, 0, datetime(2026, 1, 1, tzinfo=UTC), None, "", stale=False, missing=False)
FEEDS: dict[GapKind, FeedView] = {
    GapKind.FEED_STALE: replace(FEED, stale=True),
    GapKind.FEED_MISSING: replace(FEED, checked_at=None, missing=True),
}

# One bill of materials for each kind that those give.
BILLS: dict[GapKind, str] = {
    GapKind.PACKAGE_UNIDENTIFIED: "pkg:generic/a@1.0",
    GapKind.SOURCE_PACKAGE_UNKNOWN: "pkg:deb/debian/a@1.0?distro=debian-12",
    GapKind.EPOCH_UNKNOWN: "pkg:rpm/almalinux/a@1-1?distro=almalinux-9",
}


# One attached bill for each kind that only those give.
ATTACHED: dict[GapKind, bytes] = {
    GapKind.ATTACHED_BILL_UNREAD: b"{}",
    GapKind.PACKAGE_ONLY_LISTED: b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"purl":"pkg:npm/a@1"}]}',
}


@pytest.mark.parametrize("kind", ATTACHED)
def test_each_kind_of_attached_bills_is_given_by_one_and_alone(kind: GapKind) -> None:
    attachments = Attachments((AttachedBill("sha256:" + "1" * 64, "a referrer", ATTACHED[kind]),))
    merged = merge_attachments(Examined(Subject(SubjectKind.IMAGE, "shop/web"), ()), attachments)
    assert [gap.kind for gap in merged.gaps] == [kind]


@pytest.mark.parametrize("kind", IMAGES)
def test_each_kind_is_given_where_it_belongs_and_alone(kind: GapKind) -> None:
    platform = Platform("windows" if kind is GapKind.PLATFORM_UNSUPPORTED else "linux", "amd64")
    inventory = build_inventory([read_members(*IMAGES[kind], limits=SMALL)], platform).inventory
    assert [gap.kind for gap in inventory.gaps] == [kind]
    assert inventory.gaps[0].consequence == CONSEQUENCES[kind]
    assert inventory.gaps[0].detail


def test_a_debian_image_without_gaps_has_none() -> None:
    assert build_inventory([read_members(*DEBIAN, limits=SMALL)], Platform("linux", "amd64")).inventory.gaps == ()


@pytest.mark.parametrize("kind", FEEDS)
def test_each_kind_of_feeds_is_given_by_a_feed_and_alone(kind: GapKind) -> None:
    assert [gap.kind for gap in gaps_of_feed(FEEDS[kind])] == [kind]
    assert gaps_of_feed(FEED) == ()


@pytest.mark.parametrize("kind", BILLS)
def test_each_kind_of_bills_is_given_by_one_and_alone(kind: GapKind) -> None:
    component = {"type": "library", "name": "a", "purl": BILLS[kind]}
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]}
    assert [gap.kind for gap in read_bill(json.dumps(bill).encode(), "a bill").gaps] == [kind]


def test_every_kind_is_given_by_an_image_a_feed_or_a_bill() -> None:
    assert [*IMAGES, *FEEDS, *BILLS, *ATTACHED] == list(GapKind)


def test_every_kind_is_documented_once_with_its_consequence() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \|", DOCUMENT.read_text(), re.MULTILINE)
    assert dict(rows) == {kind.value: CONSEQUENCES[kind] for kind in GapKind}
    assert len(rows) == len(GapKind)
