"""Which version scheme orders the versions of an ecosystem.

The part of an ecosystem before the first colon decides; the part behind it is a release. An ecosystem without a scheme
is not an error: its versions are undetermined.
"""

from __future__ import annotations

from dogwatch.model.known_products import CPE_ECOSYSTEM
from dogwatch.versions.catalogue import SCHEMES, scheme_named
from dogwatch.versions.scheme import VersionScheme

EVERY_ECOSYSTEM = "*"
"""Of documents that are no feed of one ecosystem."""

_REBUILDERS = ("Root", "TuxCare")
"""They put the ecosystem whose packages they rebuild behind the colon; its order counts."""

_SCHEME_NAMES = {
    "Debian": "dpkg",
    "Ubuntu": "dpkg",
    "Echo": "dpkg",
    "Red Hat": "rpm",
    "AlmaLinux": "rpm",
    "Rocky Linux": "rpm",
    "CentOS": "rpm",
    "Oracle Linux": "rpm",
    "Amazon Linux": "rpm",
    "Fedora": "rpm",
    "SUSE": "rpm",
    "openSUSE": "rpm",
    "openEuler": "rpm",
    "Azure Linux": "rpm",
    "Mageia": "rpm",
    "Photon OS": "rpm",
    "Alpine": "apk",
    "Wolfi": "apk",
    "Chainguard": "apk",
    "MinimOS": "apk",
    "CleanStart": "apk",
    "Alpaquita": "apk",
    "BellSoft Hardened Containers": "apk",
    "PyPI": "pep440",
    "npm": "semver",
    "crates.io": "semver",
    "Go": "semver",
    "Hex": "semver",
    "SwiftURL": "semver",
    "Bitnami": "semver",
    CPE_ECOSYSTEM: "rpm",  # with pre-releases behind a tilde; letters (`1.0.2k`) order as OpenSSL means them
    "Julia": "semver",
    "GitHub Actions": "semver",
    "Kubernetes": "semver",
    "Docker Hardened Images": "semver",
    "VSCode": "semver",
    "Pub": "pub",
    "Maven": "maven",
    "RubyGems": "gem",
    "NuGet": "nuget",
    "Packagist": "composer",
}

FAMILIES = tuple(_SCHEME_NAMES)
"""Every ecosystem whose order is known, without releases."""


def family_of(ecosystem: str) -> str:
    """Return the ecosystem without its release: `Debian:12` is `Debian`, `Root:Alpine:3.18` is `Alpine`."""
    family, _, rest = ecosystem.partition(":")
    if family in _REBUILDERS and rest:
        family = rest.partition(":")[0]
    return family


def speaks_for(feed: str, ecosystem: str) -> bool:
    """Say whether a feed is about an ecosystem: `Debian` is about `Debian:12`, and `Debian:12` about itself alone.

    `EVERY_ECOSYSTEM` is about all of them.
    """
    return (
        feed == EVERY_ECOSYSTEM or ecosystem == feed or ecosystem.startswith(feed + ":") or family_of(ecosystem) == feed
    )


def keying_table() -> str:
    """Return by which schemes ecosystems are ordered, in one text: where it differs, stored keys may be out of date."""
    numbers = (f"{scheme.name}={scheme.number}" for scheme in SCHEMES)
    orders = (f"{family}:{name}" for family, name in _SCHEME_NAMES.items())
    return " ".join(sorted([*numbers, *orders]))


def scheme_of(ecosystem: str) -> VersionScheme | None:
    """Return the scheme that orders an ecosystem's versions.

    Args:
        ecosystem: an OSV ecosystem string, with or without its release.

    Returns:
        The scheme, or None where no order is known; what depends on it is then undetermined.

    Source:
        OSV schema 1.7.3, defined ecosystems; CentOS, Oracle Linux, Amazon Linux, Fedora and CPE are names of our own.
    """
    name = _SCHEME_NAMES.get(family_of(ecosystem))
    return None if name is None else scheme_named(name)
