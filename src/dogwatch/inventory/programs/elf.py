"""ELF: the programs of Linux, 32 and 64 bits, both byte orders.

Source:
    System V ABI, generic part (4 April 2013 draft): ELF header, section headers, program headers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from dogwatch.inventory.limits import MIB
from dogwatch.inventory.programs.program import Program, Region

MAGIC: Final = b"\x7fELF"

# Real programs have 30 to 60 sections; objects compiled function by function, which are no programs, have thousands.
_SECTIONS_MAX: Final = 4096
_SEGMENTS_MAX: Final = 256
_NAMES_BYTES_MAX: Final = MIB
_OFFSET_MAX: Final = 1 << 40  # no file is so large, and beyond some number no seek goes
_LOAD, _WRITE, _EXECUTE = 1, 2, 1
_NO_BITS: Final = 8

# By class (1: 32 bits, 2: 64 bits): the header behind the 16 bytes of identification, one section, one segment.
_HEADERS: Final = {1: "HHIIIIIHHHHHH", 2: "HHIQQQIHHHHHH"}
_SECTIONS: Final = {1: "IIIIIIIIII", 2: "IIQQQQIIQQ"}
_SEGMENTS: Final = {1: "IIIIIIII", 2: "IIQQQQQQ"}


def read_elf(file: BinaryIO, size_bytes: int) -> Program | None:
    """Return the program, or None if its header makes no sense."""
    identification = _read(file, 0, 16)
    word, order = identification[4:5], identification[5:6]
    if len(identification) < 16 or word not in (b"\1", b"\2") or order not in (b"\1", b"\2"):
        return None
    bits, mark = word[0], "<" if order == b"\1" else ">"
    header = struct.Struct(mark + _HEADERS[bits])
    raw = _read(file, 16, header.size)
    if len(raw) < header.size:
        return None
    _, _, _, _, segments_at, sections_at, _, _, segment_bytes, segments, section_bytes, sections, names_at = (
        header.unpack(raw)
    )
    loaded = list(
        _read_segments(file, segments_at, segments, segment_bytes, struct.Struct(mark + _SEGMENTS[bits]), bits)
    )
    named = _read_sections(
        file, sections_at, sections, section_bytes, struct.Struct(mark + _SECTIONS[bits]), names_at, size_bytes
    )
    data = next((region for region, flags in loaded if flags & (_WRITE | _EXECUTE) == _WRITE), None)
    return Program(file, size_bytes, named, tuple(region for region, _ in loaded), data)


def _read_segments(
    file: BinaryIO, at: int, count: int, step: int, layout: struct.Struct, bits: int
) -> Iterator[tuple[Region, int]]:
    """Yield what is loaded, with its flags."""
    if step < layout.size or count > _SEGMENTS_MAX:
        return
    table = _read(file, at, count * step)
    for start in range(0, len(table) - layout.size + 1, step):
        if bits == 2:
            kind, flags, offset, address, _, in_file, _, _ = layout.unpack_from(table, start)
        else:
            kind, offset, address, _, in_file, _, flags, _ = layout.unpack_from(table, start)
        if kind == _LOAD:
            yield Region(offset, in_file, address), flags


def _read_sections(
    file: BinaryIO, at: int, count: int, step: int, layout: struct.Struct, names_at: int, size_bytes: int
) -> dict[str, Region]:
    if not at or step < layout.size or not 0 < count <= _SECTIONS_MAX or names_at >= count:
        return {}
    table = _read(file, at, count * step)
    if len(table) < count * step:
        return {}
    rows = [layout.unpack_from(table, start) for start in range(0, count * step, step)]
    _, _, _, _, names_offset, names_bytes, *_ = rows[names_at]
    names = _read(file, names_offset, min(names_bytes, _NAMES_BYTES_MAX))
    sections: dict[str, Region] = {}
    for name_at, kind, _, address, offset, section_bytes, *_ in rows:
        end = names.find(b"\0", name_at)
        name = names[name_at : min(end, name_at + 256)].decode("latin-1") if end >= 0 else ""
        if name and kind != _NO_BITS and offset < size_bytes:
            sections.setdefault(name, Region(offset, min(section_bytes, size_bytes - offset), address))
    return sections


def _read(file: BinaryIO, offset: int, size_bytes: int) -> bytes:
    if offset > _OFFSET_MAX:
        return b""
    file.seek(offset)
    return file.read(size_bytes)
