"""os-release: parsing it, and what follows for the ecosystem."""

from __future__ import annotations

import pytest

from dogwatch.inventory.distributions import Judgement, judge_release
from dogwatch.inventory.evidence import Extraction, OsRelease
from dogwatch.inventory.extractors.os_release import EXTRACTOR
from dogwatch.inventory.limits import DEFAULT_LIMITS
from dogwatch.inventory.releases import DISTRIBUTIONS
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Distribution

PATH = "etc/os-release"

BOOKWORM = b"""PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
"""


def vendors_of(identity: str) -> tuple[str, ...]:
    return DISTRIBUTIONS[identity].vendors if identity in DISTRIBUTIONS else ()


def extract(content: bytes) -> Extraction:
    return EXTRACTOR.extract(PATH, content, DEFAULT_LIMITS)


def test_the_fields_that_tell_the_distribution_are_read() -> None:
    release = OsRelease("debian", "12", "Debian GNU/Linux", "Debian GNU/Linux 12 (bookworm)", "bookworm")
    assert extract(BOOKWORM) == Extraction(release=release)


@pytest.mark.parametrize(
    ("content", "release"),
    [
        (b"ID='arch'\n", OsRelease("arch")),
        (b'ID=Debian\r\nVERSION_ID="12"\r\n', OsRelease("debian", "12")),
        (b"# ID=no\n  ID=yes  \nID=last\n", OsRelease("last")),
        (b'ID=a\nNAME="x \\"y\\" \\$z"\n', OsRelease("a", name='x "y" $z')),
        (b'ID=a\nNAME="\n', OsRelease("a", name='"')),
        (b"ID=a\nNAME=x\x01\xff\n", OsRelease("a", name="x�")),
        (b"FOO=bar", OsRelease("")),
    ],
)
def test_quotes_comments_and_repetitions_are_read_as_a_shell_does(content: bytes, release: OsRelease) -> None:
    assert extract(content) == Extraction(release=release)


def test_a_very_long_value_is_cut() -> None:
    assert extract(b"ID=a\nNAME=" + b"x" * 10_000) == Extraction(release=OsRelease("a", name="x" * 512))


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"Debian 12", b"\x00\xff" * 100, b"= = =", b"ID=debian\n" + b"#" * 65_536]
)
def test_a_file_without_any_assignment_or_beyond_all_size_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedPackageDatabaseError):
        extract(content)


