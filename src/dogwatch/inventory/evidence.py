"""What one layer says, by path, without knowledge of other layers or of the distribution's release.

Values only. `layer.read_layer` makes them, `encoding` stores them, `overlay` and `build` combine them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dogwatch.model.gaps import Gap
from dogwatch.model.packages import Package


@dataclass(frozen=True, slots=True)
class OsRelease:
    """The fields of an os-release file that tell the distribution; empty where the file does not say."""

    id: str
    version_id: str = ""
    name: str = ""
    pretty_name: str = ""
    version_codename: str = ""


@dataclass(frozen=True, slots=True)
class Ownership:
    """Paths, relative to the root, that belong to the distribution's package of this name."""

    owner: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an extractor found in one file.

    Packages of the distribution have an empty ecosystem: which release they belong to may stand in another layer.
    `ownership` is that of the packages in this very file, or, in a list of files, of a package in another one.
    """

    packages: tuple[Package, ...] = ()
    gaps: tuple[Gap, ...] = ()
    ownership: tuple[Ownership, ...] = ()
    release: OsRelease | None = None


@dataclass(frozen=True, slots=True)
class FileEvidence:
    """One wanted file of a layer: its path, the extractor that wanted it, and what it found."""

    path: str
    extractor: str
    found: Extraction

    def at(self, path: str) -> FileEvidence:
        """Return what the same content says under another path."""
        gaps = tuple(replace(gap, path=path) for gap in self.found.gaps)
        return FileEvidence(path, self.extractor, replace(self.found, gaps=gaps))


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """A symbolic or hard link; `target` as written for a symbolic one, a path from the root for a hard one."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class LayerEvidence:
    """Everything of one layer that can change an inventory. All tuples are sorted by path and distinct.

    Paths are relative to the image's root, slash-separated, without dot-dot; they may lead through symbolic links of
    this or older layers.

    - `files`: wanted files, with what they say; a wanted file that could not be read is here with a gap.
    - `symlinks`, `hard_links`: links that are wanted files or may lead to some.
    - `directories`: explicit directory entries that may replace an older symbolic link or file.
    - `others`: all other entries that may stand where an older layer has a directory.
    - `whiteouts`, `opaque`: paths removed, and directories emptied, of what older layers put there.
    - `gaps`: what could not be seen of the layer as a whole.
    - `left_out`: endings of the names of all other files, of a few dozen endings that there are (`collector`): whether
      a new extractor would have found something (`reuse`).
    """

    files: tuple[FileEvidence, ...] = ()
    symlinks: tuple[Link, ...] = ()
    hard_links: tuple[Link, ...] = ()
    directories: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    whiteouts: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    left_out: tuple[str, ...] = ()
