"""dpkg: status files and file lists."""

from __future__ import annotations

import pytest

from dogwatch.inventory.evidence import Extraction, Ownership
from dogwatch.inventory.extractors import dpkg_ownership, dpkg_status
from dogwatch.inventory.limits import DEFAULT_LIMITS, Limits
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package
from tests.builders.layers import dpkg_status as status_of
from tests.builders.layers import stanza

PATH = "var/lib/dpkg/status"
STATUS = dpkg_status.EXTRACTOR
OWNERSHIP = dpkg_ownership.EXTRACTOR


def extract(text: str | bytes, path: str = PATH) -> Extraction:
    return STATUS.extract(path, text.encode() if isinstance(text, str) else text, DEFAULT_LIMITS)


def incomplete(detail: str) -> Extraction:
    return Extraction(gaps=(Gap(GapKind.PACKAGE_INCOMPLETE, PATH, detail),))


@pytest.mark.parametrize(
    ("path", "is_wanted"),
    [
        ("var/lib/dpkg/status", True),
        ("var/lib/dpkg/status.d/libc6", True),
        ("var/lib/dpkg/status.d/libc6.md5sums", False),
        ("var/lib/dpkg/status.d/a/b", False),
        ("var/lib/dpkg/status.d", False),
        ("var/lib/dpkg/status-old", False),
        ("var/lib/dpkg/available", False),
        ("srv/var/lib/dpkg/status", False),
    ],
)
def test_the_status_file_and_files_for_single_packages_are_wanted(path: str, is_wanted: bool) -> None:
    assert STATUS.wants(path) is is_wanted


def test_all_stanzas_are_read() -> None:
    text = status_of(
        stanza("openssl", "3.0.11-1~deb12u2"),
        stanza("libssl3", "3.0.11-1~deb12u2", source="openssl"),
        stanza("gcc-12-base", "12.2.0-14", source="gcc-12 (12.2.0-14)"),
        stanza("python3", "3.11.2-1+b1", source="python3-defaults (3.11.2-1)", arch="all"),
        stanza("libc6", "2.36-9", arch="i386", source="glibc"),
    )
    assert extract(text) == Extraction(
        packages=(
            Package("", "gcc-12-base", "12.2.0-14", "amd64", "gcc-12", "12.2.0-14"),
            Package("", "libc6", "2.36-9", "i386", "glibc", "2.36-9"),
            Package("", "libssl3", "3.0.11-1~deb12u2", "amd64", "openssl", "3.0.11-1~deb12u2"),
            Package("", "openssl", "3.0.11-1~deb12u2", "amd64", "openssl", "3.0.11-1~deb12u2"),
            Package("", "python3", "3.11.2-1+b1", "all", "python3-defaults", "3.11.2-1"),
        )
    )


@pytest.mark.parametrize("state", ["installed", "half-configured", "unpacked", "triggers-awaited", "triggers-pending"])
def test_packages_whose_files_are_there_count(state: str) -> None:
    expected = Extraction(packages=(Package("", "a", "1", "amd64", "a", "1"),))
    assert extract(stanza("a", "1", status=f"hold ok {state}")) == expected
    assert extract(stanza("a", "1", status=f"deinstall reinstreq {state}")) == expected


@pytest.mark.parametrize("state", ["config-files", "not-installed"])
def test_packages_whose_files_are_gone_do_not_count(state: str) -> None:
    assert extract(stanza("a", "1", status=f"deinstall ok {state}")) == Extraction()


@pytest.mark.parametrize("status", ["install ok half-installed", "install ok strange", "installed", "install ok"])
def test_a_state_that_does_not_tell_is_a_gap(status: str) -> None:
    assert extract(stanza("a", "1", status=status)) == incomplete(f"a 1: state {status}")


def test_control_data_without_a_state_describes_what_is_there() -> None:
    path = "var/lib/dpkg/status.d/libc6"
    expected = Extraction(packages=(Package("", "libc6", "2.36-9", "amd64", "glibc", "2.36-9"),))
    assert extract(stanza("libc6", "2.36-9", source="glibc", status=""), path) == expected


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("Package: a\nStatus: install ok installed\n", "no usable name and version: a -"),
        ("Version: 1\nStatus: install ok installed\n", "no usable name and version: - 1"),
        ("Package: a\nVersion: 1\x01\n", "no usable name and version: a 1?"),
        (b"Package: a\xff\nVersion: 1\n", "no usable name and version: a� 1"),
        ("Package: a\nVersion: 1\nSource: b c d\n", "no usable name and version: a 1"),
        (f"Package: a\nVersion: {'1' * 600}\n", f"no usable name and version: a {'1' * 100}…"),
    ],
)
def test_a_stanza_without_usable_name_and_version_is_a_gap(text: str | bytes, detail: str) -> None:
    assert extract(text) == incomplete(detail)


@pytest.mark.parametrize(
    ("version", "maintainer", "origin", "vendor"),
    [
        ("3.0.11-1~deb12u2", "Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>", "", ""),
        ("12.2.0-14", "Somebody <somebody@example.org>", "Debian", ""),
        ("18.19.0-1nodesource1", "", "", "NodeSource"),
        ("16.1-1.pgdg120+1", "", "", "PostgreSQL Global Development Group"),
        ("8.3.1-1+0~20240101.1+debian12~1.gbp1+deb.sury.org+1", "", "", "deb.sury.org"),
        ("1:10.11.6+maria~deb12", "", "", "MariaDB"),
        ("1:2.43.0-0ppa1~ubuntu22.04.1", "", "", "a personal package archive"),
        ("1.25.3-1~bookworm", "NGINX Packaging <nginx-packaging@f5.com>", "", "NGINX"),
        ("5:24.0.7-1", "Docker <support@docker.com>", "", "Docker"),
        ("1.0", "", "Somebody Else", "Somebody Else"),
        ("1.0", "", "\x01", ""),
    ],
)
def test_packages_of_other_vendors_are_told_by_version_maintainer_or_origin(
    version: str, maintainer: str, origin: str, vendor: str
) -> None:
    text = f"Package: a\nVersion: {version}\nMaintainer: {maintainer}\nOrigin: {origin}\n"
    assert extract(text) == Extraction(packages=(Package("", "a", version, "", "a", version, vendor=vendor),))


