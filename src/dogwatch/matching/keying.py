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
        "Amazon Linux",
        "Azure Linux",
        "BellSoft Hardened Containers",
        "Chainguard",
        "CleanStart",
        "Debian",
        "Echo",
        "Fedora",
        "Mageia",
        "MinimOS",
        "Oracle Linux",
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


_NAMED_BY_BINARY = frozenset(
    {"AlmaLinux", "Amazon Linux", "Azure Linux", "Fedora", "Oracle Linux", "Photon OS", "Red Hat"}
)
"""Their advisories name the packages that are installed; those of all other distributions name the source package."""

OTHER_VENDOR = "built by {vendor}, not by the distribution"
"""Why a package of another vendor is not judged by the distribution's ranges."""

MODULE_STREAM = "built for the module stream {module}, and advisories do not say for which stream they are"
"""Why a package of a module is not judged: a fix of one stream proves nothing for another."""


def is_distribution(ecosystem: str) -> bool:
    """Say whether an ecosystem is a distribution, so that whoever judges it speaks of its own packages."""
    return family_of(ecosystem) in _DISTRIBUTIONS


def key_package(package: Package) -> KeyedPackage:
    """Give a package the name, version and key it is matched by.

    Where the package knows its source package, advisories mostly name that one and judge its version; a binary may
    carry another version than its source. Packages of another vendor or of a module stream have no key: what the
    distribution says is not about them.

    Args:
        package: as found in an image.

    Returns:
        The package with its key. Where there is none, `not_comparable` says why; an ecosystem without a scheme has the
        scheme "" with number 0.
    """
    by_source = bool(package.source_name) and family_of(package.ecosystem) not in _NAMED_BY_BINARY
    name = normalise_name(package.ecosystem, package.source_name if by_source else package.name)
    version = (package.source_version or package.version) if by_source else package.version
    scheme = scheme_of(package.ecosystem)
    if scheme is None:
        return KeyedPackage(package, name, version, "", 0, None, NotComparable.NO_SCHEME.value)
    if package.vendor or package.module:
        reason = (
            OTHER_VENDOR.format(vendor=package.vendor)
            if package.vendor
            else MODULE_STREAM.format(module=package.module)
        )
        return KeyedPackage(package, name, version, scheme.name, scheme.number, None, reason)
    key = scheme.sort_key(version)
    reason = "" if key is not None else str(why_not_comparable(scheme.name, version))
    return KeyedPackage(package, name, version, scheme.name, scheme.number, key, reason)
