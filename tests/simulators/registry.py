"""A registry over real HTTP on loopback that tests script: honest by default, hostile where told.

`RegistrySimulator` holds images, asks for tokens or passwords, keeps a log of requests, and plays faults: a fault is a
reply to the next requests that match a method and a path. `serving_registry` runs one, with TLS if given a context.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dogwatch.model.images import is_digest
from dogwatch.model.registries import RegistryAccess
from tests.builders.oci import BuiltManifest, every_blob
from tests.simulators.answering import answering
from tests.simulators.faults import Fault, Play, Reply, SeenRequest

_MANIFEST = re.compile(r"/v2/(?P<repository>.+)/manifests/(?P<reference>[^/]+)")
_BLOB = re.compile(r"/v2/(?P<repository>.+)/blobs/(?P<digest>[^/]+)")
_TAGS = re.compile(r"/v2/(?P<repository>.+)/tags/list")


@dataclass
class RegistrySimulator:
    """The content and the behaviour of a registry. Change it while it serves.

    `authentication` is none, basic, token, or anonymous token (given without a password). `realm` is the token server's
    address, its own by default.
    """

    url: str = ""
    authentication: str = "none"
    username: str = "watcher"
    password: str = "s3cret"
    token_life_seconds: float = 300.0
    realm: str = ""
    page_names: int = 1000
    manifests: dict[str, dict[str, tuple[str, bytes]]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    requests: list[SeenRequest] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def access(self) -> RegistryAccess:
        """How to reach it, anonymously."""
        return RegistryAccess(self.url)

    def add(self, repository: str, built: BuiltManifest, *tags: str) -> str:
        """Put a manifest with everything behind it into a repository; returns its digest."""
        stored = self.manifests.setdefault(repository, {})
        for blob in every_blob(built):
            if isinstance(blob, BuiltManifest):
                stored[blob.digest] = (blob.media_type, blob.content)
            else:
                self.blobs[blob.digest] = blob.content
        self.tags.setdefault(repository, {}).update(dict.fromkeys(tags, built.digest))
        return built.digest

    def fault(self, path: str, play: Play | Reply, *, method: str = "GET", times: int = 1_000_000) -> None:
        """Play a fault for the next requests whose path the pattern is found in; a reply is sent as it is."""
        chosen: Play = (lambda request, honest: play) if isinstance(play, Reply) else play
        self.faults.append(Fault(method, re.compile(path), chosen, times))

    def revoke_tokens(self) -> None:
        """Let no token in that was given so far."""
        self.tokens = dict.fromkeys(self.tokens, ("", 0.0))

    def seen(self, method: str = "", path: str = "") -> list[str]:
        """Return the requests so far as `METHOD path`, those of a method and a path pattern only."""
        wanted = re.compile(path)
        return [str(one) for one in self.requests if method in ("", one.method) and wanted.search(one.path)]

    def reply(self, request: SeenRequest) -> Reply | None:
        """Answer a request, honestly or by the first fault that is for it."""
        with self.lock:
            self.requests.append(request)
            fault = next((one for one in self.faults if one.is_for(request)), None)
            if fault is not None:
                fault.times -= 1
            honest = self._honest(request)
        return honest if fault is None else fault.play(request, honest)

    def _honest(self, request: SeenRequest) -> Reply:
        if request.path == "/token":
            return self._token(request)
        scope = _scope(request.path)
        if not self._is_let_in(request, scope):
            return Reply(401, {"www-authenticate": self._challenge(scope)}, _errors("UNAUTHORIZED"))
        if request.path == "/v2/":
            return Reply(200, {"docker-distribution-api-version": "registry/2.0"}, b"{}")
        if request.path == "/v2/_catalog":
            return self._page(request, "repositories", sorted(self.manifests), {})
        if found := _TAGS.fullmatch(request.path):
            return self._tag_list(request, found["repository"])
        if found := _MANIFEST.fullmatch(request.path):
            return self._manifest(found["repository"], found["reference"])
        if found := _BLOB.fullmatch(request.path):
            return self._blob(request, found["digest"])
        return Reply(404, {}, _errors("NOT_FOUND"))

    def _manifest(self, repository: str, reference: str) -> Reply:
        digest = reference if is_digest(reference) else self.tags.get(repository, {}).get(reference, "")
        if digest not in self.manifests.get(repository, {}):
            return Reply(404, {}, _errors("MANIFEST_UNKNOWN"))
        media_type, content = self.manifests[repository][digest]
        return Reply(200, {"content-type": media_type, "docker-content-digest": digest}, content)

    def _blob(self, request: SeenRequest, digest: str) -> Reply:
        if digest not in self.blobs:
            return Reply(404, {}, _errors("BLOB_UNKNOWN"))
        return ranged(request, self.blobs[digest])

    def _tag_list(self, request: SeenRequest, repository: str) -> Reply:
        if repository not in self.manifests:
            return Reply(404, {}, _errors("NAME_UNKNOWN"))
        return self._page(request, "tags", sorted(self.tags.get(repository, {})), {"name": repository})

    def _page(self, request: SeenRequest, member: str, names: list[str], more: Mapping[str, Any]) -> Reply:
        count = min(int(request.query.get("n", ["1000"])[0]), self.page_names)
        last = request.query.get("last", [""])[0]
        page = [name for name in names if name > last][:count]
        link = {}
        if page and page[-1] != names[-1]:
            link = {"link": f'<{request.path}?last={page[-1]}&n={count}>; rel="next"'}
        body = json.dumps({**more, member: page or None}).encode()
        return Reply(200, {"content-type": "application/json", **link}, body)

    def _challenge(self, scope: str) -> str:
        if self.authentication == "basic":
            return 'Basic realm="simulator", charset="UTF-8"'
        wanted = f',scope="{scope}"' if scope else ""
        return f'Bearer realm="{self.realm or self.url + "/token"}",service="simulator"{wanted}'

    def _is_let_in(self, request: SeenRequest, scope: str) -> bool:
        sent = request.headers.get("authorization", "")
        if self.authentication == "none":
            return True
        if self.authentication == "basic":
            return sent == self._basic()
        granted, until = self.tokens.get(sent.removeprefix("Bearer "), ("", 0.0))
        return time.monotonic() < until and (not scope or scope in granted.split())

    def _basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()

    def _token(self, request: SeenRequest) -> Reply:
        sent = request.headers.get("authorization")
        if sent is not None and sent != self._basic():
            return Reply(401, {}, _errors("UNAUTHORIZED"))
        if sent is None and self.authentication == "token":
            return Reply(401, {}, _errors("UNAUTHORIZED"))
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = (" ".join(request.query.get("scope", [])), time.monotonic() + self.token_life_seconds)
        body = json.dumps({"token": token, "expires_in": self.token_life_seconds}).encode()
        return Reply(200, {"content-type": "application/json"}, body)


def ranged(request: SeenRequest, content: bytes) -> Reply:
    """Answer with content, or with the part of it that Range asks for."""
    asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
    headers = {"content-type": "application/octet-stream"}
    if asked is None:
        return Reply(200, headers, content)
    start = int(asked[1])
    return Reply(206, headers | {"content-range": f"bytes {start}-{len(content) - 1}/{len(content)}"}, content[start:])


@contextmanager
def serving_registry(simulator: RegistrySimulator, tls: ssl.SSLContext | None = None) -> Iterator[RegistrySimulator]:
    """Serve on a free loopback port; sets `simulator.url`."""

    class Serve(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = SeenRequest(self.command, parts.path, parse_qs(parts.query), headers)
            reply = simulator.reply(request)
            self.close_connection = reply is None or reply.stated_bytes is not None
            if reply is not None:
                _send(self, reply)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = _QuietServer(("127.0.0.1", 0), Serve)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    host = "localhost" if tls else "127.0.0.1"
    simulator.url = f"{'https' if tls else 'http'}://{host}:{server.server_port}"
    with answering(server):
        yield simulator


class _QuietServer(ThreadingHTTPServer):
    block_on_close = False  # a client that was told to hang must not hang the test

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that give up on a hostile reply are the point."""


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    time.sleep(reply.wait_seconds)
    handler.send_response_only(reply.status)
    if "date" not in reply.headers:
        handler.send_header("date", handler.date_time_string())
    for name, value in reply.headers.items():
        handler.send_header(name, value)
        if reply.header_drip_seconds:
            handler.flush_headers()
            time.sleep(reply.header_drip_seconds)
    length = len(reply.body) if reply.stated_bytes is None else reply.stated_bytes
    if "transfer-encoding" not in reply.headers and length >= 0:
        handler.send_header("content-length", str(length))
    handler.end_headers()
    if handler.command == "HEAD":
        return
    if not reply.drip_seconds:
        handler.wfile.write(reply.body)
        return
    for position in range(len(reply.body)):
        handler.wfile.write(reply.body[position : position + 1])
        handler.wfile.flush()
        time.sleep(reply.drip_seconds)


def _scope(path: str) -> str:
    if path == "/v2/_catalog":
        return "registry:catalog:*"
    found = _MANIFEST.fullmatch(path) or _BLOB.fullmatch(path) or _TAGS.fullmatch(path)
    return f"repository:{found['repository']}:pull" if found else ""


def _errors(code: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}).encode()
