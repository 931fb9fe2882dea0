"""PE: the programs of Windows, which some images carry along.

Source:
    PE Format, Microsoft: MS-DOS stub, COFF file header, optional header, section table.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Final

from dogwatch.inventory.programs.program import Program, Region

MAGIC: Final = b"MZ"

_SECTION: Final = struct.Struct("<8sIIII12xI")
_SECTIONS_MAX: Final = 96  # what the loader of Windows takes
_ALIGN_32_BYTES: Final = 0x00600000
_INITIALISED_READ_WRITE: Final = 0xC0000040
_BASES: Final = {0x10B: (28, 4), 0x20B: (24, 8)}  # where the optional header has the image's base, and how long it is


def read_pe(file: BinaryIO, size_bytes: int) -> Program | None:
    """Return the program, or None if its headers make no sense."""
    stub = _read(file, 0, 64)
    at = int.from_bytes(stub[60:64], "little")
    coff = _read(file, at, 24)
    if len(stub) < 64 or len(coff) < 24 or coff[:4] != b"PE\0\0":
        return None
    count, optional_bytes = int.from_bytes(coff[6:8], "little"), int.from_bytes(coff[20:22], "little")
    optional = _read(file, at + 24, optional_bytes)
    where = _BASES.get(int.from_bytes(optional[:2], "little"))
    if where is None or count > _SECTIONS_MAX:
        return None
    base = int.from_bytes(optional[where[0] : sum(where)], "little")
    table = _read(file, at + 24 + optional_bytes, count * _SECTION.size)
    sections: dict[str, Region] = {}
    segments: list[Region] = []
    data = None
    for start in range(0, len(table) - _SECTION.size + 1, _SECTION.size):
        name, _, address, in_file, offset, flags = _SECTION.unpack_from(table, start)
        region = Region(offset, in_file, base + address)
        segments.append(region)
        sections.setdefault(name.rstrip(b"\0").decode("latin-1"), region)
        if data is None and address and in_file and flags & ~_ALIGN_32_BYTES == _INITIALISED_READ_WRITE:
            data = region
    return Program(file, size_bytes, sections, tuple(segments), data)


def _read(file: BinaryIO, offset: int, size_bytes: int) -> bytes:
    file.seek(offset)
    return file.read(size_bytes)
