"""One HTTP request, whole, and one answer, whole: what the plain ASGI parts of `serve` pass around.

Bodies are read here, within limits of size and time; nobody else touches `receive`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio.to_thread
import msgspec

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApplication = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON = "application/json"
PROBLEM = "application/problem+json"

Result = TypeVar("Result")


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete: nobody is there to answer."""


class BodyRefusedError(Exception):
    """The body is larger or slower than allowed; `status` is 413 or 408."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request: `raw_path` and `query` as sent, `path` percent-decoded, header names in lower case, in order.

    `client` is the peer's address without its port; empty where there is none.
    """

    method: str
    path: str
    raw_path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    client: str
    body: bytes = field(default=b"", repr=False)

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of a header."""
        return tuple(value for each, value in self.headers if each == name)

    def only(self, name: str) -> str:
        """Return a header's value; empty where it is missing or given more than once."""
        values = self.values(name)
        return values[0].strip() if len(values) == 1 else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(
    status: int, content: object, headers: Mapping[str, str] | None = None, content_type: str = JSON
) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, msgspec.json.encode(content), content_type, headers or {})


def head_of(scope: Scope, body: bytes = b"") -> Incoming:
    """Return the request of a scope, with a body that was read."""
    client = scope.get("client")
    return Incoming(
        method=scope["method"],
        path=scope["path"],
        raw_path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0],
        query=scope["query_string"].decode("latin-1"),
        headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
        client=client[0] if client else "",
        body=body,
    )


async def read_body(head: Incoming, receive: Receive, max_bytes: int, seconds: float) -> bytes:
    """Read a request's body to its end.

    Raises:
        BodyRefusedError: it is larger than `max_bytes` (told before it is read where the length is announced), or not
            complete after `seconds`.
        ClientGoneError: the client closed the connection.
    """
    announced = head.only("content-length")
    if announced.isdigit() and (len(announced) > 15 or int(announced) > max_bytes):
        raise _too_large(max_bytes)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > max_bytes:
                    raise _too_large(max_bytes)
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError as error:
        raise BodyRefusedError(408, f"the request was not complete after {seconds:g} s") from error


def _too_large(max_bytes: int) -> BodyRefusedError:
    return BodyRefusedError(413, f"the body is larger than {max_bytes} bytes")


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read already, then what the connection says."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> MutableMapping[str, Any]:
        return messages.pop() if messages else await receive()

    return receive_again


async def send_answer(answer: Answer, send: Send) -> None:
    """Send a whole answer."""
    headers = {"content-type": answer.content_type, "content-length": str(len(answer.body)), **answer.headers}
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})


async def in_thread(call: Callable[..., Result], *arguments: object) -> Result:
    """Run what may wait for the database on a thread of the pool; a request that times out does not wait for it."""
    return await anyio.to_thread.run_sync(call, *arguments, abandon_on_cancel=True)
