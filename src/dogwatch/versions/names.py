"""How each ecosystem spells the one name of a package.

Packages and advisories meet under the normalised name and nothing else. Called wherever either is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from dogwatch.versions.ecosystems import family_of

UNNAMED_STREAM: Final = "unnamed"
"""The module stream of what is known to be built for one, and does not say which."""

_PYPI_SEPARATORS = re.compile(r"[-_.]+")
_URL_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")


_NAMED_BY_BINARY: Final = frozenset(
    {
        *("AlmaLinux", "Amazon Linux", "Azure Linux", "Fedora", "Oracle Linux", "Photon OS", "Red Hat"),
        *("SUSE", "openSUSE"),
    }
)
"""Their advisories name the packages that are installed; those of all other distributions name the source package."""


_VARIANTS: Final = {"Oracle Linux": re.compile(r"ksplice|_fips"), "Ubuntu": re.compile(r"[Ff]ips")}
"""What versions hold that a distribution builds beside its plain ones, with fixes and numbers of their own."""


def is_named_by_binary(ecosystem: str) -> bool:
    """Say whether advisories of a distribution name its binary packages, so that nobody needs to know the source."""
    return family_of(ecosystem) in _NAMED_BY_BINARY


def variant_of(ecosystem: str, version: str) -> str:
    """Return the mark of the variant that a version is of (`_fips`, `ksplice`), of which plain ones say nothing."""
    marks = _VARIANTS.get(family_of(ecosystem))
    found = marks.search(version) if marks else None
    return found[0] if found else ""


def normalise_name(ecosystem: str, name: str) -> str:
    """Return the name under which packages and advisories of an ecosystem meet, as `spelling_of` has it."""
    return spelling_of(ecosystem)(name)


def spelling_of(ecosystem: str) -> Callable[[str], str]:
    """Return what makes of a name the one under which packages and advisories of an ecosystem meet.

    Args:
        ecosystem: an OSV ecosystem string, with or without its release.

    Returns:
        From a name as written in a package or an advisory, it makes for PyPI: lower case, runs of `-`, `_`, `.` become
        one `-`. NuGet, Packagist, GitHub Actions: lower case. SwiftURL: without scheme, trailing slashes and `.git`,
        the host in lower case. All others, distributions included: the name itself.

    Source:
        PyPI: name normalisation in the Python Packaging User Guide (PEP 503). Others: OSV schema 1.7.3, section
        affected.package.
    """
    return _SPELLINGS.get(family_of(ecosystem), str)


def name_in_stream(module: str, name: str) -> str:
    """Return the name under which a package of a module stream meets what is said of that stream, and nothing else.

    Args:
        module: name and stream (`nodejs:18`), or `UNNAMED_STREAM`; empty for a package of no module.
        name: the package's, as it would be outside.
    """
    return f"{module}/{name}" if module else name


def _normalise_repository(address: str) -> str:
    address = _URL_SCHEME.sub("", address).rstrip("/").removesuffix(".git").rstrip("/")
    host, slash, path = address.partition("/")
    return host.lower() + slash + path


def _normalise_project(name: str) -> str:
    return _PYPI_SEPARATORS.sub("-", name).lower()


_SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "PyPI": _normalise_project,
    "NuGet": str.lower,
    "Packagist": str.lower,
    "GitHub Actions": str.lower,
    "SwiftURL": _normalise_repository,
}
