"""Calls an ASGI app in process, as a server would: messages in, one answer out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from dogwatch.serve.http import Application

LOCAL = {"host": "127.0.0.1:8470"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(
    app: Application,
    method: str,
    target: str,
    body: bytes | Sequence[bytes] = b"",
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = LOCAL,
    client: str = "127.0.0.1",
    ends: bool = True,
) -> Reply:
    """Make one request. `body` in several parts arrives so; with `ends` False the rest never comes."""
    return asyncio.run(acall(app, method, target, body, headers, client, ends))


async def acall(
    app: Application,
    method: str,
    target: str,
    body: bytes | Sequence[bytes] = b"",
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = LOCAL,
    client: str = "127.0.0.1",
    ends: bool = True,
) -> Reply:
    path, _, query = target.partition("?")
    parts = [body] if isinstance(body, bytes) else list(body)
    incoming = [
        {"type": "http.request", "body": part, "more_body": not ends or number + 1 < len(parts)}
        for number, part in enumerate(parts)
    ]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        if incoming:
            return incoming.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
        "client": (client, 50000),
        "server": ("127.0.0.1", 8470),
        "state": {},
    }
    await app(scope, receive, send)
    start = sent[0]
    return Reply(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in sent[1:]),
    )
