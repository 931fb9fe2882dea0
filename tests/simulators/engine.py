"""A container engine's API on a real unix socket: says what a test wants, as slowly or brokenly as it wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from urllib.parse import unquote

from tests.simulators.answering import answering

Handler = BaseHTTPRequestHandler
Reply = Callable[[Handler], object]
"""Writes an answer, or a part of one, or none."""


@dataclass
class SimulatedEngine:
    """`images` are archives by name; `replies` take the place of what would be answered, by path."""

    path: Path
    images: dict[str, bytes] = field(default_factory=dict)
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)

    def answer(self, handler: Handler) -> None:
        self.asked.append(handler.path)
        path = unquote(handler.path.partition("?")[0])
        name, _, what = path.removeprefix("/images/").rpartition("/")
        if path in self.replies:
            self.replies[path](handler)
        elif name not in self.images:
            send(handler, 404, json.dumps({"message": f"No such image: {name}"}).encode())
        elif what == "json":
            about = {"Id": "sha256:" + "1" * 64, "Os": "linux", "Architecture": "amd64", "Size": len(self.images[name])}
            send(handler, 200, json.dumps(about).encode())
        else:
            send_chunks(handler, self.images[name])


def send(handler: Handler, status: int, body: bytes, kind: str = "application/json", length: int | None = None) -> None:
    """Answer with a body, and with a length that need not be its own."""
    handler.send_response(status)
    handler.send_header("content-type", kind)
    handler.send_header("content-length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def send_chunks(handler: Handler, body: bytes, *, is_whole: bool = True) -> None:
    """Answer in chunks, as engines do; not whole: the end is missing."""
    handler.send_response(200)
    handler.send_header("content-type", "application/x-tar")
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    for start in range(0, len(body), 4096):
        block = body[start : start + 4096]
        handler.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n" if is_whole else b"")


@contextmanager
def simulated_engine(path: Path) -> Iterator[SimulatedEngine]:
    """Run an engine behind a socket at `path`."""
    engine = SimulatedEngine(path)

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            engine.answer(self)
            self.close_connection = True

        def address_string(self) -> str:
            return "unix"

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    class Server(ThreadingMixIn, UnixStreamServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Nothing: tests hang up in the middle of answers."""

    with answering(Server(str(path), Answer)):
        try:
            yield engine
        finally:
            engine.ending.set()
