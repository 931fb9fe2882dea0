"""A package with what it is matched by: the name advisories use, the version they judge, and its key.

Called wherever a package is stored. Which scheme belongs to an ecosystem is said in `dogwatch.versions`.
"""

from __future__ import annotations

from dogwatch.model.packages import KeyedPackage, Package
from dogwatch.versions import NotComparable, family_of, normalise_name, scheme_of, why_not_comparable

_DISTRIBUTIONS = frozenset(
    {
        "AlmaLinux",
        "Alpaquita",
        "Alpine",
        "Azure Linux",
        "BellSoft Hardened Containers",
        "Chainguard",
        "CleanStart",
        "Debian",
        "Echo",
        "Mageia",
        "MinimOS",
        "Photon OS",
        "Red Hat",
        "Rocky Linux",
        "SUSE",
        "Ubuntu",
        "Wolfi",
        "openEuler",
        "openSUSE",
    }
)


def is_distribution(ecosystem: str) -> bool:
    """Say whether an ecosystem is a distribution, so that whoever judges it speaks of its own packages."""
    return family_of(ecosystem) in _DISTRIBUTIONS


def key_package(package: Package) -> KeyedPackage:
    """Give a package the name, version and key it is matched by.

    Where the package knows its source package, advisories name that one and judge its version; a binary may carry
    another version than its source.

    Args:
        package: as found in an image.

    Returns:
        The package with its key. Where there is none, `not_comparable` says why; an ecosystem without a scheme has the
        scheme "" with number 0.
    """
    name = normalise_name(package.ecosystem, package.source_name or package.name)
    version = (package.source_version or package.version) if package.source_name else package.version
    scheme = scheme_of(package.ecosystem)
    if scheme is None:
        return KeyedPackage(package, name, version, "", 0, None, NotComparable.NO_SCHEME.value)
    key = scheme.sort_key(version)
    reason = "" if key is not None else str(why_not_comparable(scheme.name, version))
    return KeyedPackage(package, name, version, scheme.name, scheme.number, key, reason)
