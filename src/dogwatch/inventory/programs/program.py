"""An executable or library as readers see it: named sections, loaded ranges, bytes at an address, bounded search.

`formats` makes it from ELF, PE and Mach-O; readers call it. Nothing is read before somebody asks, and never more at
once than a named limit, whatever the file claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from dogwatch.inventory.limits import KIB, MIB

# One read of a reader: what it looks at is far smaller, and what a file claims may be anything.
READ_BYTES_MAX = 8 * MIB
SEARCH_STEP_BYTES = 256 * KIB


@dataclass(frozen=True, slots=True)
class Region:
    """A range of the file: where it stands in the file, in bytes, and at which address it is loaded."""

    offset: int
    size_bytes: int
    address: int = 0


@dataclass(frozen=True, slots=True)
class Program:
    """One program.

    `sections` are by name (the first of a name). `data` is where initialised writable data begins, None if there is
    none. `segments` are what is loaded, for addresses.
    """

    file: BinaryIO
    size_bytes: int
    sections: Mapping[str, Region]
    segments: tuple[Region, ...]
    data: Region | None

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Return bytes of the file; fewer where it ends, none where the offset is outside it or too many are asked."""
        if offset < 0 or size_bytes < 0 or offset >= self.size_bytes or size_bytes > READ_BYTES_MAX:
            return b""
        self.file.seek(offset)
        return self.file.read(size_bytes)

    def read_address(self, address: int, size_bytes: int) -> bytes:
        """Return what is loaded at an address; nothing if no segment holds all of it."""
        for segment in self.segments:
            at = address - segment.address
            if at >= 0 and at + size_bytes <= segment.size_bytes:
                return self.read(segment.offset + at, size_bytes)
        return b""

    def pieces(self, region: Region, overlap_bytes: int, limit_bytes: int) -> Iterator[tuple[int, bytes]]:
        """Yield the region in steps, each with its offset in the file, for a search.

        Args:
            region: what to go through.
            overlap_bytes: how much of a step comes again in the next, so that nothing found is cut in two.
            limit_bytes: where to stop.
        """
        at, end = region.offset, region.offset + min(region.size_bytes, limit_bytes)
        while at < end:
            piece = self.read(at, min(SEARCH_STEP_BYTES + overlap_bytes, end - at))
            if not piece:
                return
            yield at, piece
            at += SEARCH_STEP_BYTES


def is_shared_library(path: str) -> bool:
    """Say whether a path is that of a shared library for programs in C (`libz.so.1`).

    They are many and large, and hardly any is in Go or Rust. Modules of Python or Node and plug-ins have other names.
    """
    name = path[path.rfind("/") + 1 :]
    return name.startswith("lib") and (".so." in name or name.endswith(".so"))
