"""Mach-O: the programs of macOS, which some images carry along. Of universal files, several programs in one, the first.

Source:
    mach-o/loader.h and mach-o/fat.h of Apple's xnu: mach_header, segment_command, section, fat_header, fat_arch.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Final

from dogwatch.inventory.limits import MIB
from dogwatch.inventory.programs.program import Program, Region

MAGICS: Final = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce")

UNIVERSAL_MAGIC: Final = b"\xca\xfe\xba\xbe"

# Classes of Java begin alike; what would be the number of programs is their version, 45 at least.
_PROGRAMS_MAX: Final = 44
_FIRST_OFFSET_AT: Final = 16
_COMMANDS_BYTES_MAX: Final = MIB
_READ_WRITE: Final = 3
# By whether it has 64 bits: bytes of the header, the command, segment (behind kind and size), section.
_LAYOUTS: Final = {
    True: (32, 0x19, "16sQQQQiiII", "16s16sQQI28x"),
    False: (28, 0x1, "16sIIIIiiII", "16s16sIII24x"),
}


def read_universal(file: BinaryIO, size_bytes: int) -> Program | None:
    """Return the first of the programs, which were all built from the same sources; None if the file is none."""
    file.seek(0)
    head = file.read(_FIRST_OFFSET_AT + 4)
    start = int.from_bytes(head[_FIRST_OFFSET_AT:], "big")
    if not 0 < int.from_bytes(head[4:8], "big") <= _PROGRAMS_MAX or not 0 < start < size_bytes:
        return None
    file.seek(start)
    return read_mach_o(file, size_bytes, start) if file.read(4) in MAGICS else None


def read_mach_o(file: BinaryIO, size_bytes: int, start: int = 0) -> Program | None:
    """Return the program that begins at this place of a file, or None if its header is cut off."""
    file.seek(start)
    head = file.read(32)
    if len(head) < 32:
        return None
    mark = "<" if head[3:4] == b"\xfe" else ">"
    is_64 = 0xCF in (head[0], head[3])
    header_bytes, wanted, segment_layout, section_layout = _LAYOUTS[is_64]
    segment, section = struct.Struct(mark + segment_layout), struct.Struct(mark + section_layout)
    _, commands_bytes = struct.unpack_from(f"{mark}II", head, 16)
    file.seek(start + header_bytes)
    commands = file.read(min(commands_bytes, _COMMANDS_BYTES_MAX))
    sections: dict[str, Region] = {}
    segments: list[Region] = []
    data = None
    at = 0
    while at + 8 <= len(commands):
        kind, length = struct.unpack_from(f"{mark}II", commands, at)
        if length < 8 or at + length > len(commands):
            break
        if kind == wanted and length >= 8 + segment.size:
            _, address, _, offset, in_file, most, first, count, _ = segment.unpack_from(commands, at + 8)
            region = Region(start + offset, in_file, address)
            segments.append(region)
            if data is None and address and in_file and most == first == _READ_WRITE:
                data = region
            first_at = at + 8 + segment.size
            for here in range(
                first_at, min(at + length, first_at + count * section.size) - section.size + 1, section.size
            ):
                name, _, section_address, section_bytes, section_offset = section.unpack_from(commands, here)
                found = Region(start + section_offset, section_bytes, section_address)
                sections.setdefault(name.rstrip(b"\0").decode("latin-1"), found)
        at += length
    return Program(file, size_bytes, sections, tuple(segments), data)
