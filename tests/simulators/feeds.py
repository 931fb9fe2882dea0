"""A bucket of a feed (`buckets`) behind real HTTP on loopback: conditional requests, a log of requests, failures."""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from tests.simulators.answering import answering
from tests.simulators.buckets import ARCHIVE, LISTING, read_archived


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """One request as it came, and the status it got."""

    path: str
    status: int
    conditional: bool
    authorization: str = ""


@dataclass(slots=True)
class Failure:
    """What happens to requests whose path matches, `times` times (-1: always).

    `status` answers with that status; `truncate_to` sends that many bytes under the whole length; `drip_seconds` sends
    one byte at a time with that pause; `body` sends other content; `location` is for redirects; `lie` leaves the length
    out and ends the connection, so that a cut looks like an end.
    """

    pattern: str
    times: int = 1
    status: int = 200
    truncate_to: int | None = None
    drip_seconds: float = 0.0
    body: bytes | None = None
    location: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    lie: bool = False


class FeedServer:
    """Serves a bucket folder; `requests` is the log. A missing `<ID>.json` is taken out of the archive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[FeedRequest] = []
        self.failures: list[Failure] = []
        self.send_validators = True
        self.lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"feed": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def fail(self, failure: Failure) -> None:
        """Script a failure; earlier ones come first."""
        with self.lock:
            self.failures.append(failure)

    def take_requests(self) -> list[FeedRequest]:
        """Return the log and start a new one."""
        with self.lock:
            taken, self.requests = self.requests, []
        return taken

    def next_failure(self, path: str) -> Failure | None:
        """Return what is scripted for a path, and count it down."""
        with self.lock:
            for failure in self.failures:
                if failure.times and re.search(failure.pattern, path):
                    failure.times -= 1
                    return failure
        return None


@contextmanager
def serve_feed(folder: Path) -> Iterator[FeedServer]:
    """Serve a bucket folder for the time of a block."""
    server = FeedServer(folder)
    with answering(server.server):
        yield server


class _Handler(BaseHTTPRequestHandler):
    feed: ClassVar[FeedServer]
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for headers and small bodies

    def do_GET(self) -> None:
        path = unquote(self.path).lstrip("/")
        failure = self.feed.next_failure(path)
        content, moment = self._content(path)
        if failure is not None:
            self._misbehave(path, failure, content or b"")
        elif content is None:
            self._send(path, 404, b"no such object\n")
        else:
            self._serve(path, content, moment)

    def _content(self, path: str) -> tuple[bytes | None, float]:
        file = self.feed.folder / path
        if ".." in path.split("/"):
            return None, 0.0
        if file.is_file():
            return file.read_bytes(), file.stat().st_mtime
        archive = file.parent / ARCHIVE
        if file.suffix == ".json" and archive.exists() and self._is_listed(file):
            try:
                return read_archived(archive, file.name), archive.stat().st_mtime
            except KeyError:
                return None, 0.0
        return None, 0.0

    def _is_listed(self, file: Path) -> bool:
        listing = file.parent / LISTING
        return not listing.exists() or f",{file.stem}\n" in listing.read_text()

    def _serve(self, path: str, content: bytes, moment: float) -> None:
        etag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        if not self.feed.send_validators:
            return self._send(path, 200, content)
        validators = (("ETag", etag), ("Last-Modified", formatdate(moment, usegmt=True)))
        wanted, since = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
        same = (
            wanted == etag if wanted else bool(since) and parsedate_to_datetime(str(since)).timestamp() >= int(moment)
        )
        return self._send(path, 304 if same else 200, b"" if same else content, validators)

    def _misbehave(self, path: str, failure: Failure, content: bytes) -> None:
        headers = (*failure.headers, *((("Location", failure.location),) if failure.location else ()))
        body = content if failure.body is None else failure.body
        if failure.truncate_to is None and not failure.drip_seconds and not failure.lie:
            return self._send(path, failure.status, body if failure.status == 200 or failure.body else b"", headers)
        self._log(path, failure.status)
        self.close_connection = True
        self.send_response(failure.status)
        if not failure.lie:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        kept = body[: failure.truncate_to]
        if not failure.drip_seconds:
            self.wfile.write(kept)
            return None
        return self._drip(kept, failure.drip_seconds)

    def _drip(self, body: bytes, pause_seconds: float) -> None:
        try:
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(pause_seconds)
        except OSError:
            return  # the other side gave up, as it should

    def _send(self, path: str, status: int, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> None:
        self._log(path, status)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _log(self, path: str, status: int) -> None:
        conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
        with self.feed.lock:
            self.feed.requests.append(FeedRequest(path, status, conditional, self.headers.get("Authorization", "")))

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet: the log is `requests`."""


def remove_bucket(folder: Path) -> None:
    """Delete a bucket folder, as a mirror that is unmounted."""
    shutil.rmtree(folder)
