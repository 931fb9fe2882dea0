"""Package URLs: to packages that advisories can be found for, and back. Strings only.

Called by `bill`, which reads bills of materials, and by whoever writes packages for others to read.

Source:
    Package URL specification 1.0, with the types deb and those of languages.
"""

from __future__ import annotations

import re
from typing import Final

from packageurl import PackageURL

from dogwatch.inventory.distributions import judge_release
from dogwatch.inventory.evidence import OsRelease
from dogwatch.inventory.limits import DEFAULT_LIMITS, Limits
from dogwatch.inventory.naming import is_keepable
from dogwatch.inventory.releases import DEBIAN_CODENAMES
from dogwatch.model.packages import Package
from dogwatch.versions import family_of

_LANGUAGES: Final = {
    "bitnami": "Bitnami",
    "cargo": "crates.io",
    "composer": "Packagist",
    "gem": "RubyGems",
    "golang": "Go",
    "hex": "Hex",
    "maven": "Maven",
    "npm": "npm",
    "nuget": "NuGet",
    "pub": "Pub",
    "pypi": "PyPI",
    "swift": "SwiftURL",
}
_TYPES: Final = {ecosystem: kind for kind, ecosystem in _LANGUAGES.items()}
_SEPARATORS: Final = {"Maven": ":"}
"""Between the namespace and the name, where it is no slash."""

_DISTRO = re.compile(r"(?:(?P<id>[a-z]+)-)?(?P<release>[0-9A-Za-z.]+)")


def parse_package_url(text: str, fallback: OsRelease | None = None, limits: Limits = DEFAULT_LIMITS) -> Package:
    """Return the package that a package URL names.

    Args:
        text: the package URL.
        fallback: the distribution that the whole document names, for distribution packages that name none.
        limits: caps on names and versions.

    Returns:
        The package. A distribution's package whose release is not told has the family alone as its ecosystem.

    Raises:
        ValueError: it does not parse, is of a kind that is not judged, or lacks a usable name or version.
    """
    url = PackageURL.from_string(text)
    ecosystem = _LANGUAGES.get(url.type, "")
    separator = _SEPARATORS.get(ecosystem, "/")
    name = f"{url.namespace}{separator}{url.name}" if ecosystem and url.namespace else url.name
    version = url.version or ""
    if not (is_keepable(name, limits) and is_keepable(version, limits)):
        raise ValueError("no usable name and version")
    qualifiers = url.qualifiers
    if ecosystem:
        return Package(ecosystem, name, version)
    if url.type == "deb":
        ecosystem = _ecosystem(url.namespace or "", qualifiers.get("distro", ""), fallback)
        source_name, _, source_version = qualifiers.get("upstream", "").partition("@")
        if source_name and not is_keepable(source_name, limits):
            source_name = source_version = ""
        arch = qualifiers.get("arch", "")
        return Package(
            ecosystem,
            name,
            version,
            arch if is_keepable(arch, limits) and arch != "source" else "",
            source_name or name,
            source_version if is_keepable(source_version, limits) else version,
        )
    raise ValueError(f"packages of type {url.type} are not judged")


def names_source(text: str) -> bool:
    """Say whether a package URL of a distribution names the source package."""
    return "upstream=" in text


def _ecosystem(namespace: str, distro: str, fallback: OsRelease | None) -> str:
    found = _DISTRO.fullmatch(distro)
    family = (found["id"] if found and found["id"] else "") or namespace or (fallback.id if fallback else "")
    release = found["release"] if found else ""
    release = DEBIAN_CODENAMES.get(release, release)
    if family == "debian":
        release = release.partition(".")[0]
    if not release and fallback is not None and fallback.id == family:
        release = fallback.version_id
    return judge_release(OsRelease(id=family, version_id=release), "").ecosystem or family


def write_package_url(package: Package) -> str:
    """Return a package's package URL; of an ecosystem that has no type of its own, a generic one."""
    family, _, release = package.ecosystem.partition(":")
    if family in _TYPES:
        namespace, separator, name = package.name.rpartition(_SEPARATORS.get(family, "/"))
        return PackageURL(_TYPES[family], namespace if separator else None, name, package.version).to_string()
    if family_of(package.ecosystem) in ("Debian", "Ubuntu"):
        return _write_deb(package, family.lower(), release.partition(":LTS")[0])
    return PackageURL("generic", None, package.name, package.version).to_string()


def _write_deb(package: Package, distribution: str, release: str) -> str:
    qualifiers: dict[str, str] = {}
    if package.arch:
        qualifiers["arch"] = package.arch
    if release:
        qualifiers["distro"] = f"{distribution}-{release}"
    if package.source_name and (package.source_name, package.source_version) != (package.name, package.version):
        other = package.source_version != package.version
        qualifiers["upstream"] = package.source_name + (f"@{package.source_version}" if other else "")
    return PackageURL("deb", distribution, package.name, package.version, qualifiers).to_string()
