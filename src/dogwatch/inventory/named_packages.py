"""A package as people name it: a package URL, or name@version with its ecosystem. Strings only.

Called when somebody asks about a package that they type.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from dogwatch.inventory.distributions import judge_release
from dogwatch.inventory.evidence import OsRelease
from dogwatch.inventory.limits import DEFAULT_LIMITS
from dogwatch.inventory.naming import is_keepable
from dogwatch.inventory.package_urls import LANGUAGES, parse_package_url
from dogwatch.inventory.releases import DISTRIBUTIONS
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.packages import Package
from dogwatch.versions.ecosystems import FAMILIES, family_of

_SPELLINGS: Final = (
    {family.lower(): family for family in FAMILIES}
    | {name: one.family for release_id, one in DISTRIBUTIONS.items() for name in (release_id, one.family.lower())}
    | LANGUAGES
)
_LIKENESS: Final = 0.66
"""Of 1, from which on a name that nobody knows is taken for a mistyped one: `nmp` is, `Hackage` is not."""


def read_package(text: str, ecosystem: str = "") -> Package:
    """Return the package that a text names; its source package is known only where a package URL tells it.

    Args:
        text: a package URL, or name@version.
        ecosystem: of a name@version, a distribution's with its release (`Debian:12`); of a package URL that does not
            tell the release.

    Raises:
        InvalidRequestError: it is neither, or the ecosystem is missing, or a distribution's release: nothing would be
            found, which is no answer.
    """
    if ecosystem and not is_keepable(ecosystem, DEFAULT_LIMITS):
        raise InvalidRequestError("ecosystem", "no usable name")
    if text.startswith("pkg:"):
        try:
            package = parse_package_url(text)
        except ValueError as error:
            raise InvalidRequestError("package", f"{text[:100]!r}: {error}") from error
        return _with_release(replace(package, ecosystem=read_ecosystem(ecosystem)) if ecosystem else package)
    name, _, version = text.rpartition("@")
    if not (is_keepable(name, DEFAULT_LIMITS) and is_keepable(version, DEFAULT_LIMITS)):
        reason = f"{text[:100]!r} tells no version: name@version or a package URL with one is needed"
        raise InvalidRequestError("package", reason)
    if not ecosystem:
        raise InvalidRequestError("ecosystem", "of which is the package? Such as Debian:12, PyPI, npm")
    return _with_release(Package(read_ecosystem(ecosystem), name, version))


def read_ecosystem(text: str) -> str:
    """Return an ecosystem as OSV writes it: `pypi` is PyPI, `debian:12` Debian:12, `alpine:3.20` Alpine:v3.20.

    Raises:
        InvalidRequestError: it is not known, and looks like one that is.
    """
    family, _, release = text.partition(":")
    if not release:
        return _SPELLINGS.get(text.lower()) or _unless_mistyped(text, family)
    if family.lower() not in DISTRIBUTIONS:
        return _unless_mistyped(text, family)
    told = judge_release(OsRelease(id=family.lower(), version_id=release), "").ecosystem
    return told if ":" in told else text


def _unless_mistyped(text: str, family: str) -> str:
    likely = get_close_matches(family.lower(), _SPELLINGS, n=1, cutoff=_LIKENESS)
    if likely and family_of(text) not in FAMILIES:
        raise InvalidRequestError("ecosystem", f"{family[:100]!r} is not known; did you mean {_SPELLINGS[likely[0]]}?")
    return text


def _with_release(package: Package) -> Package:
    nothing_told = OsRelease(id="", version_id="")
    families = {one.family for one in DISTRIBUTIONS.values() if one.release_of(nothing_told) is None}
    if package.ecosystem in families:
        raise InvalidRequestError("ecosystem", f"which release of {package.ecosystem}? Such as Debian:12, Alpine:v3.20")
    return package
