"""Real package databases: counts and samples that were read from the files by eye and with grep."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from dogwatch.inventory.build import InventoryOutcome, build_inventory
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import Platform
from dogwatch.model.packages import Package
from dogwatch.model.release_endings import RELEASES_ECOSYSTEM
from tests.builders.layers import Member, file, os_release, read_members

LINUX = Platform("linux", "amd64")


@pytest.fixture
def databases(real_data: Path) -> Path:
    return real_data / "pkgdb"


def outcome(*members: Member) -> InventoryOutcome:
    return build_inventory([read_members(*members)], LINUX)


def packages(found: InventoryOutcome) -> list[Package]:
    """Return all packages but the one that stands for the distribution's release."""
    listed = [package for each in found.inventory.sets for package in each.packages]
    return [package for package in listed if package.ecosystem != RELEASES_ECOSYSTEM]


def test_a_status_file_of_ubuntu_with_a_large_installation(databases: Path) -> None:
    content = (databases / "dpkg/ubuntu-18.04-texlive/var/lib/dpkg/status").read_bytes()
    found = outcome(
        file("var/lib/dpkg/status", content),
        file("etc/os-release", os_release("ubuntu", "18.04", "Ubuntu 18.04.6 LTS")),
    )
    states = [line for line in content.splitlines() if line.startswith(b"Status:")]
    installed = [line for line in states if line == b"Status: install ok installed"]
    listed = packages(found)
    assert len(listed) == len(installed) > 100
    assert {package.ecosystem for package in listed} == {"Ubuntu:18.04:LTS"}
    assert Package("Ubuntu:18.04:LTS", "libc6", "2.27-3ubuntu1", "amd64", "glibc", "2.27-3ubuntu1") in listed
    assert found.inventory.gaps == ()


@pytest.mark.parametrize(("release", "count"), [("3.10", 14), ("3.18", 15)])
def test_the_databases_of_alpine(databases: Path, release: str, count: int) -> None:
    content = (databases / f"apk/alpine-{release}/lib/apk/db/installed").read_bytes()
    found = outcome(file("lib/apk/db/installed", content), file("etc/os-release", os_release("alpine", f"{release}.2")))
    listed = packages(found)
    assert len(listed) == content.count(b"\nP:") == count
    assert {package.ecosystem for package in listed} == {f"Alpine:v{release}"}
    origins = {package.name: package.source_name for package in listed}
    assert (origins["libc-utils"], origins["musl-utils"], origins["zlib"]) == ("libc-dev", "musl", "zlib")
    assert found.inventory.gaps == ()


