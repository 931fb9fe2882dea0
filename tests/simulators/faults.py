"""What a simulated registry is asked and replies, and the faults that tests have it play in place of honest replies."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_HELD_SECONDS = 600.0  # for a test that ends before it lets go


@dataclass(frozen=True)
class SeenRequest:
    """A request as received; header names in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Reply:
    """What is sent. A body under `transfer-encoding` goes out as it is.

    `stated_bytes` is a Content-Length that may lie; -1: none, the body ends with the connection. `drip_seconds` is the
    pause after each byte of the body, `header_drip_seconds` after each header, `wait_seconds` before everything.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    stated_bytes: int | None = None
    drip_seconds: float = 0.0
    header_drip_seconds: float = 0.0
    wait_seconds: float = 0.0


Play = Callable[[SeenRequest, Reply], Reply | None]
"""A fault: the request and the honest reply → what is sent instead; None breaks the connection without a reply."""


@dataclass
class Fault:
    """A fault with whom it is for and how often it still happens."""

    method: str
    path: re.Pattern[str]
    play: Play
    times: int

    def is_for(self, request: SeenRequest) -> bool:
        """Say whether it happens to a request."""
        return self.times > 0 and self.method == request.method and self.path.search(request.path) is not None


def broken_after(count: int) -> Play:
    """A fault that states the whole length and breaks off after `count` bytes."""
    return lambda request, honest: Reply(honest.status, honest.headers, honest.body[:count], len(honest.body))


def lying_about(digest: str) -> Play:
    """A fault that names another digest in Docker-Content-Digest."""
    return lambda request, honest: Reply(
        honest.status, {**honest.headers, "docker-content-digest": digest}, honest.body
    )


class Held:
    """A fault that keeps a reply, the honest one by default, until it is let go."""

    def __init__(self, reply: Reply | None = None) -> None:
        self._reply, self._is_free = reply, threading.Event()

    def __call__(self, _request: SeenRequest, honest: Reply) -> Reply:
        self._is_free.wait(_HELD_SECONDS)
        return self._reply or honest

    def let_go(self) -> None:
        """Send what is kept, and keep nothing any more."""
        self._is_free.set()


def no_reply(request: SeenRequest, honest: Reply) -> Reply | None:
    """A fault that closes the connection without a word."""
    return None


WEB_PAGE = Reply(200, {"content-type": "text/html; charset=utf-8"}, b"<html><body>Please log in</body></html>")
