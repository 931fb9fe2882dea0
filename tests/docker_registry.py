"""Debian's real `docker-registry` on loopback, images in it by `skopeo`, and a receiver of its notifications.

Fixtures: `docker_registry` (with a receiver) starts one per test. Flow tests start their own with
`running_docker_registry`, whose notifications lead to the product's webhook.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dogwatch.model.registries import RegistryAccess
from dogwatch.registry.distribution import DistributionAdapter
from tests.builders.oci import BuiltManifest, write_layout
from tests.ports import free_port
from tests.requirements import requires_program
from tests.simulators.answering import answering
from tests.waiting import PATIENCE_SECONDS

requires_docker_registry = requires_program("docker-registry")
requires_skopeo = requires_program("skopeo")

_START_SECONDS = 120.0
_SKOPEO_SECONDS = 120.0


@dataclass(frozen=True)
class Notification:
    """One notification request as received."""

    content_type: str
    headers: dict[str, str]
    body: bytes


@dataclass
class NotificationReceiver:
    """Answers 202 to every POST and keeps what came."""

    url: str
    received: list[Notification] = field(default_factory=list)

    def wait_for(self, wanted: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Return all events so far, once `wanted` holds for them."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            events = [event for one in list(self.received) for event in json.loads(one.body)["events"]]
            if wanted(events):
                return events
            time.sleep(0.05)
        raise AssertionError(f"not in {PATIENCE_SECONDS} s: {[one.body for one in self.received]}")


@dataclass(frozen=True)
class Guard:
    """How a registry is guarded: by a certificate for localhost, and by name and password (files as it reads them)."""

    certificate: Path
    key: Path
    passwords: Path
    username: str
    password: str

    @property
    def config(self) -> str:
        """Lines for the registry's configuration, behind its `http`."""
        return (
            f"  tls:\n    certificate: {self.certificate}\n    key: {self.key}\n"
            f"auth:\n  htpasswd:\n    realm: test\n    path: {self.passwords}\n"
        )

    @property
    def skopeo(self) -> tuple[str, ...]:
        """What skopeo needs to push."""
        return ("--dest-tls-verify=false", f"--dest-creds={self.username}:{self.password}")


@dataclass(frozen=True)
class DockerRegistry:
    """A running registry. `hostport` is its address as image references have it."""

    url: str
    hostport: str
    storage: Path
    log: Path
    guard: Guard | None = None

    @property
    def access(self) -> RegistryAccess:
        """How to reach it, anonymously."""
        return RegistryAccess(self.url)

    def push(self, built: BuiltManifest, repository: str, tag: str, folder: Path) -> None:
        """Push an image or index with skopeo, by way of a layout in an empty folder."""
        write_layout(folder, built, tag)
        means = self.guard.skopeo if self.guard else ("--dest-tls-verify=false",)
        run_skopeo("copy", "--all", *means, f"oci:{folder}:{tag}", self.reference(repository, tag))

    def pull(self, repository: str, tag: str, folder: Path) -> None:
        """Pull an image with skopeo into a new folder."""
        run_skopeo("copy", "--src-tls-verify=false", self.reference(repository, tag), f"dir:{folder}")

    def delete(self, repository: str, tag: str) -> None:
        """Delete the manifest behind a tag with skopeo, hence all its tags."""
        run_skopeo("delete", "--tls-verify=false", self.reference(repository, tag))

    def reference(self, repository: str, tag: str) -> str:
        """Return the image's name as skopeo takes it."""
        return f"docker://{self.hostport}/{repository}:{tag}"


def run_skopeo(*arguments: str) -> str:
    """Run skopeo and return its output; fails with its words."""
    command = ["skopeo", "--insecure-policy", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SKOPEO_SECONDS, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


@contextmanager
def running_docker_registry(
    folder: Path,
    webhook_url: str = "",
    webhook_headers: Mapping[str, str] | None = None,
    port: int | None = None,
    guard: Guard | None = None,
) -> Iterator[DockerRegistry]:
    """Run a registry with deletion enabled, its content under `folder/storage`; ends it afterwards.

    Args:
        folder: a folder of its own; the content of an earlier run is served again.
        webhook_url: where its notifications go; empty for none. Configured by the product's own snippet.
        webhook_headers: what they carry.
        port: on loopback; a free one by default.
        guard: certificate and passwords; None: plain HTTP for everybody.
    """
    port = port or free_port()
    storage = folder / "storage"
    storage.mkdir(parents=True, exist_ok=True)
    config, log = folder / "config.yml", folder / "registry.log"
    snippet = DistributionAdapter().notification_snippet(webhook_url, webhook_headers or {}) if webhook_url else ""
    config.write_text(
        f"version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {json.dumps(str(storage))}\n"
        f"  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:{port}\n{guard.config if guard else ''}{snippet}",
        encoding="utf-8",
    )
    with log.open("ab") as output:
        process = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=output, stderr=output)
    try:
        host = "localhost" if guard else "127.0.0.1"
        url = f"{'https' if guard else 'http'}://{host}:{port}"
        registry = DockerRegistry(url, f"{host}:{port}", storage, log, guard)
        _wait_until_up(registry, process)
        yield registry
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def receiving_notifications() -> Iterator[NotificationReceiver]:
    """Run a receiver on loopback."""
    receiver = NotificationReceiver("")

    class Receive(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Notification(headers["content-type"], headers, body))
            self.send_response(202)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receive)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
    with answering(server):
        yield receiver


@pytest.fixture
def notifications() -> Iterator[NotificationReceiver]:
    """A receiver of notifications."""
    with receiving_notifications() as receiver:
        yield receiver


@pytest.fixture
def docker_registry(tmp_path: Path, notifications: NotificationReceiver) -> Iterator[DockerRegistry]:
    """A real registry, empty, that notifies `notifications`. Tests that use it carry `requires_docker_registry`."""
    with running_docker_registry(tmp_path / "registry", notifications.url, {"Authorization": "Bearer s3cret"}) as it:
        yield it


def _wait_until_up(registry: DockerRegistry, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    host, _, port = registry.hostport.partition(":")
    while time.monotonic() < deadline:
        assert process.poll() is None, registry.log.read_text(encoding="utf-8", errors="replace")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 5):
            return  # it listens when it is ready
        time.sleep(0.05)
    raise AssertionError(f"docker-registry does not answer: {registry.log.read_text(encoding='utf-8')}")
