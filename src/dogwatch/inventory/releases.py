"""How each distribution writes its releases: from the fields of os-release to the part behind the ecosystem's colon.

Strings only; `distributions` judges what follows. Names are OSV's where it has them, our own for the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dogwatch.inventory.evidence import OsRelease

DEBIAN_CODENAMES: Final = {
    "buster": "10",
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
    "forky": "14",
    "sid": "sid",
}
"""Testing and unstable have no number in os-release but the codename of the release that they will become."""

UBUNTU_CODENAMES: Final = {
    "trusty": "14.04",
    "xenial": "16.04",
    "bionic": "18.04",
    "focal": "20.04",
    "jammy": "22.04",
    "noble": "24.04",
    "oracular": "24.10",
    "plucky": "25.04",
    "questing": "25.10",
    "resolute": "26.04",
}
"""What package URLs call releases that os-release numbers."""

_RELEASE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
_NUMBERED = re.compile(r"\d+(?:\.\d+)*")
_PARTS = re.compile(r"(\d{1,4})\.(\d{1,2})(.*)")

_AMAZON_FIRST = re.compile(r"201[0-8]\.\d\d")  # Amazon Linux 1 was numbered by year and month


@dataclass(frozen=True, slots=True)
class KnownDistribution:
    """One distribution: its ecosystem without release, its kind of package database, and how it writes releases.

    `release_of` returns what stands behind the colon, empty for rolling ones, None where os-release does not tell.
    `vendors` are how the names begin, in lower case, by which its own rpms are signed for.
    """

    family: str
    database: str
    release_of: Callable[[OsRelease], str | None]
    vendors: tuple[str, ...] = ()


def number_of(release: OsRelease) -> str:
    """Return VERSION_ID, or nothing where it is not told or not of any form that releases have."""
    return release.version_id if _RELEASE.fullmatch(release.version_id) else ""


def _whole(release: OsRelease) -> str | None:
    return number_of(release) or None


def _major(release: OsRelease) -> str | None:
    return number_of(release).partition(".")[0] or None


def _rolling(_: OsRelease) -> str:
    return ""


def _debian(release: OsRelease) -> str | None:
    number = number_of(release)
    if number:
        return number if _NUMBERED.fullmatch(number) else DEBIAN_CODENAMES.get(number)
    return DEBIAN_CODENAMES.get(release.version_codename)


def _ubuntu(release: OsRelease) -> str | None:
    number = number_of(release)
    parts = re.fullmatch(r"(\d\d)\.(04|10)", number)
    if parts is None:
        return None
    is_long_term = int(parts[1]) % 2 == 0 and parts[2] == "04"
    return f"{number}:LTS" if is_long_term else number


def _alpine(release: OsRelease) -> str | None:
    parts = _PARTS.fullmatch(number_of(release))
    if parts is None:
        return None
    return "edge" if "alpha" in parts[3] else f"v{parts[1]}.{parts[2]}"


def _amazon(release: OsRelease) -> str | None:
    number = number_of(release)
    return "1" if _AMAZON_FIRST.fullmatch(number) else number.partition(".")[0] or None


def _enterprise_linux(release: OsRelease) -> str | None:
    major = _major(release)
    return f"enterprise_linux:{major}" if major else None


def _suse(release: OsRelease) -> str | None:
    parts = _PARTS.fullmatch(number_of(release))
    if parts is not None and int(parts[1]) >= 16:
        return f"Linux Enterprise Server {parts[1]}.{parts[2]}"
    if parts is not None and parts[2] != "0":
        return f"Linux Enterprise Server {parts[1]} SP{parts[2]}"
    major = _major(release)
    return f"Linux Enterprise Server {major}" if major else None


def _leap(release: OsRelease) -> str | None:
    number = number_of(release)
    return f"Leap {number}" if number else None


def _open_euler(release: OsRelease) -> str | None:
    """Return the number with what stands in parentheses behind it: `openEuler 24.03 (LTS-SP1)` is 24.03-LTS-SP1."""
    number = number_of(release)
    found = re.search(r"\((LTS(?:-SP\d+)?)\)", release.pretty_name)
    return (f"{number}-{found[1]}" if found else number) if number else None


DISTRIBUTIONS: Final = {
    "debian": KnownDistribution("Debian", "dpkg", _debian),
    "ubuntu": KnownDistribution("Ubuntu", "dpkg", _ubuntu),
    "echo": KnownDistribution("Echo", "dpkg", _rolling),
    "alpine": KnownDistribution("Alpine", "apk", _alpine),
    "wolfi": KnownDistribution("Wolfi", "apk", _rolling),
    "chainguard": KnownDistribution("Chainguard", "apk", _rolling),
    "minimos": KnownDistribution("MinimOS", "apk", _rolling),
    "alpaquita": KnownDistribution("Alpaquita", "apk", _whole),  # 23, 25, or stream
    "bellsoft-hardened-containers": KnownDistribution("BellSoft Hardened Containers", "apk", _whole),
    "cleanstart": KnownDistribution("CleanStart", "apk", _rolling),
    "clnstrt": KnownDistribution("CleanStart", "apk", _rolling),  # the same, as its images say it up to now
    "rhel": KnownDistribution("Red Hat", "rpm", _enterprise_linux, ("red hat",)),
    "centos": KnownDistribution("CentOS", "rpm", _major, ("centos",)),
    "rocky": KnownDistribution("Rocky Linux", "rpm", _major, ("rocky",)),
    "almalinux": KnownDistribution("AlmaLinux", "rpm", _major, ("almalinux",)),
    "ol": KnownDistribution("Oracle Linux", "rpm", _major, ("oracle america",)),
    "amzn": KnownDistribution("Amazon Linux", "rpm", _amazon, ("amazon",)),
    "fedora": KnownDistribution("Fedora", "rpm", _major, ("fedora",)),
    "sles": KnownDistribution("SUSE", "rpm", _suse, ("suse",)),
    "opensuse-leap": KnownDistribution("openSUSE", "rpm", _leap, ("opensuse", "suse")),
    "opensuse-tumbleweed": KnownDistribution("openSUSE", "rpm", lambda _: "Tumbleweed", ("opensuse", "suse")),
    "photon": KnownDistribution("Photon OS", "rpm", _whole, ("vmware", "broadcom")),
    "azurelinux": KnownDistribution("Azure Linux", "rpm", _major, ("microsoft",)),
    "mariner": KnownDistribution("Azure Linux", "rpm", _major, ("microsoft",)),  # its name before version 3
    "openeuler": KnownDistribution(
        "openEuler", "rpm", _open_euler, ("openeuler", "http://openeuler.org", "https://openeuler.org")
    ),
    "mageia": KnownDistribution("Mageia", "rpm", _major, ("mageia",)),
}
"""By the ID of os-release, in lower case."""


def is_rolling(family: str) -> bool:
    """Say whether a distribution has no releases, so that its packages are of the family alone."""
    return any(known.family == family and known.release_of is _rolling for known in DISTRIBUTIONS.values())
