"""A real web server on loopback around in-memory rooms."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dogwatch.serve.messages import AsgiApplication
from dogwatch.serve.server import make_server
from tests.waiting import PATIENCE_SECONDS, wait_until


@contextmanager
def running(app: AsgiApplication) -> Iterator[int]:
    """Yield the port of a server that runs in a thread of its own, once it has logged that it started."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = make_server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    try:
        wait_until(lambda: server.started, "the server has started")
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        listening.close()
        assert not thread.is_alive()
