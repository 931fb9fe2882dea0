"""Requests to a service and its answers, decoded. No retries: whoever typed the command sees what went wrong."""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2
import msgspec

from dogwatch import __version__
from dogwatch.cli.remote.problems import ServiceError, error_of
from dogwatch.model.errors import ConfigError

T = TypeVar("T")

Parameters = Sequence[tuple[str, str]]

CONNECT_SECONDS = 10.0
"""How long a connection may take: a service that is there answers in a second, across the world too."""

SILENCE_SECONDS = 75.0
"""How long a service may say nothing: it gives up on a request itself after 60 seconds, and says so."""

ANSWER_SECONDS = 300.0
"""How long an answer may take in all: a page of the largest list over a slow line, and no trickle for ever."""

ANSWER_BYTES_MAX = 64 * 2**20
"""Bytes of one answer: a page of 1,000 findings with long descriptions has some MB."""

_JSON = ("application/json", "application/problem+json")


class Wire:
    """Sends requests to one service; a context that closes its connections."""

    def __init__(self, server: str, token: str, tls: ssl.SSLContext) -> None:
        self.server = server
        headers = {"User-Agent": f"dogwatch/{__version__}"}
        self._client = httpx2.Client(
            headers=headers | ({"Authorization": f"Bearer {token}"} if token else {}),
            timeout=httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
            verify=tls,
            trust_env=False,  # nothing stands between a key and its service
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, shape: type[T], parameters: Parameters = ()) -> T:
        """Read something; `shape` is what the answer has to be."""
        return self._decoded(path, self._answer("GET", path, parameters), shape)

    def text(self, path: str, media_type: str, parameters: Parameters = ()) -> str:
        """Read a document that is passed on as it is."""
        content = self._answer("GET", path, parameters, offered=(media_type,))
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise ServiceError(self._url(path), f"an answer that is not understood: {error}") from error

    def send(self, method: str, path: str, shape: type[T], content: object = None) -> T:
        """Change something; `content` becomes JSON."""
        body = b"" if content is None else msgspec.json.encode(content)
        return self._decoded(path, self._answer(method, path, (), body), shape)

    def send_document(self, path: str, shape: type[T], content: bytes, parameters: Parameters = ()) -> T:
        """Send a document that is passed on as it is."""
        return self._decoded(path, self._answer("POST", path, parameters, content), shape)

    def delete(self, path: str) -> None:
        """Take something away."""
        self._answer("DELETE", path)

    def _answer(
        self,
        method: str,
        path: str,
        parameters: Parameters = (),
        body: bytes = b"",
        offered: Sequence[str] = _JSON,
    ) -> bytes:
        """Return the body of a good answer.

        Raises:
            ServiceError: no answer, or none of a Dogwatch's.
            RequestError, ConflictError: as the service says.
        """
        url = self._url(path)
        headers = {"Accept": ", ".join(offered)} | ({"Content-Type": "application/json"} if body else {})
        request = self._client.build_request(method, url, params=list(parameters), content=body, headers=headers)
        try:
            response = self._client.send(request, stream=True)
            try:
                content = self._whole(url, response)
            finally:
                response.close()
        except httpx2.TimeoutException as error:
            raise ServiceError(url, f"no answer in time ({type(error).__name__})") from error
        except httpx2.HTTPError as error:
            raise ServiceError(url, f"not reached: {str(error) or type(error).__name__}") from error
        if response.is_redirect:
            place = response.headers.get("location", "")[:200]
            raise ServiceError(url, f"sends elsewhere, which is not followed with an access key: {place!r}")
        if response.status_code >= 400:
            raise error_of(url, response.status_code, content)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content and kind not in offered:
            raise ServiceError(url, f"answers with {kind or 'something'}, not with JSON: is that Dogwatch's address?")
        return content

    def _whole(self, url: str, response: httpx2.Response) -> bytes:
        deadline = time.monotonic() + ANSWER_SECONDS
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > ANSWER_BYTES_MAX:
                raise ServiceError(url, f"an answer of more than {ANSWER_BYTES_MAX} bytes")
            if time.monotonic() > deadline:
                raise ServiceError(url, f"an answer that takes longer than {ANSWER_SECONDS:g} s")
        return bytes(content)

    def _decoded(self, path: str, content: bytes, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(content, type=shape)
        except (msgspec.DecodeError, RecursionError) as error:
            reason = str(error) or "nested too deeply"
            raise ServiceError(self._url(path), f"an answer that is not understood: {reason}") from error

    def _url(self, path: str) -> str:
        return f"{self.server}/api/v1{path}"


def tls_context(ca_file: str, server: str) -> ssl.SSLContext:
    """Return what decides whom we trust: the authorities of a file alone, or the system's. There is no skipping it.

    Raises:
        ConfigError: the file cannot be read, or there is nothing to verify.
    """
    if not ca_file:
        return httpx2.create_ssl_context(trust_env=False)
    if urlsplit(server).scheme != "https":
        raise ConfigError("ca_file", f"has no use for {server}")
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError("ca_file", f"{ca_file}: not a file of PEM certificates: {error}") from error
