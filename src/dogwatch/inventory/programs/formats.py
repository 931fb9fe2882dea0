"""Which program format a file is in, from its first bytes, and the program read from it.

Only tables are read, a few kilobytes; what they claim is believed no further than the file reaches.
"""

from __future__ import annotations

from typing import BinaryIO, Final

from dogwatch.inventory.programs import elf, mach_o, pe
from dogwatch.inventory.programs.program import Program

HEAD_BYTES: Final = 4
# Below this, nothing that readers look for: the smallest static Go programs have a megabyte, Rust ones 300 KiB.
SMALLEST_PROGRAM_BYTES: Final = 64 * 1024

_READERS: Final = {
    elf.MAGIC: elf.read_elf,
    mach_o.UNIVERSAL_MAGIC: mach_o.read_universal,
    **dict.fromkeys(mach_o.MAGICS, mach_o.read_mach_o),
}


def is_program(head: bytes) -> bool:
    """Say whether a file that begins so is a program."""
    return head[:2] == pe.MAGIC or head in _READERS


def open_program(file: BinaryIO, size_bytes: int) -> Program | None:
    """Return the program in a file, or None if its tables make no sense: such a thing does not run.

    Args:
        file: its whole content, to be read at any place.
        size_bytes: of the content.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    reader = pe.read_pe if head[:2] == pe.MAGIC else _READERS.get(head)
    return reader(file, size_bytes) if reader is not None else None
