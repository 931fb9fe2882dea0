"""The products that VEX statements speak of: package URLs become the packages that they name outright."""

from __future__ import annotations

from dataclasses import replace

from packageurl import PackageURL

from dogwatch.advisories.limits import TEXT_LIMITS
from dogwatch.advisories.vers import read_vers
from dogwatch.inventory.package_urls import parse_package_url
from dogwatch.inventory.releases import is_rolling
from dogwatch.model.advisories import AffectedPackage, Naming
from dogwatch.model.operator_documents import ImageProduct
from dogwatch.versions import family_of, is_named_by_binary, normalise_name, scheme_of

_SOURCE_ARCHES = ("source", "src")
_SYSTEM_TYPES = ("deb", "apk", "rpm")
_IMAGE_TYPES = ("oci", "docker")


def name_product(text: str, state: str) -> AffectedPackage:
    """Return the package that a product's identifier names.

    A package URL without a version names every version, one of a distribution without a release every release. Of
    distributions the installed package is meant, unless the architecture is `source`.

    Args:
        text: the identifier.
        state: what is said of it; see `AffectedPackage`.

    Raises:
        ValueError: why no package can be met by it, in words.

    Source:
        Package URL specification 1.0; OpenVEX 0.2.0, section on products.
    """
    if not text.startswith("pkg:"):
        raise ValueError("is no package URL: only these name packages")
    url = PackageURL.from_string(text)
    if url.type in _IMAGE_TYPES:
        raise ValueError("is an image: what is said of images counts in `dogwatch scan --vex` alone")
    package = parse_package_url(text, needs_version=False)
    if len(package.name) > TEXT_LIMITS.max_name or len(package.version) > TEXT_LIMITS.max_version:
        raise ValueError("has a name or version that is longer than can be kept")
    if package.module and not package.version:
        raise ValueError("names a module stream and no version")
    versions = (package.version,) if package.version else ()
    if url.type not in _SYSTEM_TYPES:
        name = normalise_name(package.ecosystem, package.name)
        return AffectedPackage(package.ecosystem, name, (), versions, state, naming=Naming.SOURCE)
    _refuse_unknown_release(package.ecosystem, url.qualifiers.get("distro", ""))
    is_source = url.qualifiers.get("arch", "") in _SOURCE_ARCHES
    naming = Naming.SOURCE if is_source else Naming.INSTALLED
    return AffectedPackage(package.ecosystem, package.name, (), versions, state, naming=naming, arch=package.arch)


def name_range(text: str, versions: str, state: str) -> AffectedPackage:
    """Return the package that an identifier names, for a range of its versions.

    Ranges join by the name and version that advisories go by, so they can be said of what these name.

    Args:
        text: the identifier, without a version.
        versions: the range; see `read_vers`.
        state: what is said of it; see `AffectedPackage`.

    Raises:
        ValueError: why no package can be met by it, in words.
    """
    named = name_product(text, state)
    kind, ecosystem = PackageURL.from_string(text).type, named.ecosystem
    if named.versions:
        raise ValueError("is a range of versions, of a package URL with one version")
    is_installed = named.naming is Naming.INSTALLED and not is_named_by_binary(ecosystem)
    has_release = kind not in _SYSTEM_TYPES or ecosystem != family_of(ecosystem) or is_rolling(ecosystem)
    if is_installed or not has_release or named.arch:
        raise ValueError("is a range of versions: of these packages single versions, or all, can be named")
    scheme = scheme_of(ecosystem)
    ranges = read_vers(versions, frozenset({kind, scheme.name if scheme else kind}))
    return replace(named, ranges=ranges, naming=Naming.MATCHED)


def name_image(text: str) -> ImageProduct | None:
    """Return the image that a product's identifier names; None for anything else.

    Source:
        Package URL specification 1.0, types oci and docker.
    """
    try:
        url = PackageURL.from_string(text)
    except ValueError:
        return None
    if url.type not in _IMAGE_TYPES:
        return None
    version = url.version or ""
    is_digest = ":" in version
    return ImageProduct(
        name=url.name,
        digest=version if is_digest else "",
        repository=_repository_of(url),
        tag=url.qualifiers.get("tag", "" if is_digest else version),
    )


def _repository_of(url: PackageURL) -> str:
    """Return an image's repository. Its URL ends with the name, which some tools leave out (`ghcr.io/shop`)."""
    place = url.qualifiers.get("repository_url", "").rstrip("/")
    if place.rpartition("/")[2] == url.name:
        return place
    place = place or url.namespace or ""
    return f"{place}/{url.name}" if place else ""


def _refuse_unknown_release(ecosystem: str, distro: str) -> None:
    """Refuse a release that is named and not known: taking it for all releases would say too much.

    Raises:
        ValueError: the release is not known.
    """
    if distro and ecosystem == family_of(ecosystem) and not is_rolling(ecosystem):
        raise ValueError(f"names the release {distro[:80]!r}, which is not known")
