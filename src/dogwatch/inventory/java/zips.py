"""Zip archives of unknown hands: the directory is streamed, and only what is asked for is unpacked, within a limit.

The archive may be a part of a file: one that is stored, not packed, in another archive is read where it stands.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

_END: Final = struct.Struct("<4s4H2LH")
_END64_LOCATOR: Final = struct.Struct("<4sLQL")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_COMMENT_BYTES_MAX: Final = 0xFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED: Final = 0x1
_UNKNOWN: Final = 0xFFFFFFFF  # the real number stands in an extra field
_PIECE_BYTES: Final = 256 * 1024


class ZipFormatError(Exception):
    """The bytes are no zip archive, or a damaged one; extractors turn it into an error of the tree."""


@dataclass(frozen=True, slots=True)
class Member:
    """One entry: its name, how it is packed, both sizes in bytes, and where its header stands in the archive."""

    name: str
    flags: int
    method: int
    packed_bytes: int
    size_bytes: int
    header_at: int


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a file that is an archive: where it begins, and its size in bytes."""

    file: BinaryIO
    start: int
    size_bytes: int

    def read(self, at: int, size_bytes: int) -> bytes:
        """Return bytes of the archive.

        Raises:
            ZipFormatError: they are not all there.
        """
        if at < 0 or size_bytes < 0 or at + size_bytes > self.size_bytes:
            raise ZipFormatError("says of something that it stands outside the file")
        self.file.seek(self.start + at)
        content = self.file.read(size_bytes)
        if len(content) != size_bytes:
            raise ZipFormatError("ends early")
        return content

    def members(self, is_wanted: Callable[[bytes], bool], most: int) -> Iterator[Member | None]:
        """Yield the wanted entries of the directory in its order; None once, and nothing more, past the limit.

        Args:
            is_wanted: asked of the raw name of each entry; the others are passed over.
            most: entries that are looked at.

        Raises:
            ZipFormatError: there is no directory, or it is damaged.
        """
        at, end, before = self._find_directory()
        content, here = b"", 0
        for count in range(_UNKNOWN):
            if len(content) - here < _CENTRAL.size + 3 * _COMMENT_BYTES_MAX and at < end:
                piece = self.read(at, min(_PIECE_BYTES, end - at))
                content, here, at = content[here:] + piece, 0, at + len(piece)
            if here == len(content):
                return
            if count == most:
                yield None
                return
            if len(content) - here < _CENTRAL.size or content[here : here + 4] != b"PK\x01\x02":
                raise ZipFormatError("has a damaged directory")
            fields = _CENTRAL.unpack_from(content, here)
            name_bytes, extra_bytes, comment_bytes = fields[10:13]
            name_at = here + _CENTRAL.size
            here = name_at + name_bytes + extra_bytes + comment_bytes
            if here > len(content):
                raise ZipFormatError("has a damaged directory")
            name = content[name_at : name_at + name_bytes]
            if is_wanted(name):
                extra = content[name_at + name_bytes : name_at + name_bytes + extra_bytes]
                size, packed, header_at = _sizes(extra, fields[9], fields[8], fields[16])
                text = name.decode("utf-8", "backslashreplace")
                yield Member(text, fields[3], fields[4], packed, size, before + header_at)

    def _find_directory(self) -> tuple[int, int, int]:
        """Return where the directory begins and ends, and how many bytes stand before the archive proper."""
        tail_bytes = min(self.size_bytes, _END.size + _COMMENT_BYTES_MAX)
        tail = self.read(self.size_bytes - tail_bytes, tail_bytes)
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < _END.size:
            raise ZipFormatError("has no end record: not a zip file, or cut off")
        _, _, _, _, entries, size_bytes, offset, _ = _END.unpack_from(tail, at)
        end = self.size_bytes - tail_bytes + at
        if entries == 0xFFFF or _UNKNOWN in (size_bytes, offset):
            end, size_bytes, offset = self._find_directory64(end) or (end, size_bytes, offset)
        if size_bytes > end or offset > end - size_bytes:
            raise ZipFormatError("has no directory where its end record says")
        # Programs and scripts that unpack themselves stand before the archive; offsets may or may not count them.
        return end - size_bytes, end, end - size_bytes - offset

    def _find_directory64(self, end: int) -> tuple[int, int, int] | None:
        if end < _END64_LOCATOR.size:
            return None
        signature, _, at, _ = _END64_LOCATOR.unpack(self.read(end - _END64_LOCATOR.size, _END64_LOCATOR.size))
        if signature != b"PK\x06\x07":
            return None
        fields = _END64.unpack(self.read(at, _END64.size))
        if fields[0] != b"PK\x06\x06":
            raise ZipFormatError("has no end record of 64 bits where its locator says")
        return at, fields[8], fields[9]

    def locate(self, member: Member) -> Window:
        """Return where the member's packed bytes stand.

        Raises:
            ZipFormatError: not where the directory says.
        """
        header = self.read(member.header_at, _LOCAL.size)
        if header[:4] != b"PK\x03\x04":
            raise ZipFormatError(f"has no {member.name[:80]} where its directory says")
        name_bytes, extra_bytes = _LOCAL.unpack(header)[9:11]
        at = member.header_at + _LOCAL.size + name_bytes + extra_bytes
        if at + member.packed_bytes > self.size_bytes:
            raise ZipFormatError(f"ends inside {member.name[:80]}")
        return Window(self.file, self.start + at, member.packed_bytes)

    def unpack(self, member: Member, limit_bytes: int) -> bytes | None:
        """Return a member's content, or None if it has more bytes than the limit, whatever the directory says.

        Raises:
            ZipFormatError: it cannot be unpacked.
        """
        if member.flags & _ENCRYPTED or member.method not in (_STORED, _DEFLATED):
            raise ZipFormatError(f"has {member.name[:80]} encrypted, or packed in an unknown way")
        packed = self.locate(member)
        if member.method == _STORED:
            return packed.read(0, packed.size_bytes) if packed.size_bytes <= limit_bytes else None
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        parts, size = [], 0
        try:
            for at in range(0, packed.size_bytes, _PIECE_BYTES):
                piece = packed.read(at, min(_PIECE_BYTES, packed.size_bytes - at))
                parts.append(stream.decompress(piece, limit_bytes + 1 - size))
                size += len(parts[-1])
                if size > limit_bytes:
                    return None
        except zlib.error as error:
            raise ZipFormatError(f"has {member.name[:80]} damaged: {error}") from error
        if not stream.eof:
            raise ZipFormatError(f"has {member.name[:80]} cut off")
        return b"".join(parts)

    def is_stored(self, member: Member) -> bool:
        """Say whether a member stands in the archive as it is."""
        return member.method == _STORED and not member.flags & _ENCRYPTED


def _sizes(extra: bytes, size: int, packed: int, header_at: int) -> tuple[int, int, int]:
    """Return the three numbers with those taken from the extra field of zip64 that do not fit."""
    numbers = [size, packed, header_at]
    at = 0
    while _UNKNOWN in numbers and at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            held = extra[at + 4 : at + 4 + length]
            values = struct.iter_unpack("<Q", held[: len(held) - len(held) % 8])
            numbers = [next(values, (_UNKNOWN,))[0] if number == _UNKNOWN else number for number in numbers]
            break
        at += 4 + length
    return numbers[0], numbers[1], numbers[2]
