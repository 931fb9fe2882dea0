"""A small OCI registry that knows the sample images and nothing else, beside the service's other paths, below /v2/.

Anyone may read what was pushed. Only this machine may push, and only the samples, whose blobs are always there: a push
is the manifest alone. It tells Dogwatch of pushes, pulls and deletions as CNCF Distribution does.

Source:
    OCI distribution specification 1.1: end-1 to end-3, end-7 to end-9, end-11; Distribution documentation, "Work with
    notifications".
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from dogwatch.demonstration.folder import DemonstrationFolder, Webhook
from dogwatch.demonstration.notifications import Notifications
from dogwatch.demonstration.samples import MANIFEST_TYPE, SampleImage
from dogwatch.model.errors import DogwatchError
from dogwatch.model.images import is_digest

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApplication = Callable[[Message, Receive, Send], Awaitable[None]]

_ROOT = "/v2/"
_MANIFEST = re.compile(r"/v2/(?P<repository>.+)/manifests/(?P<reference>[^/]+)")
_BLOB = re.compile(r"/v2/(?P<repository>.+)/blobs/(?P<digest>[^/]+)")
_UPLOAD = re.compile(r"/v2/.+/blobs/uploads/.*")
_TAGS = re.compile(r"/v2/(?P<repository>.+)/tags/list")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_BODY_BYTES_MAX = 64 * 1024  # a sample's manifest has 1 KB
_OWN_SAMPLES = "the demonstration's registry takes its own sample images only"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request, as far as it matters here. `caller` is an address, empty where the server does not say."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str] = field(repr=False)
    caller: str
    body: bytes = field(default=b"", repr=False)


class SampleRegistry:
    """The registry as an ASGI application. For one event loop."""

    def __init__(
        self,
        samples: Sequence[SampleImage],
        folder: DemonstrationFolder,
        notifications: Notifications,
        begin: Callable[[], Webhook],
        machine_now: Callable[[], datetime],
    ) -> None:
        """Prepare; what was pushed before is there again.

        Args:
            samples: what may be pushed.
            folder: where it is remembered.
            notifications: told of what happens.
            begin: has this registry watched, at the first push; called on a thread, raises DogwatchError.
            machine_now: the machine's present, by which a registry tells time.
        """
        self._samples = {(one.repository, one.digest): one for one in samples}
        self._blobs = {digest: content for one in samples for digest, content in one.blobs.items()}
        self._folder = folder
        self._notifications = notifications
        self._begin = begin
        self._machine_now = machine_now
        self._pushing = asyncio.Lock()

    def beside(self, others: AsgiApplication) -> AsgiApplication:
        """Return an application that answers below /v2/ here and everything else by another application."""

        async def answer(scope: Message, receive: Receive, send: Send) -> None:
            is_ours = scope["type"] == "http" and str(scope["path"]).startswith(_ROOT)
            await (self if is_ours else others)(scope, receive, send)

        return answer

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        body = await _read_body(receive)
        reply = Reply(413) if body is None else await self._reply(_asked(scope, body))
        length = ("content-length", str(len(reply.body)))
        headers = [(name.encode(), value.encode()) for name, value in (*reply.headers, length)]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})

    async def _reply(self, asked: _Asked) -> Reply:
        if asked.method in ("GET", "HEAD"):
            return self._read(asked)
        if not _is_loopback(asked.caller):
            return _refused(403, "DENIED", "only this machine may push to the demonstration's registry")
        found = _MANIFEST.fullmatch(asked.path)
        if found is None and not _UPLOAD.fullmatch(asked.path):
            return _refused(405, "UNSUPPORTED", "not offered by the demonstration's registry")
        async with self._pushing:
            if found is not None and asked.method == "PUT":
                return await self._push(asked, found["repository"], found["reference"])
            if found is not None and asked.method == "DELETE":
                return self._delete(asked, found["repository"], found["reference"])
        return _refused(403, "DENIED", _OWN_SAMPLES)

    def _read(self, asked: _Asked) -> Reply:
        _, tags = self._folder.load_registry()
        if asked.path == _ROOT:
            return _json_reply({}, ("docker-distribution-api-version", "registry/2.0"))
        if asked.path == "/v2/_catalog":
            return _page(asked, "repositories", tags, {})
        if found := _TAGS.fullmatch(asked.path):
            name = found["repository"]
            return _page(asked, "tags", tags[name], {"name": name}) if name in tags else _unknown("NAME_UNKNOWN")
        if found := _MANIFEST.fullmatch(asked.path):
            return self._pull(asked, found["repository"], found["reference"])
        if (found := _BLOB.fullmatch(asked.path)) and found["digest"] in self._blobs:
            return Reply(
                200,
                self._blobs[found["digest"]],
                (("content-type", "application/octet-stream"), ("docker-content-digest", found["digest"])),
            )
        return _unknown("BLOB_UNKNOWN")

    def _pull(self, asked: _Asked, repository: str, reference: str) -> Reply:
        webhook, tags = self._folder.load_registry()
        held = tags.get(repository, {})
        digest = held.get(reference, reference if reference in held.values() else "")
        sample = self._samples.get((repository, digest))
        if webhook is None or sample is None:
            return _unknown("MANIFEST_UNKNOWN")
        if asked.method == "GET":
            tag = "" if is_digest(reference) else reference
            self._notifications.send(webhook, self._event("pull", asked, repository, sample, tag))
        return Reply(200, sample.manifest, (("content-type", MANIFEST_TYPE), ("docker-content-digest", digest)))

    async def _push(self, asked: _Asked, repository: str, tag: str) -> Reply:
        sample = next(
            (one for (name, _), one in self._samples.items() if name == repository and one.manifest == asked.body), None
        )
        if sample is None or not _TAG.fullmatch(tag):
            return _refused(403, "DENIED", _OWN_SAMPLES)
        webhook, tags = self._folder.load_registry()
        if webhook is None:
            try:
                webhook = await asyncio.to_thread(self._begin)
            except DogwatchError as error:
                return _refused(503, "UNAVAILABLE", error.message)
        self._folder.save_registry(webhook, {**tags, repository: {**tags.get(repository, {}), tag: sample.digest}})
        self._notifications.send(webhook, self._event("push", asked, repository, sample, tag))
        place = f"/v2/{repository}/manifests/{sample.digest}"
        return Reply(201, b"", (("location", place), ("docker-content-digest", sample.digest)))

    def _delete(self, asked: _Asked, repository: str, reference: str) -> Reply:
        webhook, tags = self._folder.load_registry()
        held = tags.get(repository, {})
        gone = {tag for tag, digest in held.items() if reference in (tag, digest)}
        if webhook is None or not gone:
            return _unknown("MANIFEST_UNKNOWN")
        sample = self._samples.get((repository, held[min(gone)]))
        left = {tag: digest for tag, digest in held.items() if tag not in gone}
        kept = {name: one for name, one in {**tags, repository: left}.items() if one}
        self._folder.save_registry(webhook, kept)
        tag = "" if is_digest(reference) else reference
        self._notifications.send(webhook, self._event("delete", asked, repository, None if tag else sample, tag))
        return Reply(202)

    def _event(
        self, action: str, asked: _Asked, repository: str, sample: SampleImage | None, tag: str
    ) -> dict[str, object]:
        """Return an event; without a sample it concerns a tag only."""
        target: dict[str, object] = {"repository": repository}
        if tag:
            target["tag"] = tag
        if sample is not None:
            size = len(sample.manifest)
            target |= {"mediaType": MANIFEST_TYPE, "size": size, "length": size, "digest": sample.digest}
        return {
            "id": secrets.token_hex(16),
            "timestamp": self._machine_now().isoformat(),
            "action": action,
            "target": target,
            "request": {
                "id": secrets.token_hex(16),
                "addr": asked.caller,
                "method": asked.method,
                "useragent": asked.headers.get("user-agent", ""),
            },
            "actor": {},
            "source": {"addr": "demonstration"},
        }


def _asked(scope: Message, body: bytes) -> _Asked:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"))
    caller = (scope.get("client") or ("", 0))[0]
    return _Asked(scope["method"], scope["path"], query, headers, caller, body)


async def _read_body(receive: Receive) -> bytes | None:
    """Return the body; None where it is too long, or the client went away."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += bytes(message.get("body", b""))
        if len(body) > _BODY_BYTES_MAX:
            return None
        if not message.get("more_body"):
            return body


def _page(asked: _Asked, member: str, names: Iterable[str], more: dict[str, object]) -> Reply:
    last, count = asked.query.get("last", [""])[0], asked.query.get("n", [""])[0]
    left = sorted(name for name in names if name > last)
    page = left[: int(count)] if count.isascii() and count.isdigit() and int(count) else left
    link = [("link", f'<{asked.path}?last={page[-1]}&n={count}>; rel="next"')] if len(page) < len(left) else []
    return _json_reply({**more, member: page}, *link)


def _json_reply(document: object, *headers: tuple[str, str]) -> Reply:
    return Reply(200, json.dumps(document).encode(), (("content-type", "application/json"), *headers))


def _unknown(code: str) -> Reply:
    return _refused(404, code, "not in the demonstration's registry")


def _refused(status: int, code: str, message: str) -> Reply:
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Reply(status, body, (("content-type", "application/json"),))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
