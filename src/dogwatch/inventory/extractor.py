"""The Extractor contract: from the bytes of one wanted file to packages and gaps.

There are two kinds. An Extractor gets the whole content, within `Limits.file_bytes`. A SpooledExtractor gets a file to
be read at any place, within `Limits.spool_bytes`: for archives and databases. Implementations live in `extractors/`,
one per file, and are listed in `catalogue`; `collector` calls them.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import BinaryIO, Protocol

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits


class WantedFiles(Protocol):
    """One kind of file that tells which packages are installed: what both kinds of extractors say of it.

    An extractor opens nothing, knows no layers and no time, and returns every package under the path it was given.
    """

    @property
    def name(self) -> str:
        """A stable text: part of a storage key, and named in gaps."""
        ...

    @property
    def version(self) -> int:
        """Raised whenever the result for the same path and bytes changes."""
        ...

    @property
    def endings(self) -> frozenset[str]:
        """What the names of its files have behind their last dot, or the whole names of those without one.

        Only files with such names are asked of `wants`, so that each entry is asked of few; empty: all are asked of it.
        """
        ...

    @property
    def ecosystem(self) -> str:
        """The OSV ecosystem of its packages; empty if they belong to the distribution, whose release it cannot know."""
        ...

    def wants(self, path: str) -> bool:
        """Say whether a file at this path is of this kind. Called for every file: string tests only.

        Args:
            path: relative to the root, slash-separated, without dot-dot.
        """
        ...

    def holds(self, directory: str) -> bool:
        """Say whether wanted files lie in a directory because of its path: a link there may hide them."""
        ...


class LiesAnywhere:
    """For extractors whose files are told by their own name alone; `catalogue` asks them of no directory."""

    def holds(self, directory: str) -> bool:
        """No directory."""
        return False


class Extractor(WantedFiles, Protocol):
    """Reads a file from its whole content."""

    @property
    def needs_content(self) -> bool:
        """Whether `extract` looks at the bytes; if not, it gets none, and the file may have any size."""
        ...

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Read one wanted file.

        Args:
            path: a path that `wants` accepts.
            content: the whole file, already within the limit; empty if `needs_content` is false.
            limits: caps on names and versions.

        Raises:
            ContentError: the file is not of this kind; the caller makes a gap that names the extractor and the path.
                Nothing else is ever raised.
        """
        ...


class SpooledExtractor(WantedFiles):
    """Reads a file here and there, without ever having all of it in memory.

    To be extended: `collector` tells the two kinds apart for each wanted file, and looking at a protocol's members
    would take it longer than to read most of them.
    """

    @abstractmethod
    def extract_from(self, path: str, file: BinaryIO, size_bytes: int, limits: Limits) -> Extraction:
        """Read one wanted file.

        Args:
            path: a path that `wants` accepts.
            file: its content, to be read at any place; not closed here.
            size_bytes: of the content, within the limit.
            limits: caps on names and versions, and on what is unpacked.

        Raises:
            ContentError: as for `extract`.
        """
        ...
