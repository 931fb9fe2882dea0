"""A server of the standard library that answers on a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer

_LOOK_SECONDS = 0.02  # how soon it sees that it is to end


@contextmanager
def answering(server: BaseServer) -> Iterator[None]:
    """Let a server answer for the time of a block; then it is closed."""
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK_SECONDS,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
