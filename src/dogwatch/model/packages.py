"""Packages, package sets and inventories: what an image contains."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Final

from dogwatch.model.gaps import Gap

DATABASE_SOURCES = ("apk", "dpkg", "rpm")
"""Sources of package sets that are a distribution's own database; those of others are named after their ecosystem."""


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One distinct package version as found in images.

    `ecosystem` is the OSV ecosystem string with its release where it has one (`Debian:12`, `PyPI`, `npm`).
    `source_name` and `source_version` are those of the source package; for ecosystems without source packages they are
    empty. `module` is the module stream that an rpm was built for (`nodejs:18`). `vendor` is who built a package of the
    distribution's kind that is not the distribution's own; of one that is, it is empty.
    """

    ecosystem: str
    name: str
    version: str
    arch: str = ""
    source_name: str = ""
    source_version: str = ""
    module: str = ""
    vendor: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """The fields that digests are made of; the last two only where there are any, so that old digests stay."""
        told = (self.ecosystem, self.name, self.version, self.arch, self.source_name, self.source_version)
        return (*told, self.module, self.vendor) if self.module or self.vendor else told


PACKAGE_ORDER: Final = attrgetter(*(each.name for each in fields(Package)))
"""A key to sort packages by, in the order in which they compare themselves, if in a fourth of the time."""


@dataclass(frozen=True, slots=True)
class KeyedPackage:
    """A package with what it is matched by.

    `match_name` is the name that advisories use (the source package's for Debian; normalised for PyPI), `match_version`
    the version they judge. `key` is None when the version cannot be compared; `not_comparable` then says why.
    """

    package: Package
    match_name: str
    match_version: str
    scheme: str
    scheme_number: int
    key: bytes | None
    not_comparable: str = ""


@dataclass(frozen=True, slots=True)
class PackageSet:
    """What one source of truth lists once the layers are overlaid.

    One dpkg database, the npm packages of one layer, and so on. Packages are sorted and distinct;
    `digest` is computed over source and packages, so equal sets are shared.
    """

    source: str
    packages: tuple[Package, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a package stands: the layer that introduced it (0 = oldest) and the paths that prove it, sorted."""

    package: Package
    layer_ordinal: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """What os-release says: `name` is its ID (`debian`), or its NAME where there is no ID.

    `ecosystem` is empty when nobody we know judges this release's packages.
    """

    name: str
    version: str
    pretty_name: str
    ecosystem: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that could be seen of an image: package sets and gaps, content-addressed by `digest`."""

    digest: str
    distribution: Distribution | None
    sets: tuple[PackageSet, ...]
    gaps: tuple[Gap, ...]
