"""Lays the evidence of layers on top of each other: which wanted files and links are visible, and since when.

Values only; `build` turns the visible tree into an inventory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dogwatch.inventory.catalogue import find_extractor
from dogwatch.inventory.evidence import Extraction, FileEvidence, LayerEvidence, Link
from dogwatch.inventory.paths import Effort, Places, Resolver, ancestors_of
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package


@dataclass(frozen=True, slots=True)
class VisibleFile:
    """A wanted file that no later layer hides.

    `layer_ordinal` is the layer its bytes come from (0 = oldest). `since` says for each of its packages from which
    layer on it has been visible under this path in this version without interruption: rewriting a file does not make
    new what it still lists.
    """

    evidence: FileEvidence
    layer_ordinal: int
    since: Mapping[Package, int]


@dataclass(frozen=True, slots=True)
class VisibleTree:
    """What is visible once all layers are overlaid: real path → file, real path → target of a symbolic link."""

    files: Mapping[str, VisibleFile]
    links: Mapping[str, str]
    gaps: tuple[Gap, ...]


def overlay(layers: Sequence[LayerEvidence], effort: Effort | None = None) -> VisibleTree:
    """Overlay the layers' evidence, oldest first.

    The steps for each layer, as a runtime unpacks it:

    1. whiteouts and opaque directories hide what older layers put there, and nothing of their own layer;
    2. an explicit directory replaces an older link or file of its path;
    3. the layer's own symbolic links come into force: all its other paths are read through them;
    4. everything that is no directory hides what older layers have at its path and beneath;
    5. the layer's own files appear.

    Args:
        layers: what each layer says, oldest first.
        effort: what may be spent on following links, all layers together.

    Returns:
        The visible tree, with the gaps of the layers themselves. Paths are real: no directory in them is a link.

    Source:
        OCI image specification 1.1, image layer chapter, sections on applying change sets and whiteouts.
    """
    tree = _Tree(effort if effort is not None else Effort())
    for ordinal, layer in enumerate(layers):
        tree.apply(layer, ordinal)
    tree.note_effort()
    gaps = {gap for layer in layers for gap in layer.gaps}
    return VisibleTree(tree.files, tree.links, tuple(sorted(gaps | tree.gaps)))


class _Tree:
    """The state between two layers."""

    def __init__(self, effort: Effort) -> None:
        self.files: dict[str, VisibleFile] = {}
        self.links: dict[str, str] = {}
        self.gaps: set[Gap] = set()
        self._above: set[str] = set()  # directories that have held a file or link; may be out of date
        self._effort = effort
        self._hidden: dict[str, VisibleFile] = {}  # files that the layer being applied has hidden

    def apply(self, layer: LayerEvidence, ordinal: int) -> None:
        """Lay one more layer on top."""
        self._hidden = {}
        below = Resolver(dict(self.links) if self.links else {}, self._effort)
        self._hide((below.locate(path) for path in layer.whiteouts), itself=True)  # 1
        self._hide((below.resolve(path) for path in layer.opaque), itself=False)
        self._make_directories(layer.directories)  # 2
        own_links = self._own_links(layer.symlinks)  # 3
        resolver = Resolver({**self.links, **own_links}, self._effort)
        others = [resolver.locate(path) for path in layer.others]  # 4
        self._hide([path for path in others if path not in own_links], itself=True)
        self._hide(own_links, itself=True)
        self.links.update(own_links)
        self._mark_above(own_links)
        resolver = Resolver(self.links, self._effort)
        located = [(resolver.locate(file.path), file) for file in layer.files]
        self._note_lost([file.path for real, file in located if real is None])
        own_files = {real: file for real, file in located if real is not None}
        self._hide(own_files, itself=True)
        for path, file in own_files.items():  # 5
            self._show(path, file, ordinal)
        self._link(layer.hard_links, resolver, ordinal)

    def note_effort(self) -> None:
        """Say so where links were too many or too long to be followed all."""
        if self._effort.is_spent:
            self.gaps.add(Gap(GapKind.LINK_NOT_FOLLOWED, "", "more or longer links than are followed in one image"))

    def _hide(self, paths: Iterable[str | None], itself: bool) -> None:
        places = {path for path in paths if path is not None}
        if itself:
            for path in places:
                self._remove(path)
        inhabited = {path for path in places if path in self._above or path == ""}
        if inhabited:
            within = Places(inhabited)
            for path in [path for path in (*self.files, *self.links) if within.hold(path)]:
                self._remove(path)

    def _remove(self, path: str) -> None:
        self.links.pop(path, None)
        if (file := self.files.pop(path, None)) is not None:
            self._hidden.setdefault(path, file)

    def _make_directories(self, directories: Sequence[str]) -> None:
        resolver = Resolver(self.links, self._effort)
        for directory in directories:  # sorted: parents first
            real = resolver.locate(directory)
            if real is None:
                continue
            was_link = real in self.links
            self._remove(real)
            if was_link:
                resolver = Resolver(self.links, self._effort)

    def _own_links(self, links: Sequence[Link]) -> dict[str, str]:
        """Return the layer's links by their real path; links of the layer may lead to where others of it lie."""
        own = {link.path: link.target for link in links}
        for _ in range(2 if self.links or own else 0):
            resolver = Resolver({**self.links, **own}, self._effort)
            own = {real: link.target for link in links if (real := resolver.locate(link.path)) is not None}
        return own

    def _show(self, path: str, file: FileEvidence, ordinal: int) -> None:
        before = self._hidden.get(path)
        known = before.since if before is not None else {}
        since = {package: known.get(package, ordinal) for package in file.found.packages}
        self.files[path] = VisibleFile(file if file.path == path else file.at(path), ordinal, since)
        self._mark_above((path,))

    def _link(self, links: Sequence[Link], resolver: Resolver, ordinal: int) -> None:
        """Show hard links with the content of their targets; all targets are looked up before any link hides one."""
        located = [(resolver.locate(link.path), link) for link in links]
        self._note_lost([link.path for path, link in located if path is None])
        own = {path: link for path, link in located if path is not None}
        ends = _ends_of({path: resolver.locate(link.target) for path, link in own.items()})
        originals = {path: self.files.get(end) if end is not None else None for path, end in ends.items()}
        self._hide(own, itself=True)
        for path, link in own.items():
            self._show(path, _linked(path, link, originals[path]), ordinal)

    def _note_lost(self, paths: list[str]) -> None:
        if paths:
            detail = f"{len(paths)} wanted files behind links that lead in a circle or beyond any real path"
            self.gaps.add(Gap(GapKind.LINK_NOT_FOLLOWED, paths[0], detail))

    def _mark_above(self, paths: Iterable[str]) -> None:
        for path in paths:
            for directory in ancestors_of(path):
                if directory in self._above:
                    break
                self._above.add(directory)


def _ends_of(targets: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return where each hard link ends whose target may be another one; None in a circle or behind a lost target."""
    ends: dict[str, str | None] = {}
    for path in targets:
        trail: dict[str, None] = {}
        here: str | None = path
        while here is not None and here in targets and here not in ends:
            if here in trail:
                here = None
                break
            trail[here] = None
            here = targets[here]
        end = here if here is None else ends.get(here, here)
        ends.update(dict.fromkeys(trail, end))
    return ends


def _linked(path: str, link: Link, original: VisibleFile | None) -> FileEvidence:
    """Return what a hard link shows: its target's evidence, where that was read by the extractor of its own path."""
    wanted = find_extractor(link.path)
    name = wanted.name if wanted is not None else ""
    if original is not None and original.evidence.extractor == name:
        return original.evidence
    gap = Gap(GapKind.LINK_NOT_FOLLOWED, path, f"a hard link to {link.target}, which was not read")
    return FileEvidence(path, name, Extraction(gaps=(gap,)))
