"""The list of packages in images of Azure Linux that have no database of rpm."""

from __future__ import annotations

import pytest

from dogwatch.inventory.build import build_inventory
from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractors.rpm_manifest import EXTRACTOR
from dogwatch.inventory.limits import DEFAULT_LIMITS, Limits
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import Platform
from dogwatch.model.packages import Package
from tests.builders.layers import file, os_release, read_members
from tests.builders.rpm import manifest_line

PATH = "var/lib/rpmmanifest/container-manifest-2"
LIBGCC = manifest_line("libgcc", "13.2.0-7.azl3", source="gcc-13.2.0-7.azl3.src.rpm")
PYTHON = manifest_line("python3", "3.12.9-1.azl3", epoch="2", vendor="Somebody", source="python3-3.12.9-1.azl3.src.rpm")


def extract(*lines: str, limits: Limits = DEFAULT_LIMITS) -> Extraction:
    return EXTRACTOR.extract(PATH, "\n".join(lines).encode(), limits)


def incomplete(what: str) -> Gap:
    return Gap(GapKind.PACKAGE_INCOMPLETE, PATH, f"no usable name and version: {what}")


def test_each_line_is_a_package_with_epoch_source_and_vendor() -> None:
    bare = manifest_line("filesystem", "1.1-21.azl3", vendor="(none)")
    assert extract(LIBGCC, "", PYTHON, manifest_line("gpg-pubkey", "1-1"), bare, "") == Extraction(
        packages=(
            Package("", "filesystem", "1.1-21.azl3", "x86_64", "filesystem", "1.1-21.azl3"),
            Package("", "libgcc", "13.2.0-7.azl3", "x86_64", "gcc", "13.2.0-7.azl3", vendor="Microsoft Corporation"),
            Package("", "python3", "2:3.12.9-1.azl3", "x86_64", "python3", "2:3.12.9-1.azl3", vendor="Somebody"),
        )
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("libgcc-13.2.0-7.azl3.x86_64", "libgcc-13.2.0-7.azl3.x86_64 -"),
        (manifest_line("a", "1"), "a -"),
        (manifest_line("", "1-1"), "- 1"),
        (manifest_line("a\x01", "1-1"), "a? 1"),
    ],
)
def test_a_line_of_another_form_is_a_gap_and_the_others_are_read(line: str, what: str) -> None:
    found = extract(line, LIBGCC)
    assert ([one.name for one in found.packages], found.gaps) == (["libgcc"], (incomplete(what),))


def test_more_lines_than_the_limit_are_a_gap() -> None:
    found = extract(LIBGCC, PYTHON, limits=Limits(file_entries=1))
    too_many = Gap(GapKind.TOO_MANY_FILES, PATH, "over the limit file_entries of 1 in one file")
    assert ([one.name for one in found.packages], found.gaps) == (["libgcc"], (too_many,))


def test_the_list_is_the_package_database_of_an_image_without_rpm() -> None:
    layer = read_members(
        file("etc/os-release", os_release("azurelinux", "3.0.20250102")), file(PATH, f"{LIBGCC}\n{PYTHON}\n")
    )
    found = build_inventory([layer], Platform("linux", "amd64")).inventory
    packages = [each for one in found.sets if one.source == "rpm" for each in one.packages]
    assert [(each.ecosystem, each.name, each.vendor) for each in packages] == [
        ("Azure Linux:3", "libgcc", ""),
        ("Azure Linux:3", "python3", "Somebody"),
    ]
    assert found.gaps == ()
