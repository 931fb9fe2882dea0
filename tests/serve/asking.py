"""Asking the JSON API of rooms in memory."""

from __future__ import annotations

from dogwatch.serve.ports import AccessKey
from tests.serve.asgi import LOCAL, Reply, call
from tests.serve.callers import ADMIN
from tests.serve.rooms import Rooms


def get(rooms: Rooms, path: str, **headers: str) -> Reply:
    """Ask as a caller of this machine who needs no credentials."""
    return call(rooms.app(open_loopback=True), "GET", f"/api/v1{path}", headers={**LOCAL, **headers})


def ask(rooms: Rooms, method: str, path: str, key: AccessKey = ADMIN, body: bytes = b"") -> Reply:
    """Ask with an access key."""
    headers = {**LOCAL, "authorization": bearer(key)}
    return call(rooms.app(), method, f"/api/v1{path}", body, headers=headers)


def bearer(key: AccessKey) -> str:
    """Return the header that an access key proves itself by."""
    return f"Bearer {key.id}:{key.secret}"
