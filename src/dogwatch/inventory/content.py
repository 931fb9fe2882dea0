"""The content of the file that is being looked at, taken whole, or opened to be read at any place. Contract only."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Protocol

MakeSpool = Callable[[], BinaryIO]
"""Gives an empty file, to be written and read at any place, that is gone once it is closed.

Whoever calls this room says whether it lies in memory or on a disk.
"""


class Content(Protocol):
    """The content of the entry being visited. Either `take` or `open`, once; `peek` before."""

    def take(self, limit: int) -> bytes | None:
        """Return it, or None if it has more bytes than the limit.

        Raises:
            ContentError: it cannot be read, and the rest of the layer can.
        """
        ...

    def peek(self, size: int) -> bytes:
        """Return its first bytes, fewer if it is shorter or cannot be read."""
        ...

    def open(self, limit: int) -> BinaryIO | None:
        """Return it as a file, or None if it has more bytes than the limit; the caller closes it.

        Raises:
            ContentError: it cannot be read, and the rest of the layer can.
        """
        ...
