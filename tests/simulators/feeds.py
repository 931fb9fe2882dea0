"""A feed as the public OSV export is one: a bucket in a folder that tests change, and a server that serves it.

`FeedBucket` writes files, so a folder mirror reads it as it is; `FeedServer` puts any bucket folder behind real HTTP on
loopback, with conditional requests, a request log and scripted failures.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from tests.builders.advisories import Record, encode_record
from tests.simulators.answering import answering

LISTING = "modified_id.csv"
ARCHIVE = "all.zip"


def folder_name(ecosystem: str) -> str:
    """Return the folder of an ecosystem as it is written on disk: without its release, `_` for `:`."""
    base = ecosystem.partition(":")[0] if ecosystem.startswith(("Debian:", "Alpine:", "Ubuntu:")) else ecosystem
    return base.replace(":", "_")


def replace_file(path: Path, content: bytes) -> None:
    """Write a file at once: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, path)


class FeedBucket:
    """A bucket that tests change: every change rewrites record, archive and list, as the public export does.

    NOTE: an importer takes a list whose newest record is older than the newest it saw before for a lagging mirror; so
    `remove` the newest record only together with a later change of another one. `withdraw` has no such limit.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def copied(cls, source: Path, folder: Path, ecosystems: Iterable[str]) -> FeedBucket:
        """Start from the lists and archives of some ecosystems of another bucket."""
        bucket = cls(folder)
        for ecosystem in ecosystems:
            for name in (LISTING, ARCHIVE):
                content = (source / folder_name(ecosystem) / name).read_bytes()
                replace_file(folder / folder_name(ecosystem) / name, content)
        return bucket

    def listed(self, ecosystem: str) -> dict[str, str]:
        """Return id → modified, as the list has them."""
        path = self.folder / folder_name(ecosystem) / LISTING
        lines = path.read_text().splitlines() if path.exists() else []
        return {record_id: modified for modified, _, record_id in (line.partition(",") for line in lines)}

    def put(self, ecosystem: str, *records: Record) -> None:
        """Add or replace records."""
        documents = {record["id"]: encode_record(record) for record in records}
        listed = self.listed(ecosystem) | {record["id"]: record["modified"] for record in records}
        self._rewrite(ecosystem, listed, documents)

    def withdraw(self, ecosystem: str, record_id: str, at: str) -> None:
        """Let a record be withdrawn at a time (RFC 3339), which is also its new modified time."""
        record = self.record(ecosystem, record_id)
        self.put(ecosystem, record | {"withdrawn": at, "modified": at})

    def remove(self, ecosystem: str, record_id: str) -> None:
        """Take a record out of list, archive and folder."""
        listed = self.listed(ecosystem)
        del listed[record_id]
        self._rewrite(ecosystem, listed, {})
        (self.folder / folder_name(ecosystem) / f"{record_id}.json").unlink(missing_ok=True)

    def record(self, ecosystem: str, record_id: str) -> Record:
        """Return a record as the bucket has it."""
        folder = self.folder / folder_name(ecosystem)
        single = folder / f"{record_id}.json"
        content = single.read_bytes() if single.exists() else _from_archive(folder / ARCHIVE, f"{record_id}.json")
        record: Record = json.loads(content)
        return record

    def lay_over(self, day: Path) -> None:
        """Lay one day's delta (a tar of changed lists and records) over the bucket. Archives stay as they were."""
        with tarfile.open(day) as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is not None:
                    replace_file(self.folder / member.name, file.read())

    def _rewrite(self, ecosystem: str, listed: dict[str, str], documents: dict[str, bytes]) -> None:
        folder = self.folder / folder_name(ecosystem)
        for record_id, content in documents.items():
            replace_file(folder / f"{record_id}.json", content)
        write_archive(folder / ARCHIVE, set(listed), documents)
        write_listing(folder / LISTING, listed)


def write_listing(path: Path, listed: dict[str, str]) -> None:
    """Write a list, newest first."""
    newest_first = sorted(listed.items(), key=lambda item: item[1], reverse=True)
    replace_file(path, "".join(f"{modified},{record_id}\n" for record_id, modified in newest_first).encode())


def write_archive(path: Path, keep: set[str], documents: dict[str, bytes]) -> None:
    """Write an archive of the old one's records that are to be kept, and the new ones."""
    partial = path.with_name(path.name + ".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        if path.exists():
            with zipfile.ZipFile(path) as old:
                for entry in old.infolist():
                    record_id = entry.filename.removesuffix(".json")
                    if record_id in keep and record_id not in documents:
                        archive.writestr(entry.filename, old.read(entry))
        for record_id, content in documents.items():
            archive.writestr(f"{record_id}.json", content)
    os.replace(partial, path)


def _from_archive(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


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
                return _from_archive(archive, file.name), archive.stat().st_mtime
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
