"""A port on loopback for a server that a test starts, or where nobody is to answer."""

from __future__ import annotations

import secrets
import socket

_PORTS = range(12_000, 32_000)
"""Below those that Linux takes for outgoing connections (from 32768): one of these may take a free port before the
server does, and a client that tries such a port again and again may come to be connected with itself."""

_TRIES = 100


def free_port() -> int:
    """Return a port that is free now; side by side, tests draw different ones, however their dice were seeded."""
    for _ in range(_TRIES):
        port = secrets.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"none of {_TRIES} ports of {_PORTS} is free")
