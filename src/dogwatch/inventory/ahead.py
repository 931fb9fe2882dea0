"""What an iterator gives, made on a thread of its own while what it gave before is looked at.

Unpacking and digests release the interpreter's lock, so a layer is unpacked on one processor and walked on another.
`layer` is the only user.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from types import TracebackType

from dogwatch.inventory.limits import UNPACKED_QUEUE_CHUNKS


class Ahead:
    """Iterates over chunks; a context manager, whose thread has ended when the block is left.

    Args:
        chunks: none of them empty; what they raise is raised again where they are iterated over.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._made: queue.Queue[bytes | BaseException] = queue.Queue(maxsize=UNPACKED_QUEUE_CHUNKS)
        self._is_wanted = True
        self._has_ended = False
        self._thread = threading.Thread(target=self._work, name="layer-unpacking", daemon=True)

    def __enter__(self) -> Ahead:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def __iter__(self) -> Iterator[bytes]:
        """Yield the chunks in order."""
        while chunk := self._take():
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk

    def stop(self) -> None:
        """Return when nothing is taken from the iterator any more; what was made of it is thrown away."""
        self._is_wanted = False
        while not self._has_ended:
            self._take()
        self._thread.join()

    def _take(self) -> bytes | BaseException:
        made = self._made.get()
        self._has_ended = not made or isinstance(made, BaseException)
        return made

    def _work(self) -> None:
        end: bytes | BaseException = b""
        try:
            for chunk in self._chunks:
                if not self._is_wanted:
                    break
                self._made.put(chunk)
        except BaseException as error:  # the other thread's to handle
            end = error
        self._made.put(end)
