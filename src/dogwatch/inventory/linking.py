"""Visible symbolic links behind which wanted files may lie that nobody read; `build` reports them as gaps."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dogwatch.inventory.catalogue import EXTRACTORS, find_extractor
from dogwatch.inventory.naming import show
from dogwatch.inventory.overlay import VisibleTree
from dogwatch.inventory.paths import Resolver
from dogwatch.model.gaps import Gap, GapKind


def find_link_gaps(tree: VisibleTree, owned: Collection[str]) -> Iterator[Gap]:
    """Yield a gap for each link that stands for wanted files, unless these were read under their real path.

    Args:
        tree: what is visible.
        owned: paths that belong to a package of the distribution; whatever they are is judged with it.
    """
    resolver = Resolver(tree.links)
    for path, target in tree.links.items():
        if path not in owned and not _is_harmless(path, tree, resolver):
            yield Gap(GapKind.LINK_NOT_FOLLOWED, path, f"a link to {show(target, 300)}, behind which nothing was read")


def _is_harmless(path: str, tree: VisibleTree, resolver: Resolver) -> bool:
    extractor = find_extractor(path)
    if extractor is not None:
        real = resolver.resolve(path)
        file = tree.files.get(real) if real is not None else None
        return file is not None and file.evidence.extractor == extractor.name
    holders = [each for each in EXTRACTORS if each.holds(path)]
    # Files that are wanted by the look of their path have been read where they really are, if that looks alike.
    if not holders:
        return True
    real = resolver.resolve(path)
    return real is not None and all(each.holds(real) for each in holders)
