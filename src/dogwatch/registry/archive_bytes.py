"""The unpacked bytes of an archive on disk, read forward, and its members as streams. Used by `docker_archive`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dogwatch.inventory.compression import CompressionError, unpack
from dogwatch.inventory.limits import DEFAULT_LIMITS, READ_BYTES
from dogwatch.model.errors import LimitExceededError, MalformedManifestError
from dogwatch.registry.layout import open_regular

PACKED: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")  # gzip, zstd


@dataclass(frozen=True, slots=True)
class Member:
    """Where the content of a file stands in the unpacked archive; in bytes."""

    offset: int
    size: int


class Archive:
    """The unpacked bytes of an archive, read forward; going back begins anew (plain archives just jump)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened = open_regular(path, path.parent, str(path))
        self._file = self._opened.__enter__()
        self._is_plain = not self._file.read(4).startswith(PACKED)
        self.rewind()

    def close(self) -> None:
        """Close the file."""
        self._opened.__exit__(None, None, None)

    def chunks(self) -> Iterator[bytes]:
        """Yield everything from the beginning."""
        self.rewind()
        yield from self._chunks

    def seek(self, offset: int) -> None:
        """Stand at a place of the unpacked bytes.

        Raises:
            ContentError: the archive ends before it, or cannot be unpacked.
        """
        if self._is_plain:
            self._file.seek(offset)
            self._at, self._rest = offset, b""
            self._chunks = self._unpacked()
            return
        if offset < self._at:
            self.rewind()
        while self._at < offset:
            if not self.read(min(READ_BYTES, offset - self._at)):
                raise MalformedManifestError(str(self._path), "the archive ends early")

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; nothing only at the end."""
        if not self._rest:
            self._rest = next(self._chunks, b"")
        taken, self._rest = self._rest[:size], self._rest[size:]
        self._at += len(taken)
        return taken

    def rewind(self) -> None:
        """Stand at the beginning again."""
        self._file.seek(0)
        self._at, self._rest = 0, b""
        self._chunks = self._unpacked()

    def _unpacked(self) -> Iterator[bytes]:
        blocks = iter(lambda: self._file.read(READ_BYTES), b"")
        if self._is_plain:
            yield from blocks
            return
        total = 0
        try:
            for chunk in unpack(blocks, "", str(self._path)):
                total += len(chunk)
                allowed = max(DEFAULT_LIMITS.ratio_free_bytes, self._file.tell() * DEFAULT_LIMITS.unpacked_ratio)
                if total > allowed:
                    raise LimitExceededError(
                        str(self._path), "unpacked_ratio", DEFAULT_LIMITS.unpacked_ratio, "times its size"
                    )
                yield chunk
        except CompressionError as error:
            raise MalformedManifestError(str(self._path), f"the archive cannot be unpacked: {error}") from error


class Part:
    """One member of an archive as a stream."""

    def __init__(self, archive: Archive, member: Member) -> None:
        archive.seek(member.offset)
        self._archive = archive
        self._left = member.size

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; nothing only at the end."""
        content = self._archive.read(min(size, self._left))
        self._left -= len(content)
        return content
