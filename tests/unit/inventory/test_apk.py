"""apk: the database of installed packages, alone and in images."""

from __future__ import annotations

import pytest

from dogwatch.inventory.build import InventoryOutcome, build_inventory
from dogwatch.inventory.evidence import Extraction, Ownership
from dogwatch.inventory.extractors.apk_installed import EXTRACTOR
from dogwatch.inventory.limits import DEFAULT_LIMITS, Limits
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import Platform
from dogwatch.model.packages import Package
from dogwatch.model.release_endings import RELEASES_ECOSYSTEM
from tests.builders.layers import (
    Member,
    apk_entry,
    directory,
    dpkg_status,
    file,
    os_release,
    python_metadata,
    read_members,
    stanza,
    symlink,
)

PATH = "lib/apk/db/installed"
RELEASE = file("etc/os-release", os_release("alpine", "3.19.1"))
SIX = "usr/lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA"


def extract(text: str | bytes, limits: Limits = DEFAULT_LIMITS) -> Extraction:
    return EXTRACTOR.extract(PATH, text.encode() if isinstance(text, str) else text, limits)


def outcome(*layers: list[Member]) -> InventoryOutcome:
    return build_inventory([read_members(*members) for members in layers], Platform("linux", "amd64"))


def listed(found: InventoryOutcome) -> dict[str, list[str]]:
    """Return the packages by set, without the release itself, which is one of its own (`end_of_life`)."""
    sets = [each for each in found.inventory.sets if each.source != RELEASES_ECOSYSTEM]
    return {each.source: [f"{one.name} {one.version}" for one in each.packages] for each in sets}


def test_packages_come_with_their_source_package_and_the_files_that_matter() -> None:
    text = (
        apk_entry("musl", "1.2.4-r2", "lib/ld-musl-x86_64.so.1", "usr/share/doc/musl")
        + apk_entry("libcrypto3", "3.1.4-r5", "etc/ssl/openssl.cnf", origin="openssl", arch="aarch64")
        + apk_entry(".build-deps", "20240101.101010")
        + apk_entry("py3-six", "1.16.0-r8", SIX, origin="py3-six")
    )
    assert extract(text) == Extraction(
        packages=(
            Package("", "libcrypto3", "3.1.4-r5", "aarch64", "openssl", "3.1.4-r5"),
            Package("", "musl", "1.2.4-r2", "x86_64", "musl", "1.2.4-r2"),
            Package("", "py3-six", "1.16.0-r8", "x86_64", "py3-six", "1.16.0-r8"),
        ),
        ownership=(Ownership("musl", ("lib/ld-musl-x86_64.so.1",)), Ownership("py3-six", (SIX,))),
    )


def test_a_last_package_without_an_empty_line_and_lines_of_other_systems_are_read() -> None:
    assert extract("P:a\r\nV:1-r0\r\n\r\nP:b\r\nV:2-r0") == Extraction(
        packages=(Package("", "a", "1-r0", "", "a", "1-r0"), Package("", "b", "2-r0", "", "b", "2-r0"))
    )


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("P:a\n", "no usable name and version: a -"),
        ("V:1-r0\n", "no usable name and version: - 1-r0"),
        (b"P:a\xff\nV:1\n", "no usable name and version: a� 1"),
        ("P:a\nV:1\no:\x01\n", "no usable name and version: a 1"),
    ],
)
def test_a_package_without_usable_name_and_version_is_a_gap(text: str | bytes, detail: str) -> None:
    assert extract(text) == Extraction(gaps=(Gap(GapKind.PACKAGE_INCOMPLETE, PATH, detail),))


def test_lines_that_are_no_fields_are_one_gap_and_the_rest_is_read() -> None:
    found = extract("nonsense\nno:field\n" + apk_entry("a"))
    damage = Gap(GapKind.FILE_UNREADABLE, PATH, "apk-installed: a line that is no field")
    assert ([one.name for one in found.packages], found.gaps) == (["a"], (damage,))


def test_more_packages_than_allowed_are_a_gap_and_files_beyond_it_are_nobodys() -> None:
    database = apk_entry("a", "1", "bin/a", "bin/b", "bin/c") + apk_entry("b", "1", "bin/d") + apk_entry("c")
    found = extract(database, Limits(file_entries=2))
    gap = Gap(GapKind.TOO_MANY_FILES, PATH, "over the limit file_entries of 2 in one file")
    assert ([one.name for one in found.packages], found.gaps) == (["a", "b"], (gap,))
    assert found.ownership == (Ownership("b", ("bin/d",)),)


def test_an_image_of_alpine_is_read_wherever_its_database_is() -> None:
    database = apk_entry("libssl3", "3.1.4-r5", origin="openssl")
    expected = Package("Alpine:v3.19", "libssl3", "3.1.4-r5", "x86_64", "openssl", "3.1.4-r5")
    for members in (
        [file(PATH, database)],
        [file(f"usr/{PATH}", database)],
        [directory("usr/lib"), symlink("lib", "usr/lib"), file(f"usr/{PATH}", database)],
    ):
        found = outcome([RELEASE, *members])
        (packages,) = (each.packages for each in found.inventory.sets if each.source == "apk")
        assert packages == (expected,)
        assert found.inventory.gaps == ()


def test_files_belong_to_their_package_until_a_later_layer_replaces_them() -> None:
    base = [RELEASE, file(PATH, apk_entry("py3-six", "1.16.0-r8", SIX)), file(SIX, python_metadata("six", "1.16.0"))]
    rewritten = file(PATH, apk_entry("py3-six", "1.16.0-r8", SIX) + apk_entry("curl"))
    upgraded = [file(PATH, apk_entry("py3-six", "1.17.0-r0", SIX)), file(SIX, python_metadata("six", "1.17.0"))]
    replaced = [file(SIX, python_metadata("six", "1.15.0"))]
    assert listed(outcome(base)) == {"apk": ["py3-six 1.16.0-r8"]}
    assert listed(outcome(base, upgraded)) == {"apk": ["py3-six 1.17.0-r0"]}
    assert listed(outcome(base, replaced, [rewritten])) == {
        "apk": ["curl 1.0-r0", "py3-six 1.16.0-r8"],
        "PyPI": ["six 1.15.0"],
    }
    assert listed(outcome(base, [file(PATH, apk_entry("curl"))])) == {"apk": ["curl 1.0-r0"], "PyPI": ["six 1.16.0"]}


def test_a_database_of_another_kind_than_the_distribution_s_is_not_judged_by_it() -> None:
    debian = [file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("a")))]
    found = outcome([*debian, file(PATH, apk_entry("musl"))])
    assert [(each.source, each.packages[0].ecosystem) for each in found.inventory.sets] == [
        ("apk", "apk"),
        ("dpkg", "Debian:12"),
    ]
    assert found.inventory.gaps == (Gap(GapKind.DISTRIBUTION_UNSUPPORTED, PATH, "an apk database in Debian"),)


def test_a_database_without_os_release_is_of_unknown_release() -> None:
    found = outcome([file(PATH, apk_entry("musl"))])
    assert found.inventory.sets[0].packages[0].ecosystem == "apk"
    assert found.inventory.gaps == (Gap(GapKind.RELEASE_UNKNOWN, "", "an apk database without an os-release file"),)
