"""Every kind of gap is produced by some input, and described in docs/gaps.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dogwatch.inventory import Limits, build_inventory
from dogwatch.model.gaps import CONSEQUENCES, GapKind
from dogwatch.model.images import Platform
from tests.builders.layers import Member, dpkg_status, file, os_release, package_json, read_members, stanza, symlink

DOCUMENT = Path(__file__).parents[3] / "docs" / "gaps.md"
SMALL = Limits(file_bytes=500, wanted_files=3)
DEBIAN = [file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("a")))]
A_PACKAGE = package_json("a", "1.0.0")
MANIFEST = "node_modules/a/package.json"

# One image for each kind that this room gives. The feed kinds belong to whoever knows the feeds.
IMAGES: dict[GapKind, list[Member]] = {
    GapKind.FILE_TOO_LARGE: [*DEBIAN, file(MANIFEST, " " * 501)],
    GapKind.FILE_UNREADABLE: [*DEBIAN, file(MANIFEST, "{")],
    GapKind.PACKAGE_INCOMPLETE: [*DEBIAN, file(MANIFEST, "{}")],
    GapKind.TOO_MANY_FILES: [*DEBIAN, *(file(f"node_modules/{n}/package.json", A_PACKAGE) for n in "ab")],
    GapKind.PATH_UNSAFE: [*DEBIAN, file(f"../{MANIFEST}", "{}")],
    GapKind.LINK_NOT_FOLLOWED: [*DEBIAN, symlink("node_modules", "elsewhere")],
    GapKind.RELEASE_UNKNOWN: DEBIAN[1:],
    GapKind.DISTRIBUTION_UNSUPPORTED: [file("etc/os-release", os_release("ubuntu", "22.04")), DEBIAN[1]],
    GapKind.PACKAGE_DATABASE_MISSING: DEBIAN[:1],
    GapKind.PACKAGE_DATABASE_UNREAD: [*DEBIAN, file("var/lib/rpm/Packages")],
    GapKind.PLATFORM_UNSUPPORTED: DEBIAN,
}  # fmt: skip
OF_FEEDS = {GapKind.FEED_STALE, GapKind.FEED_MISSING}


@pytest.mark.parametrize("kind", IMAGES)
def test_each_kind_is_given_where_it_belongs_and_alone(kind: GapKind) -> None:
    platform = Platform("windows" if kind is GapKind.PLATFORM_UNSUPPORTED else "linux", "amd64")
    inventory = build_inventory([read_members(*IMAGES[kind], limits=SMALL)], platform).inventory
    assert [gap.kind for gap in inventory.gaps] == [kind]
    assert inventory.gaps[0].consequence == CONSEQUENCES[kind]
    assert inventory.gaps[0].detail


def test_a_debian_image_without_gaps_has_none() -> None:
    assert build_inventory([read_members(*DEBIAN, limits=SMALL)], Platform("linux", "amd64")).inventory.gaps == ()


def test_every_kind_has_an_image_or_belongs_to_the_feeds() -> None:
    assert set(IMAGES) | OF_FEEDS == set(GapKind)
    assert not set(IMAGES) & OF_FEEDS


def test_every_kind_is_documented_once_with_its_consequence() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \|", DOCUMENT.read_text(), re.MULTILINE)
    assert dict(rows) == {kind.value: CONSEQUENCES[kind] for kind in GapKind}
    assert len(rows) == len(GapKind)
