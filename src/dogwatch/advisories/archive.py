"""Zip archives of feeds, read record by record: the directory is streamed, never held, and nothing is believed.

The standard library's reader keeps half a kilobyte per entry and trusts overlaps; a feed of a million records, or a
hostile one, would cost the memory we promise not to use. Zip64, stored and deflated entries; nothing else.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dogwatch.advisories.limits import FeedLimits
from dogwatch.model.errors import LimitExceededError, MalformedSnapshotError

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_MAX_COMMENT_BYTES = 0xFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x1
_DEFLATE_SLACK_BYTES = 1024  # what deflate may add to incompressible bytes of a record


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory stands in the file, in bytes, and how many entries it claims."""

    offset: int
    size_bytes: int
    entries: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the directory; `position` is where its directory record starts, `offset` where its data does."""

    position: int
    name: str
    flags: int
    method: int
    checksum: int
    packed_bytes: int
    size_bytes: int
    offset: int


class Archive:
    """An open archive. `source` is named in errors."""

    def __init__(self, file: BinaryIO, source: str, limits: FeedLimits) -> None:
        self._file = file
        self._source = source
        self._limits = limits
        self._size_bytes = file.seek(0, os.SEEK_END)
        self.directory = self._find_directory()

    def _malformed(self, reason: str) -> MalformedSnapshotError:
        return MalformedSnapshotError(self._source, f"archive: {reason}")

    def _read_at(self, offset: int, size_bytes: int) -> bytes:
        self._file.seek(offset)
        content = self._file.read(size_bytes)
        if len(content) != size_bytes:
            raise self._malformed("ends early")
        return content

    def _find_directory(self) -> Directory:
        tail_bytes = min(self._size_bytes, _END.size + _MAX_COMMENT_BYTES)
        tail = self._read_at(self._size_bytes - tail_bytes, tail_bytes)
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < _END.size:
            raise self._malformed("has no end record: not a zip file, or cut off")
        _, disk, first_disk, here, entries, size_bytes, offset, comment = _END.unpack_from(tail, at)
        if at + _END.size + comment != len(tail) or disk or first_disk or here != entries:
            raise self._malformed("its end record contradicts the file")
        end = self._size_bytes - tail_bytes + at
        if entries == 0xFFFF or 0xFFFFFFFF in (size_bytes, offset):
            end, entries, size_bytes, offset = self._find_directory64(end)
        if offset + size_bytes != end:
            raise self._malformed("its directory is not where the end record says")
        if entries > self._limits.max_archive_entries:
            raise LimitExceededError(
                f"archive of {self._source}", "max_archive_entries", self._limits.max_archive_entries, "entries"
            )
        return Directory(offset, size_bytes, entries)

    def _find_directory64(self, end: int) -> tuple[int, int, int, int]:
        if end < _END64_LOCATOR.size:
            raise self._malformed("has no zip64 locator")
        signature, _, at, _ = _END64_LOCATOR.unpack(self._read_at(end - _END64_LOCATOR.size, _END64_LOCATOR.size))
        if signature != b"PK\x06\x07" or at + _END64.size > end:
            raise self._malformed("has no zip64 locator")
        signature, _, _, _, disk, first_disk, here, entries, size_bytes, offset = _END64.unpack(
            self._read_at(at, _END64.size)
        )
        if signature != b"PK\x06\x06" or disk or first_disk or here != entries:
            raise self._malformed("its zip64 end record contradicts the file")
        return at, entries, size_bytes, offset

    def entries(self) -> Iterator[Entry]:
        """Walk the directory in its order; other reads of the archive may happen in between.

        Raises:
            MalformedSnapshotError: the directory does not hold what it claims.
        """
        position = self.directory.offset
        end = position + self.directory.size_bytes
        for _ in range(self.directory.entries):
            entry, position = self._read_entry(position, end)
            yield entry
        if position != end:
            raise self._malformed("its directory is longer than its entries")

    def entry_at(self, position: int) -> Entry:
        """Read one directory record again."""
        return self._read_entry(position, self.directory.offset + self.directory.size_bytes)[0]

    def _read_entry(self, position: int, end: int) -> tuple[Entry, int]:
        if position + _CENTRAL.size > end:
            raise self._malformed("its directory is shorter than its entries")
        fields = _CENTRAL.unpack(self._read_at(position, _CENTRAL.size))
        signature, _, _, flags, method, _, _, checksum, packed_bytes, size_bytes = fields[:10]
        name_bytes, extra_bytes, comment_bytes, _, _, _, offset = fields[10:]
        after = position + _CENTRAL.size + name_bytes + extra_bytes + comment_bytes
        if signature != b"PK\x01\x02" or after > end:
            raise self._malformed("its directory is damaged")
        # A record of a feed is never near 4 GiB, so zip64 extra fields, which mark such sizes with FFFFFFFF, are lies.
        if offset + _LOCAL.size + packed_bytes > self.directory.offset:
            raise self._malformed("an entry lies outside the file")
        name = self._file.read(name_bytes).decode("utf-8", "backslashreplace")
        return Entry(position, name, flags, method, checksum, packed_bytes, size_bytes, offset), after

    def inflate(self, entry: Entry) -> bytes:
        """Return an entry's content, checked against size and checksum. Call only for entries within the limits.

        Raises:
            MalformedSnapshotError: the data is not what the directory says.
        """
        header = self._read_at(entry.offset, _LOCAL.size)
        signature, *_, name_bytes, extra_bytes = _LOCAL.unpack(header)
        name = self._file.read(name_bytes).decode("utf-8", "backslashreplace")
        if signature != b"PK\x03\x04" or name != entry.name:
            raise self._malformed(f"{entry.name[:80]!r}: directory and data disagree")
        if entry.flags & _ENCRYPTED or entry.method not in (_STORED, _DEFLATED):
            raise self._malformed(f"{entry.name[:80]!r}: encrypted, or packed in an unknown way")
        packed = self._read_at(entry.offset + _LOCAL.size + name_bytes + extra_bytes, entry.packed_bytes)
        content = packed if entry.method == _STORED else self._decompress(packed, entry)
        if len(content) != entry.size_bytes or zlib.crc32(content) != entry.checksum:
            raise self._malformed(f"{entry.name[:80]!r}: size or checksum is not as stated")
        return content

    def _decompress(self, packed: bytes, entry: Entry) -> bytes:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = stream.decompress(packed, entry.size_bytes + 1)  # one more than stated shows the lie
        except zlib.error as damaged:
            raise self._malformed(f"{entry.name[:80]!r}: {damaged}") from damaged
        if stream.unused_data or not stream.eof:
            raise self._malformed(f"{entry.name[:80]!r}: its packed size is not as stated")
        return content

    def is_within_limits(self, entry: Entry) -> bool:
        """Whether the entry may be inflated in memory."""
        largest = self._limits.max_record_bytes
        return entry.size_bytes <= largest and entry.packed_bytes <= largest + _DEFLATE_SLACK_BYTES

    def check_totals(self, packed_bytes: int, inflated_bytes: int) -> None:
        """Refuse what all entries together say: more packed bytes than the file has (overlaps), or a bomb.

        Raises:
            MalformedSnapshotError: entries overlap.
            LimitExceededError: too much inflated, or inflated too far.
        """
        what = f"archive of {self._source}"
        if packed_bytes > self.directory.offset:
            raise self._malformed("its entries overlap")
        if inflated_bytes > self._limits.max_inflated_bytes:
            raise LimitExceededError(what, "max_inflated_bytes", self._limits.max_inflated_bytes, "bytes")
        if inflated_bytes > self._limits.max_inflation_ratio * self._size_bytes:
            raise LimitExceededError(what, "max_inflation_ratio", self._limits.max_inflation_ratio, "times the file")
