"""Progress on its way to a person: told calmly, counted where bytes are read."""

from __future__ import annotations

import time
from typing import Protocol

from dogwatch.model.progress import Progress, Tell, Unit

_PAUSE_SECONDS = 0.1  # nobody reads faster, and each one crosses a process boundary


def calmly(tell: Tell) -> Tell:
    """Return what passes on the first of each activity, its end, and in between one every tenth of a second."""
    before = Progress("")
    next_at = 0.0

    def tell_calmly(progress: Progress) -> None:
        nonlocal before, next_at
        is_new = progress.activity != before.activity
        is_end = progress.done == progress.total and progress != before
        if is_new or is_end or time.monotonic() >= next_at:
            before, next_at = progress, time.monotonic() + _PAUSE_SECONDS
            tell(progress)

    return tell_calmly


class Readable(Protocol):
    """A stream of bytes; nothing only at the end."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""


class CountedReader:
    """A stream that tells how much of it was read."""

    def __init__(self, stream: Readable, tell: Tell, activity: str, total_bytes: int) -> None:
        self._stream = stream
        self._tell = tell
        self._progress = Progress(activity, 0, total_bytes, Unit.BYTES)
        tell(self._progress)

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        block = self._stream.read(size)
        done = self._progress.done + len(block)
        self._progress = Progress(self._progress.activity, done, self._progress.total, Unit.BYTES)
        self._tell(self._progress)
        return block
