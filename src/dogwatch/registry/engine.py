"""A container engine on this machine, Docker or Podman: does it have an image, and the image as an archive.

Speaks the Engine API over a unix socket; two GET requests and nothing else. Called by `opened`.

Source:
    Docker Engine API 1.57, "Inspect an image" and "Export an image"; Podman answers the same on its socket.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import BinaryIO, Final
from urllib.parse import quote

from dogwatch.model.errors import (
    EngineError,
    ForbiddenError,
    InvalidRequestError,
    LimitExceededError,
    NotFoundError,
)
from dogwatch.model.images import Platform
from dogwatch.model.progress import Progress, Tell, Unit
from dogwatch.model.targets import TargetKind
from dogwatch.registry.answers import is_page
from dogwatch.registry.documents import decode_object, text
from dogwatch.registry.names import is_engine_name

EXPORT_BYTES_MAX: Final = 64 * 1024**3
"""One image as an archive on our disk: what one unpacked layer may have at most, and ten times what is usual."""

ANSWER_SECONDS: Final = 30.0
"""An engine that does not answer a question about an image for so long is stuck."""

EXPORT_SECONDS: Final = 900.0
"""Until an export begins: Podman, and Docker with some stores, write the archive to their own disk first."""

STALL_SECONDS: Final = 60.0
"""Without a byte in an export that has begun."""

_BLOCK_BYTES: Final = 1024 * 1024
_DOCUMENT_BYTES_MAX: Final = 8 * 1024 * 1024  # as the config that it is made from
_WORDS_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an engine is waited for, in seconds: for an answer, for an export to begin, for its next byte."""

    answer: float = ANSWER_SECONDS
    export: float = EXPORT_SECONDS
    stall: float = STALL_SECONDS


@dataclass(frozen=True, slots=True)
class EngineImage:
    """What an engine says of an image: its platform, and its size in bytes (0: it does not say)."""

    platform: Platform
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Engine:
    """A container engine: Docker or Podman, behind the socket at `path`."""

    kind: TargetKind
    path: str
    patience: Patience = Patience()

    def __str__(self) -> str:
        return f"{self.kind} at {self.path}"

    def find(self, name: str) -> EngineImage | None:
        """Return what the engine says of an image, by name or id; None where it has none.

        Raises:
            ForbiddenError: we may not use the socket.
            EngineError: it cannot be reached, or does not answer as an engine does.
            InvalidRequestError: not a name that an image can have.
        """
        with self._answer(name, "json", self.patience.answer) as response:
            if response is None:
                return None
            try:
                content = response.read(_DOCUMENT_BYTES_MAX + 1)
                document = decode_object(content)
            except (OSError, HTTPException, ValueError) as error:
                raise self._failed(f"its answer about {name} cannot be read: {_words(error)}") from error
        size = document.get("Size")
        platform = Platform(text(document, "Os"), text(document, "Architecture"), text(document, "Variant"))
        return EngineImage(platform, size if isinstance(size, int) and size > 0 else 0)

    def export(self, name: str, image: EngineImage, sink: BinaryIO, check_room: Callable[[], None], tell: Tell) -> None:
        """Write an image into a file, as an archive.

        Args:
            name: as `find` takes it.
            image: what `find` returned, with the platform that is wanted.
            sink: where to.
            check_room: called before each block is written; raises where there is no room for it.
            tell: hears how many bytes came.

        Raises:
            LimitExceededError: longer than `EXPORT_BYTES_MAX`.
            NotFoundError: it does not have the image for this platform.
            EngineError: it broke off, stalled, or sent something else.
        """
        activity = f"reading {self.kind}:{name}"
        done = 0
        what = f"get{_platform_query(image.platform)}"
        with self._answer(name, what, self.patience.export, self.patience.stall) as response:
            if response is None:
                raise NotFoundError("image", f"{self.kind}:{name} for {image.platform}")
            for block in self._blocks(response, name):
                done += len(block)
                if done > EXPORT_BYTES_MAX:
                    raise LimitExceededError(f"{self.kind}:{name}", "EXPORT_BYTES_MAX", EXPORT_BYTES_MAX, "bytes")
                check_room()
                sink.write(block)
                tell(Progress(activity, done, image.size_bytes, Unit.BYTES))

    def _blocks(self, response: HTTPResponse, name: str) -> Iterator[bytes]:
        while True:
            try:
                block = response.read(_BLOCK_BYTES)
            except (OSError, HTTPException) as error:
                raise self._failed(f"its export of {name} broke off: {_words(error)}") from error
            if not block:
                break
            yield block
        if response.length:  # announced, and never came
            raise self._failed(f"its export of {name} broke off: {response.length} bytes are missing")

    @contextmanager
    def _answer(
        self, name: str, what: str, wait_seconds: float, stall_seconds: float | None = None
    ) -> Iterator[HTTPResponse | None]:
        """Ask for `/images/NAME/WHAT`; yields the answer with its body still to be read, None for 404."""
        if not is_engine_name(name):
            raise InvalidRequestError(str(self.kind), f"not the name of an image: {name[:300]!r}")
        connection = _SocketConnection(self.path, wait_seconds)
        try:
            try:
                connection.request("GET", f"/images/{quote(name, safe='/:@')}/{what}")
                response = connection.getresponse()
            except PermissionError as error:
                raise ForbiddenError(f"use the socket {self.path}", "permission denied") from error
            except (OSError, HTTPException) as error:
                raise self._failed(_words(error)) from error
            connection.wait_for(stall_seconds or wait_seconds)
            if response.status == 404 and not _is_page(response):
                yield None
                return
            if response.status != 200 or _is_page(response):
                raise self._failed(_refusal(response))
            yield response
        finally:
            connection.close()

    def _failed(self, reason: str) -> EngineError:
        return EngineError(str(self.kind), self.path, reason)


class _SocketConnection(HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path
        self._seconds = seconds

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._seconds)
        self.sock.connect(self._path)

    def wait_for(self, seconds: float) -> None:
        """Wait this long, and no longer, for each of the bytes that follow."""
        if self.sock is not None:
            self.sock.settimeout(seconds)


def _platform_query(platform: Platform) -> str:
    """Ask for one platform of an image that has several; engines that know nothing of that pass over it."""
    if not (platform.os and platform.architecture):
        return ""
    wanted = {"os": platform.os, "architecture": platform.architecture, "variant": platform.variant}
    return f"?platform={quote(json.dumps({name: value for name, value in wanted.items() if value}))}"


def _is_page(response: HTTPResponse) -> bool:
    return is_page({"content-type": response.headers.get("content-type", "")})


def _refusal(response: HTTPResponse) -> str:
    """Say how an engine refused, in its own words where it has some."""
    if _is_page(response):
        return f"status {response.status} with a web page: not a container engine"
    try:
        body = response.read(64 * 1024)
        message = text(decode_object(body), "message")
    except (OSError, HTTPException, ValueError):
        message = ""
    return f"status {response.status}{f': {message[:_WORDS_MAX]}' if message else ''}"


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(getattr(error, "strerror", None) or str(error) or type(error).__name__)[:_WORDS_MAX]