@pytest.mark.parametrize(
    ("release", "ecosystem", "database"),
    [
        (OsRelease("debian", "12", "Debian GNU/Linux"), "Debian:12", "dpkg"),
        (OsRelease("debian", "9"), "Debian:9", "dpkg"),
        (OsRelease("debian", "", "Debian", "Debian GNU/Linux forky/sid", "forky"), "Debian:14", "dpkg"),
        (OsRelease("debian", "sid"), "Debian:sid", "dpkg"),
        (OsRelease("ubuntu", "22.04"), "Ubuntu:22.04:LTS", "dpkg"),
        (OsRelease("ubuntu", "24.10"), "Ubuntu:24.10", "dpkg"),
        (OsRelease("ubuntu", "25.04"), "Ubuntu:25.04", "dpkg"),
        (OsRelease("echo", "1"), "Echo", "dpkg"),
        (OsRelease("alpine", "3.19.1"), "Alpine:v3.19", "apk"),
        (OsRelease("alpine", "3.21_alpha20240923"), "Alpine:edge", "apk"),
        (OsRelease("wolfi", "20230201"), "Wolfi", "apk"),
        (OsRelease("chainguard", "20230214"), "Chainguard", "apk"),
        (OsRelease("minimos", "20240101"), "MinimOS", "apk"),
        (OsRelease("alpaquita", "stream"), "Alpaquita:stream", "apk"),
        (OsRelease("alpaquita", "23"), "Alpaquita:23", "apk"),
        (OsRelease("bellsoft-hardened-containers", "25"), "BellSoft Hardened Containers:25", "apk"),
        (OsRelease("clnstrt", "20250901"), "CleanStart", "apk"),
        (OsRelease("cleanstart", ""), "CleanStart", "apk"),
        (OsRelease("rocky", "9.3"), "Rocky Linux:9", "rpm"),
        (OsRelease("almalinux", "8.10"), "AlmaLinux:8", "rpm"),
        (OsRelease("azurelinux", "3.0"), "Azure Linux:3", "rpm"),
        (OsRelease("mariner", "2.0"), "Azure Linux:2", "rpm"),
        (OsRelease("ol", "8.10"), "Oracle Linux:8", "rpm"),
        (OsRelease("amzn", "2023"), "Amazon Linux:2023", "rpm"),
        (OsRelease("amzn", "2"), "Amazon Linux:2", "rpm"),
        (OsRelease("amzn", "2018.03"), "Amazon Linux:1", "rpm"),
        (OsRelease("fedora", "42"), "Fedora:42", "rpm"),
        (OsRelease("rhel", "9.4"), "Red Hat:enterprise_linux:9", "rpm"),
        (OsRelease("sles", "15.5"), "SUSE:Linux Enterprise Server 15 SP5", "rpm"),
        (OsRelease("sles", "15"), "SUSE:Linux Enterprise Server 15", "rpm"),
        (OsRelease("sles", "16.0"), "SUSE:Linux Enterprise Server 16.0", "rpm"),
        (OsRelease("opensuse-leap", "15.6"), "openSUSE:Leap 15.6", "rpm"),
        (OsRelease("opensuse-tumbleweed", "20260101"), "openSUSE:Tumbleweed", "rpm"),
        (OsRelease("mageia", "9"), "Mageia:9", "rpm"),
        (OsRelease("photon", "5.0"), "Photon OS:5.0", "rpm"),
        (OsRelease("openeuler", "24.03", "", "openEuler 24.03 (LTS-SP1)"), "openEuler:24.03-LTS-SP1", "rpm"),
        (OsRelease("openeuler", "24.09", "", "openEuler 24.09"), "openEuler:24.09", "rpm"),
    ],
)
def test_packages_of_a_distribution_with_a_feed_are_judged(release: OsRelease, ecosystem: str, database: str) -> None:
    shown = release.pretty_name or release.name or release.id
    assert judge_release(release, PATH) == Judgement(
        Distribution(release.id, release.version_id, shown, ecosystem), ecosystem, (), database, vendors_of(release.id)
    )


@pytest.mark.parametrize(
    ("identity", "version_id", "ecosystem", "database"),
    [
        ("centos", "7", "CentOS:7", "rpm"),
        ("kali", "2024.1", "kali:2024.1", ""),
        ("arch", "", "arch", ""),
        ("we/ird", "", "unnamed", ""),
    ],
)
def test_other_distributions_keep_their_own_ecosystem_and_are_a_gap(
    identity: str, version_id: str, ecosystem: str, database: str
) -> None:
    gap = Gap(GapKind.DISTRIBUTION_UNSUPPORTED, PATH, f"{identity} ({ecosystem})")
    distribution = Distribution(identity, version_id, identity, "")
    expected = Judgement(distribution, ecosystem, (gap,), database, vendors_of(identity))
    assert judge_release(OsRelease(identity, version_id), PATH) == expected


@pytest.mark.parametrize(
    ("identity", "version_id", "ecosystem", "database"),
    [
        ("debian", "", "Debian", "dpkg"),
        ("debian", "12:13", "Debian", "dpkg"),
        ("debian", "next", "Debian", "dpkg"),
        ("ubuntu", "rolling", "Ubuntu", "dpkg"),
        ("alpine", "", "Alpine", "apk"),
        ("rocky", "", "Rocky Linux", "rpm"),
        ("photon", "", "Photon OS", "rpm"),
        ("amzn", "", "Amazon Linux", "rpm"),
        ("sles", "", "SUSE", "rpm"),
    ],
)
def test_a_release_without_number_is_not_comparable_and_a_gap(
    identity: str, version_id: str, ecosystem: str, database: str
) -> None:
    gap = Gap(GapKind.RELEASE_UNKNOWN, PATH, "no release number: testing/sid")
    release = OsRelease(identity, version_id, pretty_name="testing/sid")
    distribution = Distribution(identity, version_id, "testing/sid", "")
    expected = Judgement(distribution, ecosystem, (gap,), database, vendors_of(identity))
    assert judge_release(release, PATH) == expected


def test_an_os_release_that_names_nothing_is_a_gap() -> None:
    gap = Gap(GapKind.RELEASE_UNKNOWN, PATH, "no release number: neither ID nor NAME")
    assert judge_release(OsRelease(""), PATH) == Judgement(None, "", (gap,))
