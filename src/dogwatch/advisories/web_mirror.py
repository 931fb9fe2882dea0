"""A feed mirror behind a URL: conditional requests, bounded retries, redirects that stay put or go to https.

Bodies are taken as they are on the wire (no content coding), so that sizes mean what they say.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import httpx2

from dogwatch import __version__
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.mirror import Downloaded, DownloadResult, Missing, NotModified, told_bytes
from dogwatch.model.errors import FeedRejectedError, FeedUnavailableError, LimitExceededError
from dogwatch.model.progress import Tell, tell_nobody

_RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MISSING = frozenset({404, 410})
_MAX_FINGERPRINT = 1_024  # characters of each validator; longer ones are not worth keeping


class _BrokenTransferError(Exception):
    """One attempt failed in a way that another may not. `wait_seconds` is the server's word, 0 without one."""

    def __init__(self, reason: str, wait_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class _Transfer:
    """One request and the bounds it runs in; `deadline` is in seconds of the monotonic clock."""

    url: str
    sink: BinaryIO
    max_bytes: int
    timeout_seconds: float
    deadline: float
    validators: dict[str, str]
    path: str


class WebMirror:
    """Reads feed files below one URL. Safe to use from several threads; connections are kept alive."""

    is_local = False

    def __init__(self, base_url: str, source: str, limits: FeedLimits = FEED_LIMITS, tell: Tell = tell_nobody) -> None:
        self._base_url, self._login = _without_login(base_url.rstrip("/"))
        self._origin = urlsplit(self._base_url)[:2]
        self._source = source
        self._limits = limits
        self._tell = tell
        self._client = httpx2.Client(
            headers={"User-Agent": f"dogwatch/{__version__}", "Accept-Encoding": "identity"},
            timeout=limits.idle_timeout_seconds,
            limits=httpx2.Limits(max_connections=limits.parallel_requests, keepalive_expiry=30.0),
            follow_redirects=False,
        )

    def describe(self, path: str) -> str:
        """Return the file's URL."""
        return f"{self._base_url}/{quote(path)}"

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def download(
        self, path: str, sink: BinaryIO, *, max_bytes: int, timeout_seconds: float, fingerprint: str = ""
    ) -> DownloadResult:
        """Get one file, if need be in several attempts; see `FeedMirror`."""
        url = self.describe(path)
        pause_seconds = self._limits.first_pause_seconds
        for attempt in range(1, self._limits.attempts + 1):
            deadline = time.monotonic() + timeout_seconds
            transfer = _Transfer(url, sink, max_bytes, timeout_seconds, deadline, self._validators(fingerprint), path)
            try:
                return self._follow(transfer)
            except (_BrokenTransferError, httpx2.TransportError, httpx2.StreamError) as broken:
                reason = str(broken) or type(broken).__name__
                if attempt == self._limits.attempts:
                    raise FeedUnavailableError(self._source, url, reason) from broken
                asked = broken.wait_seconds if isinstance(broken, _BrokenTransferError) else 0.0
            except (httpx2.InvalidURL, httpx2.HTTPError) as unusable:
                raise FeedRejectedError(self._source, url, str(unusable)) from unusable
            time.sleep(min(max(pause_seconds, asked), self._limits.max_pause_seconds))
            pause_seconds *= 2
        raise AssertionError("a limit of no attempts")

    def _follow(self, transfer: _Transfer) -> DownloadResult:
        url = transfer.url
        for _ in range(self._limits.max_redirects + 1):
            # Where a redirect leads to another server, that server has no business with our password.
            login = self._login if urlsplit(url)[:2] == self._origin else None
            with self._client.stream("GET", url, headers=transfer.validators, auth=login) as response:
                if response.status_code not in _REDIRECTS:
                    return self._receive(response, transfer)
                url = self._redirected(url, response.headers.get("location", ""))
        raise FeedRejectedError(self._source, transfer.url, f"more than {self._limits.max_redirects} redirects")

    def _redirected(self, url: str, location: str) -> str:
        """Allow what cannot be worse than before: any https address, or the same scheme, host and port."""
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        if location and (there.scheme == "https" or (there.scheme, there.netloc) == (here.scheme, here.netloc)):
            return target
        raise FeedRejectedError(self._source, url, f"redirects to {target[:200]!r}, which is not followed")

    def _receive(self, response: httpx2.Response, transfer: _Transfer) -> DownloadResult:
        status = response.status_code
        if status == 304 and transfer.validators:
            return NotModified()
        if status in _MISSING:
            return Missing()
        if status in _RETRIED:
            raise _BrokenTransferError(f"HTTP status {status}", _seconds(response.headers.get("retry-after", "")))
        if status != 200:
            raise FeedRejectedError(self._source, transfer.url, f"HTTP status {status}")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise FeedRejectedError(self._source, transfer.url, "sent with a content coding we did not ask for")
        took = told_bytes(self._tell, transfer.path, _count(response.headers.get("content-length", "")))
        size_bytes = _copy(response, transfer, took)
        return Downloaded(
            self._fingerprint(response.headers), size_bytes, _moment(response.headers.get("last-modified", ""))
        )

    def _fingerprint(self, headers: httpx2.Headers) -> str:
        etag, last_modified = headers.get("etag", ""), headers.get("last-modified", "")
        if not (etag or last_modified) or max(len(etag), len(last_modified)) > _MAX_FINGERPRINT:
            return ""
        return "\t".join((self._base_url, etag, last_modified))

    def _validators(self, fingerprint: str) -> dict[str, str]:
        """Return the headers of a conditional request; a fingerprint from another location asks for nothing."""
        location, _, rest = fingerprint.partition("\t")
        etag, _, last_modified = rest.partition("\t")
        if location != self._base_url:
            return {}
        named = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        return {name: value for name, value in named.items() if value}


def _without_login(url: str) -> tuple[str, tuple[str, str] | None]:
    """Take name and password out of a URL: messages and fingerprints name the URL."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    name, _, password = login.partition(":")
    return urlunsplit(parts._replace(netloc=host)), (unquote(name), unquote(password))


def _copy(response: httpx2.Response, transfer: _Transfer, took: Callable[[int], None]) -> int:
    transfer.sink.seek(0)
    transfer.sink.truncate()
    size_bytes = 0
    for chunk in response.iter_raw():
        size_bytes += len(chunk)
        if size_bytes > transfer.max_bytes:
            raise LimitExceededError(transfer.url, "max_bytes", transfer.max_bytes, "bytes")
        if time.monotonic() > transfer.deadline:
            raise _BrokenTransferError(f"not received within {transfer.timeout_seconds:g} s")
        transfer.sink.write(chunk)
        took(size_bytes)
    return size_bytes


def _moment(date: str) -> datetime | None:
    """Read a date as headers have it; one without a zone, or nonsense, counts as none."""
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _count(length: str) -> int:
    """Read a Content-Length; nonsense counts as none."""
    return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else 0


def _seconds(retry_after: str) -> float:
    """Read a Retry-After in seconds; a date or nonsense counts as none: our own pause grows anyway."""
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6 else 0.0
