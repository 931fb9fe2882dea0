"""A package with what it is matched by: the name advisories use, the version they judge, and its key.

Called wherever a package is stored. Which scheme belongs to an ecosystem is said in `dogwatch.versions`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from dogwatch.model.packages import KeyedPackage, Package
from dogwatch.versions import (
    UNNAMED_STREAM,
    NotComparable,
    VersionScheme,
    family_of,
    is_named_by_binary,
    name_in_stream,
    scheme_of,
    spelling_of,
    variant_of,
    why_not_comparable,
)

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


_STREAMS_TOLD = frozenset({"AlmaLinux", "Oracle Linux", "Red Hat", "Rocky Linux"})
"""Their advisories say for which module stream they are, and are told apart by it."""

OTHER_VENDOR = "built by {vendor}, not by the distribution"
"""Why a package of another vendor is not judged by the distribution's ranges."""

MODULE_STREAM = "built for the module stream {module}, and advisories do not say for which stream they are"
"""Why a package of a module is not judged: a fix of one stream proves nothing for another."""

VARIANT = "built as a variant ({mark}) beside the plain package, whose fixes are numbered otherwise"
"""Why a variant is not judged by what is said of the plain package."""

UNTOLD_STREAM = "built for a module stream, and it does not say for which"
"""Why a package is not judged that is known to be of a module by its release alone."""


_KEPT_ECOSYSTEMS = 256
"""Releases included, an image has a few and all feeds together about two hundred."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds for all packages of an ecosystem; `scheme` is None where no order of versions is known."""

    scheme: VersionScheme | None
    spell: Callable[[str], str]
    is_named_by_binary: bool
    tells_streams: bool


@lru_cache(maxsize=_KEPT_ECOSYSTEMS)
def _rules_of(ecosystem: str) -> _Rules:
    """Return the rules of an ecosystem: found once, and not for each package anew."""
    return _Rules(
        scheme_of(ecosystem),
        spelling_of(ecosystem),
        is_named_by_binary(ecosystem),
        family_of(ecosystem) in _STREAMS_TOLD,
    )


def is_distribution(ecosystem: str) -> bool:
    """Say whether an ecosystem is a distribution, so that whoever judges it speaks of its own packages."""
    return family_of(ecosystem) in _DISTRIBUTIONS


def goes_by_source(ecosystem: str) -> bool:
    """Say whether an ecosystem's advisories name source packages, which a package does not tell by its own name."""
    return is_distribution(ecosystem) and not is_named_by_binary(ecosystem)


def match_name(package: Package) -> str:
    """Return the name that advisories use of a package; see `key_package`."""
    rules = _rules_of(package.ecosystem)
    return _name_by(package, rules, by_source=_is_by_source(package, rules))


def key_package(package: Package) -> KeyedPackage:
    """Give a package the name, version and key it is matched by.

    Where the package knows its source package, advisories mostly name that one and judge its version; a binary may
    carry another version than its source. A package of a module stream is matched by what is said of that stream.
    Packages of another vendor have no key, since what the distribution says is not about them, and neither have its own
    variants, nor those of a stream where package or advisories do not say of which.

    Args:
        package: as found in an image.

    Returns:
        The package with its key. Where there is none, `not_comparable` says why; an ecosystem without a scheme has the
        scheme "" with number 0.
    """
    rules = _rules_of(package.ecosystem)
    by_source = _is_by_source(package, rules)
    name = _name_by(package, rules, by_source=by_source)
    version = (package.source_version or package.version) if by_source else package.version
    scheme = rules.scheme
    if scheme is None:
        return KeyedPackage(package, name, version, "", 0, None, NotComparable.NO_SCHEME.value)
    if reason := _why_not_judged(package, rules):
        return KeyedPackage(package, name, version, scheme.name, scheme.number, None, reason)
    key = scheme.sort_key(version)
    reason = "" if key is not None else str(why_not_comparable(scheme.name, version))
    return KeyedPackage(package, name, version, scheme.name, scheme.number, key, reason)


def _is_by_source(package: Package, rules: _Rules) -> bool:
    return bool(package.source_name) and not rules.is_named_by_binary


def _name_by(package: Package, rules: _Rules, *, by_source: bool) -> str:
    name = rules.spell(package.source_name if by_source else package.name)
    return name_in_stream(package.module, name) if rules.tells_streams else name


def _why_not_judged(package: Package, rules: _Rules) -> str:
    """Say why what advisories say of a package's name is not about it; empty where it is."""
    if package.vendor:
        return OTHER_VENDOR.format(vendor=package.vendor)
    if mark := variant_of(package.ecosystem, package.version):
        return VARIANT.format(mark=mark)
    if package.module == UNNAMED_STREAM:
        return UNTOLD_STREAM
    if package.module and not rules.tells_streams:
        return MODULE_STREAM.format(module=package.module)
    return ""
