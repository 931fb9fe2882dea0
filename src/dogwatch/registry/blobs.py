"""Read one blob as a stream that mends itself: a broken connection is taken up again where it broke.

Opened by the client, read by whoever indexes layers. The reader counts bytes; digests are the consumer's, who reads
every byte anyway.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import httpx2

from dogwatch.model.errors import (
    DigestMismatchError,
    ImageGoneError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from dogwatch.model.images import Descriptor, Layer
from dogwatch.registry.answers import shown
from dogwatch.registry.conversation import Conversation, Request
from dogwatch.registry.exchange import translated
from dogwatch.registry.redirects import RedirectRule

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(?:\d{1,18}|\*)")


class BlobReader(io.RawIOBase):
    """The bytes of a blob, exactly as many as its descriptor says.

    A raw stream: `read(n)` gives what has arrived, up to n bytes; wrap it in `io.BufferedReader` where n must be full.

    Raises:
        RegistryError: on reading, as the conversation says; RegistryUnavailableError when it broke more often than
            we resume; ImageGoneError when the registry does not have it.
        DigestMismatchError: the registry sends more or fewer bytes than the descriptor says.
    """

    def __init__(self, conversation: Conversation, url: httpx2.URL, repository: str, blob: Descriptor | Layer) -> None:
        self._conversation = conversation
        self._url = url
        self._repository = repository
        self._digest = blob.digest
        self._size_bytes = blob.size_bytes
        self._offset_bytes = 0
        self._resumes_left = conversation.exchange.limits.resumes
        self._left_over = memoryview(b"")
        self._response: httpx2.Response | None = None
        self._chunks: Iterator[bytes] = iter(())
        self._open_at_offset()

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer with what has arrived; 0 at the end of the blob."""
        target = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # the buffer protocol has no type in 3.11
        if not len(target):
            return 0
        if not self._left_over:
            self._left_over = memoryview(self._next_chunk())
        count = min(len(target), len(self._left_over))
        target[:count] = self._left_over[:count]
        self._left_over = self._left_over[count:]
        return count

    def close(self) -> None:
        """Close the connection, whether or not everything was read."""
        if self._response is not None:
            self._response.close()
            self._response = None
        super().close()

    def _next_chunk(self) -> bytes:
        """Return the next bytes, empty only at the blob's proper end."""
        while True:
            try:
                with translated(self._url):
                    chunk = next(self._chunks, b"")
            except RegistryUnavailableError:
                self._resume()
                continue
            if not chunk and self._offset_bytes < self._size_bytes:
                if self._response is not None and _ends_with_its_connection(self._response):
                    self._resume()
                    continue
                raise self._wrong_size(f"{self._offset_bytes} bytes")
            self._offset_bytes += len(chunk)
            if self._offset_bytes > self._size_bytes:
                raise self._wrong_size(f"more than {self._size_bytes} bytes")
            return chunk

    def _resume(self) -> None:
        if not self._resumes_left:
            raise RegistryUnavailableError(
                shown(self._url), f"broke off at byte {self._offset_bytes} of {self._size_bytes}, again"
            )
        self._resumes_left -= 1
        self._open_at_offset()

    def _open_at_offset(self) -> None:
        if self._response is not None:
            self._response.close()
        # Object storage forgets its signed URLs, so a resumption starts at the registry again.
        headers = (("range", f"bytes={self._offset_bytes}-"),) if self._offset_bytes else ()
        scope = f"repository:{self._repository}:pull"
        response = self._conversation.open(Request("GET", self._url, scope, headers, RedirectRule.ANYWHERE))
        if response is None:
            raise ImageGoneError(self._repository, self._digest)
        self._response = response
        self._chunks = response.iter_raw()
        self._check_start(response)

    def _check_start(self, response: httpx2.Response) -> None:
        """Make sure that the answer begins where we stand; one that begins at zero is skipped forward."""
        if response.status_code == 206:
            span = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
            if span is None or int(span[1]) != self._offset_bytes:
                raise RegistryRefusedError(shown(response.url), "answers with a range that was not asked for")
            return
        length = response.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:18]) != self._size_bytes:
            raise self._wrong_size(f"{length[:18]} bytes")
        if self._offset_bytes:
            self._chunks = _skipped(self._chunks, self._offset_bytes)

    def _wrong_size(self, actual: str) -> DigestMismatchError:
        expected = f"{self._size_bytes} bytes"
        return DigestMismatchError(f"size of blob {self._digest}", expected, actual)


def _ends_with_its_connection(response: httpx2.Response) -> bool:
    """Say whether only the end of the connection tells where the body ends, so that a break looks like an end."""
    return "content-length" not in response.headers and "transfer-encoding" not in response.headers


def _skipped(chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for chunk in chunks:
        if count >= len(chunk):
            count -= len(chunk)
            continue
        yield chunk[count:]
        count = 0
