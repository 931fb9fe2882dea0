"""The sample registry: read by our own client and by skopeo; it tells of what happens as a registry does."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from demo.write_samples import write_layout
from dogwatch.demonstration import Notifications, SampleRegistry, Webhook, build_samples
from dogwatch.demonstration.client import USER_AGENT, delete_sample, pull_sample, push_sample
from dogwatch.demonstration.folder import DemonstrationFolder
from dogwatch.demonstration.notifications import MEDIA_TYPE
from dogwatch.demonstration.samples import MANIFEST_TYPE
from dogwatch.model.errors import ForbiddenError, ImageGoneError, RegistryRefusedError, RegistryUnavailableError
from dogwatch.model.images import ResolvedImage
from dogwatch.model.registries import EventKind, RegistryAccess, RegistryEvent, TagListing
from dogwatch.registry.check import check_registry
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.distribution import DistributionAdapter
from dogwatch.registry.resolve import resolve
from tests.docker_registry import NotificationReceiver, notifications, requires_skopeo, run_skopeo
from tests.ports import free_port
from tests.serve.server import running
from tests.simulators.answering import answering
from tests.unit.demonstration.serving import NOW, SECRET, Served, nothing_else, serving_samples
from tests.waiting import PATIENCE_SECONDS

__all__ = ["notifications"]

BASE, WEB, BASKET = build_samples()


@pytest.fixture
def samples(tmp_path: Path, notifications: NotificationReceiver) -> Iterator[Served]:
    with serving_samples(tmp_path / "data", notifications) as served:
        yield served


@pytest.fixture
def reader(samples: Served) -> Iterator[RegistryClient]:
    with RegistryClient(RegistryAccess(samples.url), {}, "dogwatch/0.1.0") as client:
        yield client


def understood(served: Served, count: int) -> list[RegistryEvent]:
    """Return what our adapter understands of the notifications."""
    served.told(count)
    adapter = DistributionAdapter()
    parsed = [adapter.parse_events(one.content_type, one.body, "") for one in served.receiver.received]
    assert [part.refused for part in parsed] == [()] * len(parsed)
    return [event for part in parsed for event in part.events]


def ask(url: str, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body or None, {"Content-Type": MANIFEST_TYPE})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_our_client_reads_what_was_pushed_and_nothing_before(samples: Served, reader: RegistryClient) -> None:
    assert list(DistributionAdapter().list_tags(reader)) == []
    for sample in (BASE, WEB, BASKET):
        push_sample(samples.url, sample)

    listings = list(DistributionAdapter().list_tags(reader))
    assert all(isinstance(one, TagListing) for one in listings)
    image = resolve(reader, "shop/web", "1.4")
    assert isinstance(image, ResolvedImage)
    assert image.digest == WEB.digest
    assert tuple(layer.digest for layer in image.layers) == WEB.layers
    assert [layer.created_by for layer in image.layers] == [
        "ADD debian-12.tar /",
        "RUN pip install -r requirements.txt",
    ]
    for layer in image.layers:
        with reader.open_blob("shop/web", layer) as stream:
            assert stream.read() == WEB.blobs[layer.digest]


def test_the_check_of_registries_passes(samples: Served) -> None:
    push_sample(samples.url, WEB)
    with RegistryClient(RegistryAccess(samples.url), {}, "dogwatch/0.1.0") as client:
        assert [one.name for one in check_registry(client) if not one.passed] == []


def test_pages_of_repositories_are_followed(samples: Served) -> None:
    for sample in (BASE, WEB, BASKET):
        push_sample(samples.url, sample)
    assert ask(samples.url, "GET", "/v2/_catalog?n=2")[1] == b'{"repositories": ["base/debian", "shop/basket"]}'
    assert ask(samples.url, "GET", "/v2/_catalog?n=2&last=shop/basket")[1] == b'{"repositories": ["shop/web"]}'
    assert ask(samples.url, "GET", "/v2/shop/web/tags/list?n=0")[1] == b'{"name": "shop/web", "tags": ["1.4"]}'


def test_push_pull_and_deletion_are_told(samples: Served) -> None:
    push_sample(samples.url, WEB)
    assert pull_sample(samples.url, WEB) == len(WEB.manifest) + sum(map(len, WEB.blobs.values()))
    delete_sample(samples.url, WEB)

    events = understood(samples, 3)
    assert [(one.kind, one.repository, one.digest, one.tag) for one in events] == [
        (EventKind.PUSHED, "shop/web", WEB.digest, "1.4"),
        (EventKind.PULLED, "shop/web", WEB.digest, "1.4"),
        (EventKind.DELETED, "shop/web", WEB.digest, ""),
    ]
    assert {(one.occurred_at, one.user_agent, one.own) for one in events} == {(NOW, USER_AGENT, False)}
    assert len({one.external_id for one in events}) == 3
    assert {(one.content_type, one.headers["authorization"]) for one in samples.receiver.received} == {
        (MEDIA_TYPE, f"Bearer {SECRET}")
    }


def test_a_deleted_image_is_gone_and_can_be_pushed_again(samples: Served) -> None:
    push_sample(samples.url, WEB)
    delete_sample(samples.url, WEB)
    with pytest.raises(ImageGoneError):
        pull_sample(samples.url, WEB)
    with pytest.raises(ImageGoneError):
        delete_sample(samples.url, WEB)
    assert ask(samples.url, "GET", "/v2/shop/web/tags/list")[0] == 404
    push_sample(samples.url, WEB)
    assert pull_sample(samples.url, WEB) > 0


def test_a_deleted_tag_leaves_the_others(samples: Served) -> None:
    push_sample(samples.url, WEB)
    push_sample(samples.url, WEB, "latest")
    assert ask(samples.url, "DELETE", "/v2/shop/web/manifests/latest")[0] == 202
    assert ask(samples.url, "GET", "/v2/shop/web/tags/list")[1] == b'{"name": "shop/web", "tags": ["1.4"]}'
    last = understood(samples, 3)[-1]
    assert (last.kind, last.digest, last.tag) == (EventKind.DELETED, "", "latest")


def test_only_its_own_samples_are_taken(samples: Served) -> None:
    place = "/v2/shop/web/manifests/1.4"
    assert ask(samples.url, "PUT", place, BASKET.manifest)[0] == 403
    assert ask(samples.url, "PUT", place, b"{}")[0] == 403
    assert ask(samples.url, "PUT", place, b"x" * 70_000)[0] == 413
    assert ask(samples.url, "PUT", "/v2/shop/web/manifests/-no-tag", WEB.manifest)[0] == 403
    assert ask(samples.url, "POST", "/v2/shop/web/blobs/uploads/")[0] == 403
    assert ask(samples.url, "PATCH", "/v2/")[0] == 405
    assert ask(samples.url, "GET", "/v2/nowhere")[0] == 404
    assert ask(samples.url, "GET", "/elsewhere")[0] == 410
    assert not samples.folder.is_begun
    assert samples.receiver.received == []


@pytest.mark.anyio
async def test_other_machines_may_read_and_not_push(tmp_path: Path) -> None:
    sending = Notifications()
    folder = DemonstrationFolder(tmp_path)
    registry = SampleRegistry(build_samples(), folder, sending, lambda: Webhook("", ""), lambda: NOW)
    statuses = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": WEB.manifest}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        statuses.append(message.get("status"))

    for method, path in (
        ("PUT", "/v2/shop/web/manifests/1.4"),
        ("DELETE", "/v2/shop/web/manifests/1.4"),
        ("GET", "/v2/"),
    ):
        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": []}
        await registry({**scope, "client": ("192.0.2.7", 1)}, receive, send)
    sending.close()
    assert [status for status in statuses if status] == [403, 403, 200]
    assert not folder.is_begun


def test_a_refusal_to_begin_is_told_to_whoever_pushes(tmp_path: Path) -> None:
    def refuse() -> Webhook:
        raise ForbiddenError("begin the demonstration", "a real registry is watched here: prod")

    sending = Notifications()
    folder = DemonstrationFolder(tmp_path)
    registry = SampleRegistry(build_samples(), folder, sending, refuse, lambda: NOW)
    with running(registry.beside(nothing_else)) as port, pytest.raises(RegistryRefusedError, match="prod"):
        push_sample(f"http://127.0.0.1:{port}", WEB)
    sending.close()
    assert not folder.is_begun


def test_what_was_pushed_is_there_after_a_restart(tmp_path: Path, notifications: NotificationReceiver) -> None:
    with serving_samples(tmp_path, notifications) as first:
        push_sample(first.url, WEB)
    with serving_samples(tmp_path, notifications) as second:
        assert pull_sample(second.url, WEB) > 0
        assert [one.kind for one in understood(second, 2)] == [EventKind.PUSHED, EventKind.PULLED]


def test_notifications_are_sent_again_until_they_are_taken() -> None:
    bodies: list[bytes] = []
    taken = threading.Event()

    class Receive(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(503 if len(bodies) == 1 else 202)
            self.send_header("content-length", "0")
            self.end_headers()
            if len(bodies) == 2:
                taken.set()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    port = free_port()
    sending = Notifications()
    sending.send(Webhook(f"http://127.0.0.1:{port}/hooks", SECRET), {"id": "1"})  # nobody listens yet
    with answering(HTTPServer(("127.0.0.1", port), Receive)):
        assert taken.wait(PATIENCE_SECONDS)
    sending.close()
    assert bodies == [b'{"events": [{"id": "1"}]}'] * 2


def test_a_service_that_is_not_there_is_told_with_the_way_to_start_it() -> None:
    with pytest.raises(RegistryUnavailableError, match=r"\./run"):
        push_sample(f"http://127.0.0.1:{free_port()}", WEB)


@requires_skopeo
def test_skopeo_pushes_pulls_and_deletes(samples: Served, tmp_path: Path) -> None:
    place = f"docker://{urlsplit(samples.url).netloc}/shop/web:1.4"
    write_layout(tmp_path / "layout", WEB)
    run_skopeo("copy", "--dest-tls-verify=false", f"oci:{tmp_path / 'layout'}:1.4", place)
    run_skopeo("copy", "--src-tls-verify=false", place, f"dir:{tmp_path / 'pulled'}")
    run_skopeo("delete", "--tls-verify=false", place)

    assert (tmp_path / "pulled" / "manifest.json").read_bytes() == WEB.manifest
    # skopeo reads the manifest before it deletes it, which is a pull as well.
    kinds = [one.kind for one in understood(samples, 4)]
    assert kinds == [EventKind.PUSHED, EventKind.PULLED, EventKind.PULLED, EventKind.DELETED]
