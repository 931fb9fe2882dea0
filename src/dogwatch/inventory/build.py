"""From the evidence of an image's layers to its inventory: package sets, gaps, and where each package stands.

The last step of this room. Whoever has the evidence of all layers of an image calls `build_inventory`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dogwatch.inventory.addresses import address_inventory, address_set
from dogwatch.inventory.databases import assign, find_database_gaps, find_owned_paths, kind_of
from dogwatch.inventory.distributions import Judgement, judge_release
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.extractors import os_release
from dogwatch.inventory.limits import GAPS_OF_A_KIND
from dogwatch.inventory.linking import find_link_gaps
from dogwatch.inventory.overlay import VisibleFile, VisibleTree, overlay
from dogwatch.inventory.paths import Resolver
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import Platform
from dogwatch.model.packages import PACKAGE_ORDER, Inventory, Package, PackageSet, Provenance
from dogwatch.model.release_endings import LAST_DAYS, RELEASE_PACKAGE, RELEASES_ECOSYSTEM
from dogwatch.versions import normalise_name

_Places = dict[tuple[Package, int], set[str]]  # (package, introducing layer) → paths


@dataclass(frozen=True, slots=True)
class InventoryOutcome:
    """The inventory, shared by all images with the same content, and the provenance that belongs to this layer chain.

    A package that stands in two places introduced by two layers has two entries in `provenance`.
    """

    inventory: Inventory
    provenance: tuple[Provenance, ...]


def build_inventory(layers: Sequence[LayerEvidence], platform: Platform) -> InventoryOutcome:
    """Overlay the layers and return what the image contains.

    Sets: one for each kind of package database, one for each language ecosystem and introducing layer, so that images
    on one base share the base's sets. A language package whose files belong to a package of the distribution, and that
    no later layer has replaced, is left to that package. A release whose last day is known is a package of its own. The
    same evidence always gives the same digests.

    Args:
        layers: what each layer says, oldest first.
        platform: of the image; databases of platforms other than Linux are not read.
    """
    tree = overlay(layers)
    judgement, told_at = _judge(tree)
    owned = find_owned_paths(tree, judgement)
    listed = {path: file for path, file in tree.files.items() if file.evidence.found.packages}
    databases: dict[str, dict[str, VisibleFile]] = defaultdict(dict)
    for path, file in listed.items():
        if kind := kind_of(file):
            databases[kind][path] = file
    system = {
        kind: _locate(files, partial(assign, kind=kind, judgement=judgement)) for kind, files in databases.items()
    }
    language = _spell_alike(
        _locate({path: file for path, file in listed.items() if not kind_of(file) and not _is_owned(path, file, owned)})
    )
    release = _release_places(judgement, told_at, tree)
    gaps = {
        *tree.gaps,
        *judgement.gaps,
        *_file_gaps(tree, owned),
        *find_link_gaps(tree, owned),
        *find_database_gaps(tree, judgement, system),
        *_platform_gaps(platform),
    }
    sets = _package_sets(system, {**language, **release})
    inventory = address_inventory(judgement.distribution, sets, _shorten(gaps))
    return InventoryOutcome(inventory, _provenance([*system.values(), language, release]))


def _judge(tree: VisibleTree) -> tuple[Judgement, str]:
    """Return what the first visible os-release tells, and its real path."""
    resolver = Resolver(tree.links)
    for path in os_release.PATHS:
        real = resolver.resolve(path)
        file = tree.files.get(real) if real is not None else None
        if file is not None and file.evidence.found.release is not None:
            return judge_release(file.evidence.found.release, path), str(real)
    return Judgement(None, "", ()), ""


def _release_places(judgement: Judgement, path: str, tree: VisibleTree) -> _Places:
    """Return the pseudo-package of a release whose last day is known, and where os-release tells of it."""
    if judgement.ecosystem not in LAST_DAYS:
        return {}
    package = Package(RELEASES_ECOSYSTEM, RELEASE_PACKAGE, judgement.ecosystem)
    return {(package, tree.files[path].layer_ordinal): {path}}


def _locate(files: Mapping[str, VisibleFile], assigned: Callable[[Package], Package] | None = None) -> _Places:
    """Return where each package of these files stands; `assigned` gives those of a database their ecosystem."""
    places: _Places = defaultdict(set)
    for path, file in files.items():
        for package, ordinal in file.since.items():
            located = assigned(package) if assigned is not None else package
            places[(located, ordinal)].add(path)
    return dict(places)


def _spell_alike(places: _Places) -> _Places:
    """Return the places with one spelling for each name: metadata says `Flask` where a lock file says `flask`."""
    spellings: dict[tuple[str, str, str], str] = {}
    for package, _ in places:
        key = _match_identity(package)
        spellings[key] = min(spellings.get(key, package.name), package.name)
    alike: _Places = defaultdict(set)
    for (package, ordinal), paths in places.items():
        name = spellings[_match_identity(package)]
        alike[(package if package.name == name else replace(package, name=name), ordinal)] |= paths
    return dict(alike)


def _match_identity(package: Package) -> tuple[str, str, str]:
    return package.ecosystem, normalise_name(package.ecosystem, package.name), package.version


def _is_owned(path: str, file: VisibleFile, owned: Mapping[str, int]) -> bool:
    # A file that a later layer wrote is no longer the one that was installed, even where its list still names it.
    return path in owned and file.layer_ordinal <= owned[path]


def _file_gaps(tree: VisibleTree, owned: Mapping[str, int]) -> Iterable[Gap]:
    for path, file in tree.files.items():
        if not _is_owned(path, file, owned):
            yield from file.evidence.found.gaps


def _platform_gaps(platform: Platform) -> Iterable[Gap]:
    if platform.os != "linux":
        yield Gap(GapKind.PLATFORM_UNSUPPORTED, "", f"platform {platform}" if str(platform) else "no platform told")


def _shorten(gaps: set[Gap]) -> tuple[Gap, ...]:
    """Return the gaps in order; of a kind with very many only the first, and one that counts the others."""
    kept: list[Gap] = []
    for kind in sorted({gap.kind for gap in gaps}):
        alike = sorted(gap for gap in gaps if gap.kind is kind)
        kept += alike[:GAPS_OF_A_KIND]
        if len(alike) > GAPS_OF_A_KIND:
            kept.append(Gap(kind, "", f"{len(alike) - GAPS_OF_A_KIND} more of this kind"))
    return tuple(sorted(kept))


def _package_sets(system: Mapping[str, _Places], language: _Places) -> tuple[PackageSet, ...]:
    listed: dict[tuple[str, int], set[Package]] = defaultdict(set)
    for package, ordinal in language:
        listed[(package.ecosystem, ordinal)].add(package)
    sets = {address_set(ecosystem, packages) for (ecosystem, _), packages in listed.items()}
    sets |= {address_set(kind, {package for package, _ in places}) for kind, places in system.items()}
    return tuple(sorted(sets, key=lambda each: (each.source, each.digest)))


def _provenance(located: Iterable[_Places]) -> tuple[Provenance, ...]:
    places = {place: paths for each in located for place, paths in each.items()}
    ordered = sorted(places.items(), key=lambda item: (PACKAGE_ORDER(item[0][0]), item[0][1]))
    return tuple(Provenance(package, ordinal, tuple(sorted(paths))) for (package, ordinal), paths in ordered)
