"""rpm: headers, the three formats of its database, and what they say of an image."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import pytest

from dogwatch.inventory.build import InventoryOutcome, build_inventory
from dogwatch.inventory.evidence import Extraction, Ownership
from dogwatch.inventory.extractors.rpm_database import EXTRACTOR
from dogwatch.inventory.limits import DEFAULT_LIMITS, Limits
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import Platform
from dogwatch.model.packages import Package
from tests.builders.layers import Member, file, os_release, python_metadata, read_members
from tests.builders.rpm import (
    PAGE,
    Tag,
    berkeley_database,
    ndb_database,
    pack_header,
    rpm_header,
    sqlite_database,
)

PATH = "var/lib/rpm/rpmdb.sqlite"
SIX = "usr/lib/python3.9/site-packages/six-1.15.0.dist-info/METADATA"
Build = Callable[..., bytes]

every_format = pytest.mark.parametrize(
    "build",
    [sqlite_database, ndb_database, berkeley_database, lambda *headers: berkeley_database(*headers, order=">")],
    ids=["sqlite", "ndb", "berkeley", "berkeley-big-endian"],
)


def extract(content: bytes, path: str = PATH, limits: Limits = DEFAULT_LIMITS) -> Extraction:
    return EXTRACTOR.extract_from(path, io.BytesIO(content), len(content), limits)


def outcome(*members: Member) -> InventoryOutcome:
    return build_inventory([read_members(*members)], Platform("linux", "amd64"))


def unreadable(reason: str) -> Gap:
    return Gap(GapKind.FILE_UNREADABLE, PATH, f"rpm-database: {reason}")


HEADERS = (
    rpm_header("bash", "5.1.8", "6.el9", "usr/bin/bash", "usr/share/doc/README", source="bash-5.1.8-6.el9.src.rpm"),
    rpm_header("gpg-pubkey", "fd431d51", "4ae0493b"),
    rpm_header("libgcc", "11.4.1", "2.el9", source="gcc-11.4.1-2.el9.src.rpm", vendor="AlmaLinux", padding=30_000),
    rpm_header(
        "nodejs", "18.19.0", "1.module_el9", epoch=1, source="nodejs-18.19.0-1.module_el9.src.rpm",
        module="nodejs:18:9030020240101:rhel9:x86_64",
    ),
    rpm_header("python3-six", "1.15.0", "9.el9", SIX, "usr/lib/.build-id/1a/b", epoch=0, arch="noarch", padding=5_000),
)  # fmt: skip
FOUND = Extraction(
    packages=(
        Package("", "bash", "5.1.8-6.el9", "x86_64", "bash", "5.1.8-6.el9"),
        Package("", "libgcc", "11.4.1-2.el9", "x86_64", "gcc", "11.4.1-2.el9", vendor="AlmaLinux"),
        Package("", "nodejs", "1:18.19.0-1.module_el9", "x86_64", "nodejs", "1:18.19.0-1.module_el9", "nodejs:18"),
        Package("", "python3-six", "1.15.0-9.el9", "noarch", "python3-six", "1.15.0-9.el9"),
    ),
    ownership=(Ownership("bash", ("usr/bin/bash",)), Ownership("python3-six", (SIX,))),
)


@every_format
def test_every_format_gives_the_same_packages_and_files(build: Build) -> None:
    assert extract(build(*HEADERS)) == FOUND


def test_a_database_of_many_pages_is_read_to_its_end() -> None:
    names = [f"package-{number:04}" for number in range(700)]
    found = extract(sqlite_database(*(rpm_header(name, padding=900) for name in names)))
    assert ([package.name for package in found.packages], found.gaps) == (names, ())


@pytest.mark.parametrize("path", ["var/lib/rpm/Packages", "usr/lib/sysimage/rpm/Packages.db", "usr/share/rpm/Packages"])
@every_format
def test_the_format_is_told_by_the_content_alone(build: Build, path: str) -> None:
    assert EXTRACTOR.wants(path)
    assert extract(build(*HEADERS), path) == FOUND


@pytest.mark.parametrize(("size", "gaps"), [(0, 0), (32, 0), (4152, 1)])
def test_changes_that_sqlite_has_not_written_yet_are_a_gap(size: int, gaps: int) -> None:
    path = f"{PATH}-wal"
    detail = "rpm database: changes in its log that were not written into it"
    assert EXTRACTOR.wants(path)
    assert extract(bytes(size), path) == Extraction(gaps=(Gap(GapKind.PACKAGE_DATABASE_UNREAD, path, detail),) * gaps)


# --- lies -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"x" * 5000, bytes(5000), b"SQLite format 3\0", b"SQLite format 3\0" + bytes(84)]
)
def test_a_file_of_no_known_format_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedPackageDatabaseError):
        extract(content)


@every_format
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
def test_of_a_database_that_is_cut_off_what_is_there_is_read_beside_a_gap(build: Build, share: float) -> None:
    whole = build(*HEADERS)
    found = extract(whole[: int(len(whole) * share)])
    assert set(found.packages) <= set(FOUND.packages)
    assert [gap.kind for gap in found.gaps] == [GapKind.FILE_UNREADABLE]


def replaced(content: bytes, offset: int, new: bytes) -> bytes:
    return content[:offset] + new + content[offset + len(new) :]


def test_slots_that_share_a_header_are_refused_once_they_claim_more_than_the_file_has() -> None:
    whole = ndb_database(rpm_header("a", padding=50_000))
    slots = whole[32:48] * 200
    found = extract(replaced(whole, 32, slots))
    assert ([one.name for one in found.packages], found.gaps) == (["a"], (unreadable("headers that overlap"),))


@pytest.mark.parametrize(
    ("offset", "new", "reason"),
    [
        (4, b"\1", "version 1 of the format"),
        (12, b"\xff\xff\xff", "16777215 pages of slots"),
        (32, b"Slut", "a slot of another kind"),
        (36, b"\7", "a slot that leads to another package"),
        (40, b"\xff\xff\xff\x7f", "an offset outside the file"),
        (PAGE + 12, b"\0\0\1", "a header that is longer than its blocks"),
    ],
)
def test_lies_in_rpms_own_format_are_gaps(offset: int, new: bytes, reason: str) -> None:
    assert extract(replaced(ndb_database(HEADERS[0]), offset, new)) == Extraction(gaps=(unreadable(reason),))


# The pages of the Berkeley file: meta, the counter, keys of the first package, its header in several pages.
CHAIN = berkeley_database(rpm_header("a", padding=9_000))
HASH, FIRST, SECOND, LAST = (number * PAGE for number in (2, 3, 4, 5))


@pytest.mark.parametrize(
    ("offset", "new", "reason"),
    [
        (20, b"\1\0\0\0", "pages of 1 bytes"),
        (24, b"\1", "an encrypted file"),
        (HASH + 20, b"\3\0", "more items than a page holds"),
        (HASH + 26, b"\xff\xff", "an item outside its page"),
        (FIRST + 16, struct.pack("<I", 3), "a page that is used twice"),
        (FIRST + 16, struct.pack("<I", 99), "a page outside the file"),
        (FIRST + 16, struct.pack("<I", 0), "a chain that leads to a page of another kind"),
        (SECOND + 22, b"\0\0", "a page of another length than told"),
        (LAST + 22, struct.pack("<H", PAGE - 26), "a value of another length than told"),
    ],
)
def test_lies_in_berkeley_db_are_refused_or_gaps(offset: int, new: bytes, reason: str) -> None:
    content = replaced(CHAIN, offset, new)
    if offset < PAGE:
        with pytest.raises(MalformedPackageDatabaseError, match=reason):
            extract(content)
        return
    assert extract(content) == Extraction(gaps=(unreadable(reason),))


def test_pages_of_sqlite_that_lead_in_a_circle_are_a_gap() -> None:
    whole = bytearray(sqlite_database(*(rpm_header(f"a{number}", padding=600) for number in range(100))))
    root = 1 * PAGE
    while whole[root] != 5:
        root += PAGE
    whole[root + 8 : root + 12] = (root // PAGE + 1).to_bytes(4, "big")  # its last child is itself
    found = extract(bytes(whole))
    assert found.gaps == (unreadable("a page that is used twice"),)
    assert len(found.packages) > 50


@pytest.mark.parametrize(
    ("blob", "reason"),
    [
        (b"x" * 9, "a header that is cut off"),
        (struct.pack(">II", 1 << 31, 0) + bytes(20), "a header that is cut off"),
        (struct.pack(">II", 0, 1 << 31) + bytes(20), "a header that is cut off"),
        (struct.pack(">IIIIII", 1, 4, 1000, 6, 99, 1) + b"abc\0", "a text outside the data"),
        (struct.pack(">IIIIII", 1, 4, 1000, 6, 0, 1) + b"abcd", "a text that does not end"),
        (struct.pack(">IIIIII", 1, 4, 1000, 4, 0, 1) + b"abc\0", "a tag of another type"),
        (pack_header([(1000, 6, ["a"]), (1003, 6, ["b"])]), "a number outside the data"),
    ],
)
def test_a_header_that_does_not_parse_is_a_gap_and_the_others_are_read(blob: bytes, reason: str) -> None:
    found = extract(ndb_database(blob, HEADERS[0]))
    assert ([one.name for one in found.packages], found.gaps) == (["bash"], (unreadable(reason),))


def test_a_package_without_usable_name_and_version_is_a_gap() -> None:
    found = extract(sqlite_database(pack_header([(1000, 6, ["a"]), (1001, 6, ["1"])]), rpm_header("b\x01", "2")))
    assert found == Extraction(
        gaps=(
            Gap(GapKind.PACKAGE_INCOMPLETE, PATH, "no usable name and version: a 1"),
            Gap(GapKind.PACKAGE_INCOMPLETE, PATH, "no usable name and version: b? 2"),
        )
    )


def test_files_in_directories_that_are_not_there_are_a_gap_and_the_package_is_listed() -> None:
    found = extract(
        sqlite_database(
            pack_header(
                [
                    *((1000, 6, ["a"]), (1001, 6, ["1"]), (1002, 6, ["1"])),
                    *((1116, 4, [7]), (1117, 8, ["x"]), (1118, 8, ["/usr/bin/"])),
                ]
            )
        )
    )
    assert ([one.name for one in found.packages], found.ownership) == (["a"], ())
    assert found.gaps == (unreadable("files in directories that are not there"),)


def test_directories_of_endless_names_cost_no_memory_and_own_nothing() -> None:
    folder = "/usr/bin/" + "d" * 1_000_000 + "/"
    tags: list[Tag] = [(1000, 6, ["a"]), (1001, 6, ["1"]), (1002, 6, ["1"]), (1116, 4, [0] * 50_000)]
    found = extract(sqlite_database(pack_header([*tags, (1117, 8, ["x"] * 50_000), (1118, 8, [folder])])))
    assert (len(found.packages), found.ownership, found.gaps) == (1, (), ())


def test_limits_on_headers_packages_and_files_hold() -> None:
    many = sqlite_database(*(rpm_header(f"a{number}", "1", "1", "usr/bin/a", "usr/bin/b") for number in range(4)))
    found = extract(many, limits=Limits(file_entries=3))
    too_many = Gap(GapKind.TOO_MANY_FILES, PATH, "over the limit file_entries of 3 in one file")
    assert ([one.name for one in found.packages], found.gaps) == (["a0", "a1", "a2"], (too_many,))
    assert found.ownership == (Ownership("a0", ("usr/bin/a", "usr/bin/b")),)
    large = extract(ndb_database(rpm_header("a", padding=5_000)), limits=Limits(file_bytes=4_000))
    assert [gap.kind for gap in large.gaps] == [GapKind.FILE_UNREADABLE]


# --- images -----------------------------------------------------------------------------------------------------------


def test_an_image_of_almalinux_tells_modules_and_packages_of_others_apart() -> None:
    found = outcome(
        file("etc/os-release", os_release("almalinux", "9.4")),
        file(
            PATH,
            sqlite_database(
                *HEADERS[2:4],
                rpm_header("htop", vendor="Fedora Project"),
                rpm_header("perl", release="471.module+el9"),
                rpm_header("python3-six", "1.15.0", "9.el9", SIX),
            ),
        ),
        file(SIX, python_metadata("six", "1.15.0")),
    )
    (packages,) = found.inventory.sets
    assert packages.source == "rpm"
    assert [(one.ecosystem, one.name, one.module, one.vendor) for one in packages.packages] == [
        ("AlmaLinux:9", "htop", "", "Fedora Project"),
        ("AlmaLinux:9", "libgcc", "", ""),
        ("AlmaLinux:9", "nodejs", "nodejs:18", ""),
        ("AlmaLinux:9", "perl", "unnamed", ""),
        ("AlmaLinux:9", "python3-six", "", ""),
    ]
    assert found.inventory.gaps == ()


def test_vendors_are_told_only_where_the_distribution_s_own_are_known() -> None:
    database = file(PATH, sqlite_database(rpm_header("a", vendor="Somebody")))
    for identity, vendor in (("almalinux", "Somebody"), ("unheard-of", "")):
        found = outcome(file("etc/os-release", os_release(identity, "9")), database)
        assert [one.vendor for each in found.inventory.sets for one in each.packages] == [vendor]
