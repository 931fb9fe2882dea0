"""The Extractor contract: from the bytes of one wanted file to packages and gaps.

Implementations live in `extractors/`, one per file, and are listed in `catalogue`; `collector` calls them.
"""

from __future__ import annotations

from typing import Protocol

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits


class Extractor(Protocol):
    """Reads one kind of file that tells which packages are installed.

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
    def ecosystem(self) -> str:
        """The OSV ecosystem of its packages; empty if they belong to the distribution, whose release it cannot know."""
        ...

    @property
    def needs_content(self) -> bool:
        """Whether `extract` looks at the bytes; if not, it gets none, and the file may have any size."""
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
