"""Package URLs: to packages that advisories can be found for, and back. Strings only.

Called by `bills`, which reads bills of materials, and by whoever writes packages for others to read.

Source:
    Package URL specification 1.0, with the types deb, apk, rpm and those of languages;
    qualifiers as syft and trivy write them.
"""

from __future__ import annotations

import re
from typing import Final

from packageurl import PackageURL

from dogwatch.inventory.distributions import judge_release
from dogwatch.inventory.evidence import OsRelease
from dogwatch.inventory.limits import DEFAULT_LIMITS, Limits
from dogwatch.inventory.naming import is_keepable
from dogwatch.inventory.releases import DEBIAN_CODENAMES, DISTRIBUTIONS, UBUNTU_CODENAMES
from dogwatch.inventory.rpm.modules import read_module
from dogwatch.model.known_products import CPE_ECOSYSTEM, PRODUCTS
from dogwatch.model.packages import Package
from dogwatch.model.release_endings import RELEASE_PACKAGE, RELEASES_ECOSYSTEM
from dogwatch.versions import UNNAMED_STREAM, scheme_of

LANGUAGES: Final = {
    "bitnami": "Bitnami",
    "cargo": "crates.io",
    "composer": "Packagist",
    "conda": "Conda",
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
"""Types of package URLs → ecosystems of languages."""

_TYPES: Final = {ecosystem: kind for kind, ecosystem in LANGUAGES.items()}
_SEPARATORS: Final = {"Maven": ":"}
"""Between the namespace and the name, where it is no slash."""

_SYSTEM_TYPES: Final = {"deb": "dpkg", "apk": "apk", "rpm": "rpm"}
"""Of distributions' packages → their kind of package database."""

_IDS: Final = {
    "redhat": "rhel",
    "alma": "almalinux",
    "oracle": "ol",
    "amazon": "amzn",
    "cbl-mariner": "mariner",
    "opensuse.leap": "opensuse-leap",
    "opensuse.tumbleweed": "opensuse-tumbleweed",
    "suse.linux.enterprise.server": "sles",
}
"""What package URLs and tools call distributions → their ID in os-release, where that is another."""

_MODULE_LABELS: Final = ("rpmmod", "modularitylabel")
"""What syft and trivy call the label of a module, whose first two parts are its name and stream."""

_SOURCE_RPM: Final = re.compile(r"(?P<name>.+)-(?P<version>[^-]+-[^-]+)\.(?:no)?src\.rpm")


def parse_package_url(
    text: str, fallback: OsRelease | None = None, limits: Limits = DEFAULT_LIMITS, *, needs_version: bool = True
) -> Package:
    """Return the package that a package URL names.

    Args:
        text: the package URL.
        fallback: the distribution that the whole document names, for distribution packages that name none.
        limits: caps on names and versions.
        needs_version: whether one without a version is refused.

    Returns:
        The package. A distribution's package whose release is not told has the family alone as its ecosystem.

    Raises:
        ValueError: it does not parse, is of a kind that is not judged, or lacks a usable name or version.
    """
    url = PackageURL.from_string(text)
    ecosystem = LANGUAGES.get(url.type, "")
    separator = _SEPARATORS.get(ecosystem, "/")
    name = f"{url.namespace}{separator}{url.name}" if ecosystem and url.namespace else url.name
    version = url.version or ""
    is_versioned = is_keepable(version, limits) or not (version or needs_version)
    if not (is_keepable(name, limits) and is_versioned):
        raise ValueError("no usable name and version")
    qualifiers = url.qualifiers
    if ecosystem:
        return Package(ecosystem, name, version)
    if url.type == "generic" and (ours := _generic(f"{url.namespace or ''}:{url.name}", version)) is not None:
        return ours
    if url.type not in _SYSTEM_TYPES:
        raise ValueError(f"packages of type {url.type} are not judged")
    arch = qualifiers.get("arch", "")
    before = f"{epoch}:" if url.type == "rpm" and (epoch := qualifiers.get("epoch", "0")) != "0" else ""
    version = before + version if version else ""
    source_name, source_version = _source(url.type, qualifiers.get("upstream", ""), before)
    label = next((qualifiers[each] for each in _MODULE_LABELS if each in qualifiers), "")
    module = read_module(label, version) if url.type == "rpm" else ""
    if not all(is_keepable(each or "-", limits) for each in (version, source_name, module)):
        raise ValueError("no usable name and version")
    return Package(
        _ecosystem(url.namespace or "", qualifiers.get("distro", ""), fallback),
        name,
        version,
        arch if is_keepable(arch, limits) and arch not in ("source", "src") else "",
        source_name or name,
        source_version if is_keepable(source_version, limits) else version,
        module,
    )


def _generic(name: str, version: str) -> Package | None:
    """Return the package of a generic URL that `write_package_url` makes; None for anybody else's."""
    if name in PRODUCTS:
        return Package(CPE_ECOSYSTEM, name, version)
    return Package(RELEASES_ECOSYSTEM, RELEASE_PACKAGE, version) if name == f":{RELEASE_PACKAGE}" else None


def _source(kind: str, upstream: str, before: str) -> tuple[str, str]:
    """Return name and version of the source package; the version is empty where it is not told.

    For rpm the qualifier is the file name of the source rpm, which has no epoch: it is the package's own.
    """
    if kind == "rpm":
        found = _SOURCE_RPM.fullmatch(upstream)
        return (found["name"], before + found["version"]) if found else ("", "")
    name, _, version = upstream.partition("@")
    return name, version


def names_source(text: str) -> bool:
    """Say whether a package URL of a distribution names the source package."""
    return "upstream=" in text


def is_rpm(package: Package) -> bool:
    """Say whether a package is an rpm of a distribution that is judged: its version may begin with an epoch."""
    scheme = scheme_of(package.ecosystem)
    return scheme is not None and scheme.name == "rpm"


def names_epoch(text: str) -> bool:
    """Say whether a package URL of an rpm names the epoch."""
    return "epoch=" in text


def _ecosystem(namespace: str, distro: str, fallback: OsRelease | None) -> str:
    identifier, _, release = ("", "", distro) if distro.lower() in DISTRIBUTIONS else distro.rpartition("-")
    if release.lower() in DISTRIBUTIONS:
        identifier, release = release, ""
    identifier = (identifier or namespace or (fallback.id if fallback else "")).lower()
    identifier = _IDS.get(identifier, identifier)
    if identifier == "debian":
        release = DEBIAN_CODENAMES.get(release, release).partition(".")[0]
    if identifier == "ubuntu":
        release = UBUNTU_CODENAMES.get(release, release)
    if not release and fallback is not None and _IDS.get(fallback.id, fallback.id) == identifier:
        release = fallback.version_id
    return judge_release(OsRelease(id=identifier, version_id=release), "").ecosystem or identifier


def write_package_url(package: Package) -> str:
    """Return a package's package URL; of an ecosystem that has no type of its own, a generic one."""
    family, _, release = package.ecosystem.partition(":")
    separators = _SEPARATORS.get(family, "/")
    if not package.name.rpartition(separators)[2].strip().strip("/"):  # a URL has no place for such a name
        return PackageURL("generic", None, "unnamed", package.version).to_string()
    if family == CPE_ECOSYSTEM:  # no type of its own: vendor and product
        vendor, _, product = package.name.partition(":")
        return PackageURL("generic", vendor, product, package.version).to_string()
    if family in _TYPES:
        namespace, separator, name = package.name.rpartition(separators)
        return PackageURL(_TYPES[family], namespace if separator else None, name, package.version).to_string()
    for identifier, known in DISTRIBUTIONS.items():
        if known.family == family:
            return _write_system(package, identifier, known.database, release)
    return PackageURL("generic", None, package.name, package.version).to_string()


def _write_system(package: Package, identifier: str, database: str, release: str) -> str:
    """Return the package URL of a distribution's package; one whose release is words has none in its URL."""
    kind = next(kind for kind, one in _SYSTEM_TYPES.items() if one == database)
    qualifiers = {"arch": package.arch} if package.arch else {}
    number = release.removesuffix(":LTS").removeprefix("enterprise_linux:")
    number = number.removeprefix("v") if kind == "apk" else number
    if number and " " not in number:
        qualifiers["distro"] = f"{identifier}-{number}"
    version, source_version = package.version, package.source_version
    if kind == "rpm":
        epoch, colon, rest = version.partition(":")
        if colon and epoch.isdigit():
            qualifiers["epoch"], version = epoch, rest
            source_version = source_version.removeprefix(f"{epoch}:")
        if package.source_name:
            qualifiers["upstream"] = f"{package.source_name}-{source_version}.src.rpm"
        if package.module not in ("", UNNAMED_STREAM):
            qualifiers["rpmmod"] = package.module
    elif package.source_name and (package.source_name, source_version) != (package.name, version):
        qualifiers["upstream"] = package.source_name + (f"@{source_version}" if source_version != version else "")
    namespace = "redhat" if identifier == "rhel" else identifier
    return PackageURL(kind, namespace, package.name, version, qualifiers).to_string()
