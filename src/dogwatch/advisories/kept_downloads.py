"""Large files that outlive a fetch which was killed, so that the next one need not download them again.

A fetch's own spool goes with the fetch. What is kept beside it is used only if its publisher says that the file is
still the same (a conditional request), and goes as soon as what came of it is published, or turned out to be unusable.
Files that two feeds are made of are kept a while longer, for the other one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import msgspec

from dogwatch.advisories.mirror import Downloaded, DownloadResult, FeedMirror, NotModified
from dogwatch.model.errors import ContentError, FeedRejectedError

_CHUNK_BYTES = 256 * 1024

_FROM_BYTES = 1024 * 1024
"""Smaller files are there in a moment."""

_FORGOTTEN = timedelta(days=2)
"""A feed that nobody asked for again since: it was switched off, or its file is another by now."""


_SHARED = timedelta(hours=3)
"""So long the files of two feeds are kept: both are looked at within it, though the first import of one takes long."""


class _Note(msgspec.Struct, frozen=True):
    """What is kept beside a file."""

    fingerprint: str
    size_bytes: int
    sha256: str
    modified_at: datetime | None = None


class KeptDownloads:
    """A mirror that keeps the large files it brought in a folder, until `forget`."""

    def __init__(self, mirror: FeedMirror, folder: Path) -> None:
        self._mirror = mirror
        self._folder = folder
        self.is_local = mirror.is_local

    def describe(self, path: str) -> str:
        """Return the address of a file; see `FeedMirror`."""
        return self._mirror.describe(path)

    def close(self) -> None:
        """Close the mirror; what is kept stays."""
        self._mirror.close()

    def download(
        self, path: str, sink: BinaryIO, *, max_bytes: int, timeout_seconds: float, fingerprint: str = ""
    ) -> DownloadResult:
        """Copy one file, from what is kept where that is still what the mirror has; see `FeedMirror`."""
        note = self._note(path)
        asked = fingerprint if note is None else note.fingerprint
        result = self._mirror.download(
            path, sink, max_bytes=max_bytes, timeout_seconds=timeout_seconds, fingerprint=asked
        )
        if isinstance(result, NotModified) and note is not None and note.fingerprint != fingerprint:
            if note.size_bytes <= max_bytes and self._take(path, note, sink):
                return Downloaded(note.fingerprint, note.size_bytes, note.modified_at)
            self._file(path).unlink(missing_ok=True)
            return self.download(
                path, sink, max_bytes=max_bytes, timeout_seconds=timeout_seconds, fingerprint=fingerprint
            )
        if isinstance(result, Downloaded) and result.fingerprint and result.size_bytes >= _FROM_BYTES:
            self._keep(path, sink, result)
        return result

    def forget(self) -> None:
        """Keep nothing any more."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, path: str) -> Path:
        return self._folder / hashlib.sha256(self.describe(path).encode()).hexdigest()

    def _note(self, path: str) -> _Note | None:
        """Return what is noted of a file that is kept; None where none is."""
        file = self._file(path)
        try:
            return msgspec.json.decode(file.with_suffix(".note").read_bytes(), type=_Note) if file.exists() else None
        except (OSError, msgspec.MsgspecError):
            return None

    def _take(self, path: str, note: _Note, sink: BinaryIO) -> bool:
        """Copy what is kept into the sink; False where it is not what was noted: the machine fell in between."""
        digest = hashlib.sha256()
        sink.seek(0)
        sink.truncate()
        with suppress(OSError), self._file(path).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                sink.write(chunk)
        return digest.hexdigest() == note.sha256

    def _keep(self, path: str, sink: BinaryIO, result: Downloaded) -> None:
        """Keep what is in the sink. A full disk costs this copy and nothing else."""
        file, digest = self._file(path), hashlib.sha256()
        partial = file.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            sink.seek(0)
            with partial.open("wb") as copy:
                while chunk := sink.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    copy.write(chunk)
            note = _Note(result.fingerprint, result.size_bytes, digest.hexdigest(), result.modified_at)
            file.with_suffix(".note").write_bytes(msgspec.json.encode(note))
            partial.replace(file)
        except OSError:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


@contextmanager
def keeping_downloads(
    mirror: FeedMirror, spool: Path, feed: str, now: datetime, is_shared: bool = False
) -> Iterator[FeedMirror]:
    """Yield a mirror whose large files are kept until the block ends well, or with content that cannot be used.

    After anything else (killed, stopped, the network or the database went away) they are there for the next attempt.

    Args:
        mirror: where the feed is; what costs no network is not kept.
        spool: a folder of ours.
        feed: its name, unlike that of any other; or the name of the files that it shares with others.
        now: the present.
        is_shared: whether it is that.
    """
    if mirror.is_local:
        yield mirror
        return
    folder = spool / "kept" / hashlib.sha256(feed.encode()).hexdigest()[:32]
    kept = KeptDownloads(mirror, folder)
    _delete_older(spool / "kept", now - _FORGOTTEN)
    if is_shared:
        _delete_older(folder, now - _SHARED)
    try:
        yield kept
    except (ContentError, FeedRejectedError):
        kept.forget()  # or it would be unusable for ever
        raise
    if not is_shared:
        kept.forget()


def _delete_older(folder: Path, before: datetime) -> None:
    for each in folder.glob("*"):
        with suppress(OSError):
            if each.stat().st_mtime >= before.timestamp():
                continue
            if each.is_dir():
                shutil.rmtree(each, ignore_errors=True)
            else:
                each.unlink()
