"""Go programs: the build information that the Go linker puts into each of them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import MIB, Limits
from dogwatch.inventory.naming import decode_text
from dogwatch.inventory.programs.go_modules import read_modules
from dogwatch.inventory.programs.program import Program, is_shared_library
from dogwatch.model.errors import MalformedPackageDatabaseError

_MAGIC: Final = b"\xff Go buildinf:"
_SECTIONS: Final = (".go.buildinfo", "__go_buildinfo")
_ALIGNMENT: Final = 16
_HEADER_BYTES: Final = 32
_STRINGS_INSIDE, _BIG_ENDIAN = 2, 1
# The linker puts it at the very beginning of the data.
_SEARCHED_BYTES: Final = MIB
# The largest seen, of programs with two thousand modules, have 200 KiB.
_TEXT_BYTES_MAX: Final = 4 * MIB
_FRAME_BYTES: Final = 16  # marks around the module text


class GoBuildReader:
    """Reads the toolchain's version, the main module, and all modules built in, of programs of Go 1.12 and later.

    Source:
        Go 1.26, package debug/buildinfo (both forms: strings behind the header, and pointers to them before Go 1.18).
    """

    name = "go-build"
    version = 4

    def selects(self, path: str) -> bool:
        """All programs but shared libraries."""
        return not is_shared_library(path)

    def read(self, path: str, program: Program, limits: Limits) -> Extraction:
        """Return the toolchain as package `stdlib`, and the modules; nothing for a program not built by Go."""
        header = _find_header(program)
        if header is None:
            return Extraction()
        toolchain, modules = _read_texts(path, program, *header)
        return read_modules(path, toolchain, modules, limits)


def _find_header(program: Program) -> tuple[int, bytes] | None:
    """Return where the header stands in the file, and its bytes."""
    region = next((program.sections[name] for name in _SECTIONS if name in program.sections), program.data)
    if region is None:
        return None
    for at, piece in program.pieces(region, _HEADER_BYTES, _SEARCHED_BYTES):
        for found in _places(piece, at - region.offset):
            header = program.read(at + found, _HEADER_BYTES)
            if len(header) == _HEADER_BYTES:
                return at + found, header
    return None


def _places(piece: bytes, offset: int) -> Iterator[int]:
    found = piece.find(_MAGIC)
    while found >= 0:
        if (offset + found) % _ALIGNMENT == 0:
            yield found
        found = piece.find(_MAGIC, found + 1)


def _read_texts(path: str, program: Program, at: int, header: bytes) -> tuple[str, str]:
    """Return the toolchain's version and the module text."""
    if header[15] & _STRINGS_INSIDE:
        toolchain, behind = _read_counted(program, at + _HEADER_BYTES)
        modules, _ = _read_counted(program, behind)
    else:
        width = header[14]
        if width not in (4, 8):
            raise MalformedPackageDatabaseError(path, "Go build information of an unknown form")
        is_big = bool(header[15] & _BIG_ENDIAN)
        toolchain = _read_pointed(program, header[16 : 16 + width], is_big)
        modules = _read_pointed(program, header[16 + width : 16 + 2 * width], is_big)
    text = decode_text(toolchain)
    if not text:
        raise MalformedPackageDatabaseError(path, "Go build information without the toolchain's version")
    is_framed = len(modules) > 2 * _FRAME_BYTES and modules[-_FRAME_BYTES - 1 : -_FRAME_BYTES] == b"\n"
    return text, (decode_text(modules[_FRAME_BYTES:-_FRAME_BYTES]) or "") if is_framed else ""


def _read_counted(program: Program, at: int) -> tuple[bytes, int]:
    """Return a text that its length stands before, and where it ends; nothing if it is not there whole."""
    length = shift = 0
    for byte in program.read(at, 10):
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if length > _TEXT_BYTES_MAX:
        return b"", at
    text = program.read(at, length)
    return (text if len(text) == length else b""), at + length


def _read_pointed(program: Program, pointer: bytes, is_big: bool) -> bytes:
    """Return the text whose header (address, length) the pointer leads to; nothing if it leads nowhere."""
    number = struct.Struct((">" if is_big else "<") + ("Q" if len(pointer) == 8 else "I"))
    header = program.read_address(number.unpack(pointer)[0], 2 * len(pointer))
    if len(header) < 2 * len(pointer):
        return b""
    address, length = (value for (value,) in number.iter_unpack(header))
    return program.read_address(address, length) if length <= _TEXT_BYTES_MAX else b""


READER = GoBuildReader()