def test_the_files_of_a_distroless_image(databases: Path) -> None:
    folder = databases / "dpkg/distroless"
    members = [
        file(str(path.relative_to(folder)), path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()
    ]
    found = outcome(*members, file("usr/lib/os-release", os_release("debian", "11")))
    assert packages(found) == [Package("Debian:11", "libsqlite3-0", "3.34.1-3", "arm64", "sqlite3", "3.34.1-3")]
    assert found.inventory.gaps == ()


@pytest.mark.parametrize(
    ("name", "listed", "incomplete"),
    [
        (
            "coreutils-relationships",
            [
                "coreutils 9.1-1 coreutils",
                "gcc-12-base 12.2.0-14 gcc-12",
                "libacl1 2.3.1-3 acl",
                "libattr1 1:2.5.1-4 attr",
                "libc6 2.36-9+deb12u1 glibc",
                "libgcc-s1 12.2.0-14 gcc-12",
                "libgmp10 2:6.2.1+dfsg1-1.1 gmp",
                "libpcre2-8-0 10.42-1 pcre2",
                "libselinux1 3.4-1+b6 libselinux",
            ],
            [],
        ),
        ("deinstall", ["linux-image-6.14.0-1012-aws 6.14.0-1012.12~24.04.1 linux-signed-aws-6.14"], []),
        (
            "libpam-runtime",
            ["libpam-runtime 1.5.2-6+deb12u1 pam"],
            ["cdebconf -", "debconf-2.0 -", "debconf1 -", "debconf2 -", "libpam-modules -"],
        ),
        (
            "multiple",
            ["tzdata 2020a-0+deb10u1 tzdata-dev", "util-linux 2.33.1-0.1 util-linux"],
            ["- -", "no-version -"],
        ),
    ],
)
def test_stanzas_of_unusual_form(databases: Path, name: str, listed: list[str], incomplete: list[str]) -> None:
    path = f"var/lib/dpkg/status.d/{name}"
    found = outcome(
        file(path, (databases / "dpkg/edge-cases" / name).read_bytes()), file("etc/os-release", os_release())
    )
    assert [f"{each.name} {each.version} {each.source_name}" for each in packages(found)] == listed
    assert found.inventory.gaps == tuple(
        Gap(GapKind.PACKAGE_INCOMPLETE, path, f"no usable name and version: {what}") for what in incomplete
    )


def test_python_metadata_of_real_distributions(databases: Path) -> None:
    folder = databases / "python"
    paths = [path for path in folder.rglob("*") if path.name in ("METADATA", "PKG-INFO")]
    found = outcome(*(file(f"site/{path.relative_to(folder)}", path.read_bytes()) for path in paths))
    assert packages(found) == [
        Package("PyPI", "Flask", "2.0.0"),
        Package("PyPI", "distlib", "0.3.1"),
        Package("PyPI", "networkx", "3.0"),
        Package("PyPI", "setuptools", "51.3.3"),
    ]
    assert found.inventory.gaps == ()


def test_manifests_of_real_npm_packages(databases: Path) -> None:
    folder = databases / "npm"
    paths = [path for path in (folder / "node_modules").rglob("*") if path.is_file()]
    found = outcome(*(file(f"app/{path.relative_to(folder)}", path.read_bytes()) for path in paths))
    assert packages(found) == [
        Package("npm", "jquery", "3.3.9"),
        Package("npm", "lodash", "4.17.4"),
        Package("npm", "react", "16.8.6"),
    ]
    assert found.inventory.gaps == ()


@pytest.mark.parametrize(
    ("database", "listing", "path", "release"),
    [
        ("amazonlinux-2023/rpmdb.sqlite", "amazonlinux-2023", "var/lib/rpm/rpmdb.sqlite", ("amzn", "2023")),
        ("sle15-bci/Packages.db", "sle15-bci", "usr/lib/sysimage/rpm/Packages.db", ("sles", "15.3")),
        ("bdb-reloaded-sle15-bci/Packages.xz", "sle15-bci", "var/lib/rpm/Packages", ("sles", "15.3")),
    ],
)
def test_databases_of_rpm_list_what_rpm_lists(
    databases: Path, database: str, listing: str, path: str, release: tuple[str, str]
) -> None:
    content = (databases / "rpm" / database).read_bytes()
    content = lzma.decompress(content) if database.endswith(".xz") else content
    rows = [line.split("\t") for line in (databases / "rpm" / listing / "expected.tsv").read_text().splitlines()[1:]]
    found = outcome(file(path, content), file("etc/os-release", os_release(*release)))
    assert [(one.name, one.version, one.arch, one.vendor) for one in packages(found)] == sorted(
        (row[0], f"{row[1]}:{row[2]}-{row[3]}".removeprefix(":"), row[4], "") for row in rows if row[0] != "gpg-pubkey"
    )
    assert {gap.kind for gap in found.inventory.gaps} <= {GapKind.DISTRIBUTION_UNSUPPORTED}


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ("bdb-hello", Package("rpm", "hello", "1:0.0.1-rls", "x86_64", "hello", "1:0.0.1-rls")),
        ("bdb-libuuid", Package("rpm", "libuuid", "2.32.1-42.el8_8", "x86_64", "util-linux", "2.32.1-42.el8_8")),
    ],
)
def test_files_of_berkeley_db_that_rpm_wrote(databases: Path, database: str, expected: Package) -> None:
    found = outcome(file("var/lib/rpm/Packages", (databases / "rpm" / database / "Packages").read_bytes()))
    assert packages(found) == [expected]