def test_lines_that_are_no_fields_are_one_gap_and_the_rest_is_read() -> None:
    text = stanza("a", "1") + "\nnonsense\nmore nonsense\n\n" + stanza("b", "2")
    assert extract(text) == Extraction(
        packages=(Package("", "a", "1", "amd64", "a", "1"), Package("", "b", "2", "amd64", "b", "2")),
        gaps=(Gap(GapKind.FILE_UNREADABLE, PATH, "dpkg-status: a line that is no field"),),
    )


def test_field_names_may_have_any_case_and_lines_end_in_any_way() -> None:
    text = "PACKAGE: a\r\nversion:1\r\nStatus:\tinstall ok installed\r\n\r\n\r\nPackage: b\r\nVersion: 2\r\n \t\r\n"
    assert extract(text) == Extraction(
        packages=(Package("", "a", "1", "", "a", "1"), Package("", "b", "2", "", "b", "2"))
    )


def test_a_status_file_with_more_packages_than_allowed_is_read_up_to_the_limit() -> None:
    limits = Limits(file_entries=2)
    found = STATUS.extract(PATH, status_of(stanza("a", "1"), stanza("b", "1"), stanza("c", "1")).encode(), limits)
    gap = Gap(GapKind.TOO_MANY_FILES, PATH, "over the limit file_entries of 2 in one file")
    assert ([package.name for package in found.packages], found.gaps) == (["a", "b"], (gap,))


def test_a_list_with_more_paths_than_allowed_owns_nothing() -> None:
    path = "var/lib/dpkg/info/a.list"
    gap = Gap(GapKind.TOO_MANY_FILES, path, "over the limit file_entries of 2 in one file")
    assert OWNERSHIP.extract(path, LIST.encode(), Limits(file_entries=2)) == Extraction(gaps=(gap,))


def test_an_empty_status_file_lists_nothing() -> None:
    assert extract("") == extract("\n\n") == Extraction()


LIST = """/.
/usr/lib/python3/dist-packages/six.py
/usr/lib/python3/dist-packages/six-1.16.0.egg-info
/usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA
/usr/share/nodejs/a/node_modules/b
/usr/share/nodejs/a/node_modules/b/package.json
/usr/share/nodejs/a/node_modules/b/lib/package.json
"""
OWNED = (
    "usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA",
    "usr/lib/python3/dist-packages/six-1.16.0.egg-info",
    "usr/share/nodejs/a/node_modules/b",
    "usr/share/nodejs/a/node_modules/b/package.json",
)


@pytest.mark.parametrize(("name", "owner"), [("python3-six", "python3-six"), ("libx:amd64", "libx")])
def test_of_a_list_only_paths_are_kept_that_others_judge(name: str, owner: str) -> None:
    path = f"var/lib/dpkg/info/{name}.list"
    assert OWNERSHIP.wants(path)
    found = OWNERSHIP.extract(path, LIST.encode(), DEFAULT_LIMITS)
    assert found == Extraction(ownership=(Ownership(owner, OWNED),))


def test_of_programs_all_paths_are_kept_where_distributions_put_some() -> None:
    lines = ["/.", "/bin/a", "/usr/bin/b", "/usr/lib/x/c", "/opt/d/e", "/usr/lib/libf.so.1", "/usr/share/java/g.jar"]
    found = OWNERSHIP.extract("var/lib/dpkg/info/x.list", "\n".join(lines).encode(), DEFAULT_LIMITS)
    assert found == Extraction(ownership=(Ownership("x", tuple(sorted(line[1:] for line in lines[1:]))),))


def test_a_list_of_digests_tells_ownership_too() -> None:
    path = "var/lib/dpkg/status.d/python3-six.md5sums"
    lines = "".join(f"{'0' * 32}  {line[1:]}\n" for line in LIST.split())
    assert OWNERSHIP.wants(path)
    assert OWNERSHIP.extract(path, lines.encode(), DEFAULT_LIMITS) == Extraction(
        ownership=(Ownership("python3-six", OWNED),)
    )


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("var/lib/dpkg/info/a.list", b"/usr/share/a/a\n/etc/bin/a\n/usr/lib/a.py\n/usr/bin/a.sh\n/usr/bin/\n"),
        ("var/lib/dpkg/info/a.list", b"/../x.egg-info\n/\xff.egg-info\n"),
        ("var/lib/dpkg/info/a\x01.list", b"/x.egg-info\n"),
    ],
)
def test_a_list_that_names_nothing_of_interest_says_nothing(path: str, content: bytes) -> None:
    assert OWNERSHIP.extract(path, content, DEFAULT_LIMITS) == Extraction()


@pytest.mark.parametrize(
    "path",
    [
        "var/lib/dpkg/info/a.md5sums",
        "var/lib/dpkg/info/b/a.list",
        "var/lib/dpkg/a.list",
        "var/lib/dpkg/status.d/a",
        "a.list",
    ],
)
def test_other_files_of_dpkg_are_no_lists(path: str) -> None:
    assert not OWNERSHIP.wants(path)
