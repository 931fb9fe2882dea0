"""The package databases of distributions: which extractors read them, whose packages they list, which files these own.

`build` asks; values only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from dogwatch.inventory.distributions import Judgement
from dogwatch.inventory.extractors import (
    apk_installed,
    dpkg_ownership,
    dpkg_status,
    rpm_database,
    rpm_manifest,
    unread_database,
)
from dogwatch.inventory.overlay import VisibleFile, VisibleTree
from dogwatch.inventory.paths import Resolver
from dogwatch.inventory.vendors import is_own_vendor
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package

_KINDS: Final = {
    dpkg_status.EXTRACTOR.name: "dpkg",
    apk_installed.EXTRACTOR.name: "apk",
    rpm_database.EXTRACTOR.name: "rpm",
    rpm_manifest.EXTRACTOR.name: "rpm",
}


def kind_of(file: VisibleFile) -> str:
    """Return the kind of database that a file is: apk, dpkg, rpm; empty for all other files."""
    return _KINDS.get(file.evidence.extractor, "")


def ecosystem_of(kind: str, judgement: Judgement) -> str:
    """Return the ecosystem of the packages in a database: that of the distribution, if it is of its own kind.

    An rpm database in Debian lists nothing that Debian speaks for. Its packages, and those of a distribution that is
    not known, have the kind alone as their ecosystem: no advisory names it.
    """
    is_own = judgement.database in ("", kind)
    return judgement.ecosystem if is_own and judgement.ecosystem else kind


def assign(package: Package, kind: str, judgement: Judgement) -> Package:
    """Return a package of a database with its ecosystem, and with its vendor only if that is another one."""
    return replace(package, ecosystem=ecosystem_of(kind, judgement), vendor=_other_vendor(package, kind, judgement))


def _other_vendor(package: Package, kind: str, judgement: Judgement) -> str:
    is_own = kind == "rpm" and (judgement.database != kind or is_own_vendor(package.vendor, judgement.vendors))
    return "" if is_own else package.vendor


def find_owned_paths(tree: VisibleTree, judgement: Judgement) -> dict[str, int]:
    """Return the paths that an installed package of the distribution owns, with the newest layer that says so.

    dpkg has a list for each package, which is written when the package is; it counts while its package is installed.
    The databases of apk and rpm are written anew with every change: there the package itself says since when.
    Packages of other vendors own nothing: nobody judges them, so that what they brought along speaks for itself.
    """
    resolver = Resolver(tree.links)
    installed = {name for file in tree.files.values() if kind_of(file) == "dpkg" for name in _owners(file, judgement)}
    owned: dict[str, int] = {}
    for file in tree.files.values():
        for ordinal, paths in _claims(file, installed, judgement):
            for path in paths:
                real = resolver.locate(path)
                if real is not None:
                    owned[real] = max(ordinal, owned.get(real, 0))
    return owned


def _claims(file: VisibleFile, installed: set[str], judgement: Judgement) -> Iterator[tuple[int, tuple[str, ...]]]:
    if not file.evidence.found.ownership:
        return
    if file.evidence.extractor == dpkg_ownership.EXTRACTOR.name:
        since = dict.fromkeys(installed, file.layer_ordinal)
    else:
        since = _owners(file, judgement)
    for each in file.evidence.found.ownership:
        if each.owner in since:
            yield since[each.owner], each.paths


def _owners(file: VisibleFile, judgement: Judgement) -> dict[str, int]:
    """Return the packages of a database that are the distribution's own, with the layer since which each is there."""
    since: dict[str, int] = {}
    kind = kind_of(file)
    for package, ordinal in file.since.items():  # several of one name: the newest
        if not _other_vendor(package, kind, judgement):
            since[package.name] = max(ordinal, since.get(package.name, 0))
    return since


def find_database_gaps(tree: VisibleTree, judgement: Judgement, listing: Iterable[str]) -> Iterator[Gap]:
    """Yield what cannot be told of the distribution's packages: no release, no database, or that of another kind.

    Args:
        tree: what is visible.
        judgement: what os-release tells.
        listing: the kinds of databases that list packages.
    """
    databases = {path: kind for path, file in sorted(tree.files.items()) if (kind := kind_of(file))}
    is_unread = any(file.evidence.extractor == unread_database.EXTRACTOR.name for file in tree.files.values())
    has_release = judgement.distribution is not None or bool(judgement.gaps)
    kinds = sorted(listing)
    for kind in kinds:
        if not has_release:
            yield Gap(GapKind.RELEASE_UNKNOWN, "", f"{_article(kind)} database without an os-release file")
        elif judgement.database not in ("", kind):
            yield _other_kind(kind, judgement, databases)
    if has_release and not kinds and not is_unread:
        detail = "the package database lists no package" if databases else "no package database"
        yield Gap(GapKind.PACKAGE_DATABASE_MISSING, next(iter(databases), ""), detail)


def _other_kind(kind: str, judgement: Judgement, databases: Mapping[str, str]) -> Gap:
    path = next(path for path, each in databases.items() if each == kind)
    shown = judgement.distribution.pretty_name if judgement.distribution is not None else "another distribution"
    return Gap(GapKind.DISTRIBUTION_UNSUPPORTED, path, f"{_article(kind)} database in {shown}")


def _article(kind: str) -> str:
    return f"a {kind}" if kind == "dpkg" else f"an {kind}"
