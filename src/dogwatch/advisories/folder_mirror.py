"""A feed mirror that is a folder. Fingerprints are content digests: copies of a folder may carry any time stamps.

So nothing in it is dated; a folder of one's own counts as it is.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dogwatch.advisories.mirror import Downloaded, DownloadResult, Missing, NotModified, told_bytes
from dogwatch.model.errors import FeedRejectedError, FeedUnavailableError, LimitExceededError
from dogwatch.model.progress import Tell, tell_nobody

_CHUNK_BYTES = 256 * 1024


class FolderMirror:
    """Reads feed files below one folder."""

    is_local = True

    def __init__(self, folder: Path, source: str, tell: Tell = tell_nobody) -> None:
        self._folder = folder
        self._source = source
        self._tell = tell

    def describe(self, path: str) -> str:
        """Return the file's path."""
        return str(self._folder / path)

    def download(
        self, path: str, sink: BinaryIO, *, max_bytes: int, timeout_seconds: float, fingerprint: str = ""
    ) -> DownloadResult:
        """Copy one file; see `FeedMirror`."""
        deadline = time.monotonic() + timeout_seconds
        digest = hashlib.sha256()
        size_bytes = 0
        sink.seek(0)
        sink.truncate()
        took = told_bytes(self._tell, path, self._size_bytes(path))
        try:
            for chunk in self._read(path):
                size_bytes += len(chunk)
                if size_bytes > max_bytes:
                    raise LimitExceededError(self.describe(path), "max_bytes", max_bytes, "bytes")
                if time.monotonic() > deadline:
                    raise FeedUnavailableError(
                        self._source, self.describe(path), f"not read within {timeout_seconds:g} s"
                    )
                digest.update(chunk)
                sink.write(chunk)
                took(size_bytes)
        except FileNotFoundError:
            return Missing()
        found = f"sha256:{digest.hexdigest()}"
        return NotModified() if found == fingerprint else Downloaded(found, size_bytes)

    def _size_bytes(self, path: str) -> int:
        """Return a file's size as far as it can be told beforehand; 0 where it cannot."""
        try:
            return (self._folder / path).stat().st_size
        except OSError:
            return 0

    def _read(self, path: str) -> Iterator[bytes]:
        """Yield the file in chunks, and translate what goes wrong on this side of the copy."""
        try:
            # O_NONBLOCK: opening a named pipe must not wait for a writer.
            with open(os.open(self._folder / path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise FeedRejectedError(self._source, self.describe(path), "not a regular file")
                while chunk := file.read(_CHUNK_BYTES):
                    yield chunk
        except FileNotFoundError as missing:
            if not self._folder.is_dir():
                raise FeedUnavailableError(self._source, str(self._folder), "no such folder") from missing
            raise
        except PermissionError as denied:
            raise FeedRejectedError(self._source, self.describe(path), "not readable for this user") from denied
        except OSError as broken:
            raise FeedUnavailableError(self._source, self.describe(path), str(broken)) from broken

    def close(self) -> None:
        """Nothing is held open."""
