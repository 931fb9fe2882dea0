"""One request and its answer: bounded retries, waits, size caps. Knows nothing of tokens, redirects or manifests.

Used by the conversation and, for tokens, by the authenticator. Foreign exceptions end here, at the call and while a
body is read.
"""

from __future__ import annotations

import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from dogwatch.model.errors import (
    LimitExceededError,
    RegistryRefusedError,
    RegistryThrottledError,
    RegistryUnavailableError,
)
from dogwatch.registry.answers import error_words, shown, wait_seconds
from dogwatch.registry.limits import ClientLimits
from dogwatch.registry.network import GuardedTransport, zones_open_to

_TOO_MANY_REQUESTS = 429
_UNAVAILABLE = 503


def origin_of(url: httpx2.URL) -> tuple[str, str, int]:
    """Return scheme, host and port, the port filled in."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


class Exchange:
    """Sends requests to the registry and, behind the address guard, to where it sends us. Safe to share by threads."""

    def __init__(self, base: httpx2.URL, tls: ssl.SSLContext, user_agent: str, limits: ClientLimits) -> None:
        self.base = base
        self.limits = limits
        self._tls = tls
        self._user_agent = user_agent
        self._lock = threading.Lock()
        self._own = self._client(GuardedTransport(tls, limits, None))
        self._outside: httpx2.Client | None = None

    def close(self) -> None:
        """Close all connections."""
        self._own.close()
        if self._outside is not None:
            self._outside.close()

    def send(self, method: str, url: httpx2.URL, headers: Mapping[str, str]) -> httpx2.Response:
        """Send a request until it is answered; the answer's body is still to be read, and the caller closes it.

        Returns:
            An answer below 500 that is not 429.

        Raises:
            RegistryUnavailableError: no answer or 5xx at every attempt; a TLS failure at the first.
            RegistryThrottledError: 429, or 503 with Retry-After, for longer than we wait in place.
            RegistryRefusedError: the answer is not HTTP, or the address is one where a registry may not send us.
        """
        for attempt in range(self.limits.attempts):
            last = attempt + 1 == self.limits.attempts
            try:
                response = self._send_once(method, url, headers)
            except RegistryUnavailableError as error:
                if last or isinstance(_root(error), ssl.SSLError):
                    raise
                self._pause(attempt)
                continue
            if response.status_code == _TOO_MANY_REQUESTS or (
                response.status_code == _UNAVAILABLE and "retry-after" in response.headers
            ):
                self._wait(response, attempt, last)
                continue
            if response.status_code < 500:
                return response
            words = self.close_with_words(response)
            if last:
                raise RegistryUnavailableError(shown(url), f"status {response.status_code}: {words}")
            self._pause(attempt)
        raise AssertionError("every path of the last attempt returns or raises")

    def document(
        self, open_response: Callable[[], httpx2.Response], limit: str, allowed_bytes: int
    ) -> tuple[httpx2.Response, bytes]:
        """Open an answer and read it whole; begin anew when it breaks off.

        Args:
            open_response: sends the request and returns the answer, its body unread.
            limit: name of the limit, for the error.
            allowed_bytes: the limit.

        Raises:
            RegistryUnavailableError: it broke off or trickled at every attempt.
            LimitExceededError: it is longer than allowed.
        """
        for attempt in range(self.limits.attempts):
            response = open_response()
            try:
                return response, self._read_whole(response, limit, allowed_bytes)
            except RegistryUnavailableError:
                if attempt + 1 == self.limits.attempts:
                    raise
            finally:
                response.close()
            self._pause(attempt)
        raise AssertionError("every path of the last attempt returns or raises")

    def close_with_words(self, response: httpx2.Response) -> str:
        """Close an error's answer and return the registry's own words, as far as they can be read."""
        body = b""
        try:
            for chunk in response.iter_raw():
                body += chunk
                if len(body) >= self.limits.error_bytes:
                    break
        except httpx2.HTTPError:
            pass  # the words are a courtesy; the status is what counts
        finally:
            response.close()
        return error_words(response.headers, body[: self.limits.error_bytes]) or response.reason_phrase

    def _read_whole(self, response: httpx2.Response, limit: str, allowed_bytes: int) -> bytes:
        body = bytearray()
        started = time.monotonic()
        with translated(response.url):
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > allowed_bytes:
                    raise LimitExceededError(shown(response.url), limit, allowed_bytes, "bytes")
                if time.monotonic() - started > self.limits.document_seconds:
                    raise RegistryUnavailableError(
                        shown(response.url), f"a small document took over {self.limits.document_seconds:g} s"
                    )
        return bytes(body)

    def _send_once(self, method: str, url: httpx2.URL, headers: Mapping[str, str]) -> httpx2.Response:
        with translated(url):
            client = self._client_for(url)
            response = client.send(client.build_request(method, url, headers=headers), stream=True)
        # We ask for plain bytes, because digests are of the bytes as stored; a coded answer could also be a bomb.
        if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
            response.close()
            raise RegistryRefusedError(shown(url), "sent with a content encoding that was not asked for")
        return response

    def _client_for(self, url: httpx2.URL) -> httpx2.Client:
        if origin_of(url) == origin_of(self.base):
            return self._own
        with self._lock:
            if self._outside is None:
                try:
                    zones = zones_open_to(self.base.host, origin_of(self.base)[2])
                except (OSError, UnicodeError) as error:
                    raise RegistryUnavailableError(shown(self.base), str(error)) from error
                self._outside = self._client(GuardedTransport(self._tls, self.limits, zones))
            return self._outside

    def _client(self, transport: httpx2.BaseTransport) -> httpx2.Client:
        return httpx2.Client(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            headers={"user-agent": self._user_agent, "accept-encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx2.Timeout(self.limits.silence_seconds, connect=self.limits.connect_seconds),
        )

    def _wait(self, response: httpx2.Response, attempt: int, last: bool) -> None:
        response.close()
        asked = wait_seconds(response.headers, self.limits.longest_wait_seconds)
        if last or (asked is not None and asked > self.limits.short_wait_seconds):
            seconds = self.limits.default_wait_seconds if asked is None else asked
            raise RegistryThrottledError(shown(response.url), seconds)
        if asked is None:
            self._pause(attempt)
        else:
            time.sleep(asked)

    def _pause(self, attempt: int) -> None:
        """Wait before the next attempt, longer each time; the jitter keeps many workers from coming back as one."""
        longest = min(self.limits.first_pause_seconds * 2**attempt, self.limits.longest_pause_seconds)
        time.sleep(random.uniform(longest / 2, longest))


@contextmanager
def translated(url: httpx2.URL) -> Iterator[None]:
    """Turn the HTTP client's exceptions into ours, at the call and while a body is read."""
    try:
        yield
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:
        raise RegistryRefusedError(shown(url), str(error)) from error
    except httpx2.HTTPError as error:
        raise RegistryUnavailableError(shown(url), _reason(error)) from error


def _reason(error: httpx2.HTTPError) -> str:
    words = str(error)
    if isinstance(error, httpx2.TimeoutException) and not words.startswith("stalled"):
        return f"no answer in time ({type(error).__name__})"
    return words or type(error).__name__


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error
