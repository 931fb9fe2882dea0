"""Several fixes of one vulnerability in one release: which versions stay affected."""

from __future__ import annotations

import pytest

from dogwatch.advisories.rpm_branches import range_with_fixes
from dogwatch.matching import key_affected_package
from dogwatch.model.advisories import AffectedPackage, StatedRange
from dogwatch.versions import sort_key

CURL = ("7.76.1-23.el9_2.4", "7.76.1-26.el9_3.2")
KERNEL = ("5.14.0-284.30.1.el9_2", "5.14.0-284.62.1.el9_2", "5.14.0-362.8.1.el9_3")
CONTEXTS = ("1:0.78-12.module+el8.10.0+23147+95b68fad", "1:0.78-12.module+el8.10.0+23147+20b7d289")
STREAM = ("1:16.20-2.module+el8.8.0+100+aaaa", "1:16.20-3.module+el8.9.0+200+bbbb")


def fix_of(version: str, stated: StatedRange) -> str:
    """Return the fix that a version is told; empty where it is not affected. Its key is that of the text."""
    key = sort_key("rpm", version)
    assert key is not None
    ranges = key_affected_package(AffectedPackage("Red Hat:enterprise_linux:9", "a", (stated,)))
    found = [one for one in ranges if one.low is not None and one.low <= key < (one.high or b"")]
    assert all(one.fixed_key == sort_key("rpm", one.fixed) for one in found)
    return " ".join(one.fixed for one in found)


@pytest.mark.parametrize(
    ("fixed", "version", "fix"),
    [
        (CURL[:1], "7.76.1-23.el9_2.3", "7.76.1-23.el9_2.4"),
        (CURL[:1], "7.76.1-23.el9_2.4", ""),
        (CURL, "7.76.1-23.el9", "7.76.1-23.el9_2.4"),
        (CURL, "7.76.1-23.el9_2.5", ""),
        (CURL, "7.76.1-23.el9_3", "7.76.1-26.el9_3.2"),
        (CURL, "7.76.1-26.el9_3.1", "7.76.1-26.el9_3.2"),
        (CURL, "7.76.1-29.el9_4", ""),
        (KERNEL, "5.14.0-284.40.1.el9_2", "5.14.0-284.62.1.el9_2"),
        (KERNEL, "5.14.0-284.70.1.el9_2", ""),
        (KERNEL, "5.14.0-362.el9", "5.14.0-362.8.1.el9_3"),
        (CONTEXTS, "1:0.78-12.module+el8.10.0+23147+20b7d289", ""),
        (CONTEXTS, "1:0.78-11.module+el8.10.0+22000+ffffffff", "1:0.78-12.module+el8.10.0+23147+20b7d289"),
        (STREAM, "1:16.20-2.module+el8.8.0+150+aaaa", ""),
        (STREAM, "1:16.20-2.module+el8.9.0+150+aaaa", "1:16.20-3.module+el8.9.0+200+bbbb"),
        (("1.2-5.el9", "1.2-7.el9_5"), "1.2-6.el9", "1.2-7.el9_5"),
    ],
)
def test_a_build_that_has_the_fix_of_its_minor_release_is_not_affected(
    fixed: tuple[str, ...], version: str, fix: str
) -> None:
    assert fix_of(version, range_with_fixes(fixed)) == fix


@pytest.mark.parametrize(
    ("version", "fix"),
    [
        ("7.76.1-14.el9", "7.76.1-26.el9_3.2"),
        ("7.76.1-14.el9_0.8", "7.76.1-26.el9_3.2"),
        ("7.76.1-14.el9_0.9", ""),
        ("7.76.1-14.el9_0.11", ""),
        ("7.76.1-14.el9_1", "7.76.1-23.el9_2.4"),
        ("7.76.1-23.el9_2.3", "7.76.1-23.el9_2.4"),
        ("7.76.1-23.el9_2.4", ""),
        ("7.76.1-29.el9_4", ""),
    ],
)
def test_a_build_with_the_fix_of_an_extended_stream_is_not_affected_and_nobody_else_is_told_of_that_fix(
    version: str, fix: str
) -> None:
    extended = ("7.76.1-14.el9_0.9", "7.76.1-23.el9_2.2", "7.76.1-40.el9_6.1", "7.76.1-15")
    assert fix_of(version, range_with_fixes(CURL, extended)) == fix
