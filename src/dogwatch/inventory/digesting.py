"""Digests of a stream computed on a second thread, so that they cost no wall time beside decompression.

hashlib releases the interpreter's lock for large buffers. `layer` is the only user.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from types import TracebackType

from dogwatch.inventory.limits import DIGEST_QUEUE_CHUNKS

_Item = tuple[int, bytes] | None


class DigestThread:
    """Digests several streams at once; a context manager, whose thread has ended when the block is left.

    Args:
        algorithms: one hashlib name for each stream, in the order in which `add` counts them.
    """

    def __init__(self, *algorithms: str) -> None:
        self._algorithms = algorithms
        self._states = [hashlib.new(algorithm) for algorithm in algorithms]
        self._queue: queue.Queue[_Item] = queue.Queue(maxsize=DIGEST_QUEUE_CHUNKS)
        self._thread = threading.Thread(target=self._work, name="layer-digests", daemon=True)

    def __enter__(self) -> DigestThread:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._finish()

    def add(self, stream: int, chunk: bytes) -> None:
        """Append a chunk to one of the streams; waits while too many chunks are under way."""
        self._queue.put((stream, chunk))

    def digests(self) -> list[str]:
        """Return the digests of all streams as `algorithm:hex`; nothing may be added afterwards."""
        self._finish()
        return [f"{name}:{state.hexdigest()}" for name, state in zip(self._algorithms, self._states, strict=True)]

    def _finish(self) -> None:
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            stream, chunk = item
            self._states[stream].update(chunk)
