"""A tar reader for hostile input: looks at headers, skips content in large blocks, holds little in memory.

Reads ustar, GNU (long names, base-256 numbers, old sparse files) and PAX (path, linkpath, size, sparse marks). Where
readers differ it does what Go's archive/tar does, because that is what unpacks images; `layer` calls it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from dogwatch.inventory.content import MakeSpool
from dogwatch.inventory.limits import SPOOLED_FROM_BYTES, Limits
from dogwatch.inventory.tar_fields import TarFormatError, check_sum, parse_pax, read_decimal, read_number
from dogwatch.model.errors import LimitExceededError

__all__ = ["BLOCK", "Entry", "TarFormatError", "TarReader"]

BLOCK: Final = 512
_PIECE_BYTES: Final = 512 * 1024
_ZERO: Final = bytes(BLOCK)
# Types without content, whatever their size field says: links, symbolic links, devices, directories, pipes.
_HEADER_ONLY: Final = frozenset(b"123456")
_PAX, _LONG_NAME, _LONG_TARGET, _SPARSE = b"xLKS"


class Entry(NamedTuple):
    """One entry as written: raw name and link target, the type byte, the bytes of content in the archive.

    `kind` is one of `file`, `link`, `symlink`, `directory`, `other`; the content of `sparse` files is not the file's.
    """

    name: bytes
    kind: str
    size_bytes: int
    target: bytes
    sparse: bool


_KINDS: Final = {
    ord("0"): "file",
    0: "file",
    ord("7"): "file",  # a contiguous file: Go and the runtimes treat it as a plain one
    ord("1"): "link",
    ord("2"): "symlink",
    ord("5"): "directory",
    ord("S"): "file",
}


class TarReader:
    """Iterates over the entries of a stream of chunks; content can be taken between two entries.

    Args:
        chunks: the unpacked archive, in order, in pieces of any size.
        limits: caps on entries, path length and extended headers.
        what: names the archive in errors.
        make_spool: gives an empty file for content that is read at any place and too large for memory.
    """

    def __init__(self, chunks: Iterator[bytes], limits: Limits, what: str, make_spool: MakeSpool = io.BytesIO) -> None:
        self._chunks = chunks
        self._limits = limits
        self._what = what
        self._make_spool = make_spool
        self._chunk = b""
        self._at = 0
        self._passed = 0  # bytes of the chunks before this one
        self._left = 0  # content of the current entry not yet taken
        self._padding = 0

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries in order, up to the end mark or the end of the stream.

        Raises:
            TarFormatError: a header is damaged or the stream ends inside an entry.
            LimitExceededError: more entries, a longer path, or a larger extended header than allowed.
        """
        count = 0
        pax: dict[bytes, bytes] = {}
        long_name = long_target = None
        while (header := self._next_header()) is not None:
            count += 1
            if count > self._limits.entries:
                raise LimitExceededError(self._what, "entries", self._limits.entries, "entries")
            size = read_number(header[124:136])
            flag = header[156]
            if flag in b"xgLK":
                content = self._extended(size)
                if flag == _PAX:
                    pax = parse_pax(content)
                elif flag == _LONG_NAME:
                    long_name = content.partition(b"\0")[0]
                elif flag == _LONG_TARGET:
                    long_target = content.partition(b"\0")[0]
                continue
            yield self._entry(header, flag, size, pax, long_name, long_target)
            if pax or long_name or long_target:
                pax, long_name, long_target = {}, None, None
            self._at += self._left + self._padding
            if self._at > len(self._chunk):
                self._skip(0)

    @property
    def offset_bytes(self) -> int:
        """Where the content of the entry just yielded begins in the archive, as long as it was not taken."""
        return self._passed + self._at

    def take(self, limit: int) -> bytes | None:
        """Return the content of the entry just yielded, or None if it has more bytes than the limit."""
        if self._left > limit:
            return None
        content = self._read(self._left)
        self._left = 0
        return content

    def peek(self, size: int) -> bytes:
        """Return the first bytes of the entry just yielded, fewer if it is shorter; nothing is taken."""
        size = min(size, self._left)
        if self._at + size > len(self._chunk):
            head = self._read(size)
            self._passed += self._at - size
            self._chunk, self._at = head + self._chunk[self._at :], 0
        return self._chunk[self._at : self._at + size]

    def open(self, limit: int) -> BinaryIO | None:
        """Return the content of the entry just yielded as a file, or None if it has more bytes than the limit."""
        if self._left > limit:
            return None
        if self._left <= SPOOLED_FROM_BYTES:
            return io.BytesIO(self.take(limit) or b"")
        file = self._make_spool()
        try:
            while self._left:
                piece = self._read(min(self._left, _PIECE_BYTES))
                self._left -= len(piece)
                file.write(piece)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def _entry(
        self,
        header: bytes,
        flag: int,
        size: int,
        pax: dict[bytes, bytes],
        long_name: bytes | None,
        long_target: bytes | None,
    ) -> Entry:
        name = header[:100].partition(b"\0")[0]
        target = header[157:257].partition(b"\0")[0] if flag in b"12" else b""
        # The prefix field belongs to ustar; in old GNU headers other fields stand there.
        if header[345] and header[257:263] == b"ustar\0":
            name = header[345:500].partition(b"\0")[0] + b"/" + name
        sparse = flag == _SPARSE
        if pax:
            name = pax.get(b"path") or name
            target = pax.get(b"linkpath") or target
            if pax.get(b"size"):
                size = read_decimal(pax[b"size"])
            if any(key.startswith(b"GNU.sparse.") for key in pax):
                sparse = True
                name = pax.get(b"GNU.sparse.name") or name
        name = long_name if long_name else name
        target = long_target if long_target else target
        if len(name) > self._limits.path_bytes or len(target) > self._limits.path_bytes:
            raise LimitExceededError(self._what, "path_bytes", self._limits.path_bytes, "bytes")
        if flag == _SPARSE:
            self._skip_sparse_map(header)
        kind = _KINDS.get(flag, "other")
        if flag == 0 and name.endswith(b"/"):  # version 7 archives mark directories by the slash
            kind = "directory"
        if flag in _HEADER_ONLY:
            size = 0
        self._left = size
        self._padding = -size % BLOCK
        return Entry(name, kind, size, target, sparse)

    def _next_header(self) -> bytes | None:
        at = self._at
        if at + BLOCK <= len(self._chunk):
            header = self._chunk[at : at + BLOCK]
            self._at = at + BLOCK
        else:
            header = self._read(BLOCK, at_end_allowed=True)
            if not header:
                return None  # no end mark: tolerated at the border of an entry, as by the runtimes
        if header[0] == 0 and header == _ZERO:
            second = self._read(BLOCK, at_end_allowed=True)
            if second and second != _ZERO:
                raise TarFormatError("an entry after a zero block")
            return None
        check_sum(header)
        return header

    def _extended(self, size: int) -> bytes:
        if size > self._limits.extended_header_bytes:
            raise LimitExceededError(self._what, "extended_header_bytes", self._limits.extended_header_bytes, "bytes")
        content = self._read(size)
        self._skip(-size % BLOCK)
        return content

    def _skip_sparse_map(self, header: bytes) -> None:
        # Old GNU sparse files have more map blocks after the header while a byte says so.
        more = header[482]
        blocks = 0
        while more:
            blocks += 1
            if blocks * BLOCK > self._limits.extended_header_bytes:
                limit = self._limits.extended_header_bytes
                raise LimitExceededError(self._what, "extended_header_bytes", limit, "bytes")
            more = self._read(BLOCK)[504]

    def _read(self, size: int, at_end_allowed: bool = False) -> bytes:
        at = self._at
        if at + size <= len(self._chunk):
            self._at = at + size
            return self._chunk[at : at + size]
        parts = [self._chunk[at:]]
        missing = size - len(parts[0])
        self._passed += len(self._chunk)
        self._chunk, self._at = b"", 0
        while missing > 0:
            chunk = next(self._chunks, b"")
            if not chunk:
                if at_end_allowed and missing == size:
                    return b""
                raise TarFormatError("ends inside an entry")
            if len(chunk) > missing:
                self._chunk, self._at = chunk, missing
                chunk = chunk[:missing]
            else:
                self._passed += len(chunk)
            parts.append(chunk)
            missing -= len(chunk)
        return b"".join(parts)

    def _skip(self, size: int) -> None:
        at = self._at + size
        while at > len(self._chunk):
            at -= len(self._chunk)
            self._passed += len(self._chunk)
            self._chunk = next(self._chunks, b"")
            if not self._chunk:
                self._at = 0
                raise TarFormatError("ends inside an entry")
        self._at = at
