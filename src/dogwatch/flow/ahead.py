"""Blobs opened before their turn: a registry that takes its time to answer does so while others are read.

Nothing is fetched ahead into memory: what an opened connection holds is in the system's buffers, a few megabytes each.
Reading itself goes one by one: a second thread that unpacks makes both slower (decision 41).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from typing import Protocol, TypeVar

CONNECTIONS = 3
"""Blobs that are opened ahead: with the one that is read as many at a time as container engines fetch of an image."""

AHEAD_BYTES = 64 * 1024**2
"""Of what is read and opened ahead, together: a few seconds' work. Storage closes what nobody reads for longer."""


class Sized(Protocol):
    """What is known of a blob before it is opened."""

    @property
    def size_bytes(self) -> int:
        """Its size as announced."""


B = TypeVar("B", bound=Sized)
R = TypeVar("R")


def open_ahead(open_blob: Callable[[B], AbstractContextManager[R]], blobs: Sequence[B]) -> Iterator[tuple[B, R]]:
    """Yield each blob, in order, with what it was opened as; it is closed when the next one is asked for.

    The next few are opened meanwhile, each in a thread of its own, as long as that is not too early.

    Raises:
        Exception: what opening raised, when the blob's turn has come; then nothing stays open.
    """
    waiting = deque(blobs)
    opened: deque[tuple[B, Future[tuple[ExitStack, R]]]] = deque()
    with ThreadPoolExecutor(CONNECTIONS, "open-ahead") as threads:
        try:
            while waiting or opened:
                if not opened:
                    opened.append((waiting[0], threads.submit(_enter, open_blob, waiting.popleft())))
                blob, future = opened.popleft()
                room_bytes = AHEAD_BYTES - blob.size_bytes - sum(each.size_bytes for each, _ in opened)
                while waiting and len(opened) < CONNECTIONS and waiting[0].size_bytes <= room_bytes:
                    room_bytes -= waiting[0].size_bytes
                    opened.append((waiting[0], threads.submit(_enter, open_blob, waiting.popleft())))
                stack, content = future.result()
                with stack:
                    yield blob, content
        finally:
            for _, future in opened:
                future.add_done_callback(_close)


def _enter(open_blob: Callable[[B], AbstractContextManager[R]], blob: B) -> tuple[ExitStack, R]:
    stack = ExitStack()
    return stack, stack.enter_context(open_blob(blob))


def _close(future: Future[tuple[ExitStack, R]]) -> None:
    """Close what was opened in vain; what could not be opened in vain is nobody's loss."""
    if not future.cancelled() and future.exception() is None:
        future.result()[0].close()
