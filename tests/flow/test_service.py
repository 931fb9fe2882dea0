"""`dogwatch serve` as a process: a webhook in, findings out over HTTP, and an orderly end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dogwatch.app.process import build
from dogwatch.model.errors import ConfigError
from dogwatch.settings import Settings
from tests.builders.oci import OCI_MANIFEST, layer_blob
from tests.flow.world import (
    ACCOUNT,
    ADVISORIES,
    ENVELOPE,
    EXPECTED,
    app_layer,
    settings_for,
    vulnerable_image,
)
from tests.ports import free_port
from tests.processes import descendants_of, is_alive
from tests.simulators.buckets import FeedBucket
from tests.simulators.faults import Reply
from tests.simulators.registry import RegistrySimulator, serving_registry
from tests.waiting import wait_until

_REQUEST_SECONDS, _STOP_SECONDS = 120.0, 120.0


class Service:
    """A running service and its address."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.url = f"http://127.0.0.1:{settings.listen_port}"
        self.log = log
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(settings.data.parent),
            "DOGWATCH_DATA": str(settings.data),
            "DOGWATCH_DATABASE_URL": settings.database_url,
            "DOGWATCH_FEED_MIRROR": settings.feed_mirror,
            "DOGWATCH_FACTS_OFF": "all",
            "DOGWATCH_ACCOUNT": settings.account,
            "DOGWATCH_LISTEN": f"127.0.0.1:{settings.listen_port}",
            "DOGWATCH_WORKERS": "1",
            "DOGWATCH_POLL_MINUTES": str(settings.poll_minutes),
            "DOGWATCH_FEED_MINUTES": str(settings.feed_minutes),
        }
        with log.open("ab") as sink:
            command = [sys.executable, "-m", "dogwatch.cli", "serve"]
            self.process = subprocess.Popen(command, env=environment, stderr=sink, cwd=settings.data.parent)
        wait_until(self.is_ready, "the service is ready")

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
        try:
            return self.request("/readyz")[0] == 200
        except OSError:
            return False

    def request(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """GET, or POST where there is a body."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            request = urllib.request.Request(self.url + path, body, sent)
            with urllib.request.urlopen(request, timeout=_REQUEST_SECONDS) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def vulnerabilities(self) -> list[str]:
        status, body = self.request("/api/v1/findings?status=ACTIVE")
        assert status == 200, body
        rows: list[dict[str, Any]] = json.loads(body)["findings"]
        return sorted(row["vulnerability"] for row in rows)


@contextmanager
def _serving(settings: Settings, log: Path) -> Iterator[Service]:
    service = Service(settings, log)
    try:
        yield service
    finally:
        service.process.kill()
        service.process.wait()


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    bucket = FeedBucket(tmp_path / "feeds")
    for ecosystem, record in ADVISORIES.items():
        bucket.put(ecosystem, record)
    (tmp_path / "data").mkdir()
    return settings_for(database, tmp_path, listen=f"127.0.0.1:{free_port()}")


@pytest.fixture
def simulator() -> Iterator[RegistrySimulator]:
    with serving_registry(RegistrySimulator()) as registry:
        yield registry


def _watch(settings: Settings, simulator: RegistrySimulator) -> str:
    """Watch the registry; returns the webhook's secret."""
    with build(settings) as app:
        return app.add_registry("local", simulator.access)[1]


def _notify(service: Service, secret: str, digest: str) -> int:
    event = {
        "id": "event-1",
        "timestamp": datetime.now(UTC).isoformat(),
        "action": "push",
        "target": {"mediaType": OCI_MANIFEST, "digest": digest, "repository": "team/app", "tag": "1"},
        "request": {"method": "PUT", "useragent": "docker/27"},
    }
    body = json.dumps({"events": [event]}).encode()
    headers = {"content_type": ENVELOPE, "authorization": f"Bearer {secret}"}
    return service.request(f"/hooks/{ACCOUNT}/local", body, **headers)[0]


_VULNERABILITIES = [finding[0] for finding in EXPECTED]


def test_a_notice_over_http_becomes_findings_over_http(
    settings: Settings, simulator: RegistrySimulator, tmp_path: Path
) -> None:
    secret = _watch(settings, simulator)
    with _serving(settings, tmp_path / "log") as service:
        digest = simulator.add("team/app", vulnerable_image(), "1")
        assert _notify(service, secret, digest) == 202
        assert _notify(service, "wrong", digest) == 401
        wait_until(lambda: service.vulnerabilities() == _VULNERABILITIES, "findings")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(_STOP_SECONDS) == 0
    lines = [json.loads(line) for line in service.log.read_text(encoding="utf-8").splitlines()]
    assert {"listening", "OPEN ON LOOPBACK"} <= {line["event"].partition(":")[0] for line in lines}
    assert [line for line in lines if line["level"] == "error"] == []


def test_a_service_that_is_killed_leaves_no_child_and_loses_no_push(
    settings: Settings, simulator: RegistrySimulator, tmp_path: Path
) -> None:
    secret = _watch(settings, simulator)
    own = layer_blob(app_layer()).digest
    simulator.fault(own, lambda _request, honest: Reply(200, honest.headers, honest.body, wait_seconds=600), times=1)
    with _serving(settings, tmp_path / "log") as service:
        assert _notify(service, secret, simulator.add("team/app", vulnerable_image(), "1")) == 202
        wait_until(lambda: simulator.seen("GET", own), "the layer is asked for")
        children = descendants_of(service.process.pid)
        assert children != []
        service.process.kill()
        service.process.wait()
        wait_until(lambda: not any(map(is_alive, children)), "its children end with it")
    with _serving(settings, tmp_path / "log") as service:
        wait_until(lambda: service.vulnerabilities() == _VULNERABILITIES, "findings")


def test_an_address_in_use_is_told_before_anything_is_answered(settings: Settings) -> None:
    refused = pytest.raises(ConfigError, match="cannot listen on")
    with socket.create_server(("127.0.0.1", settings.listen_port)), build(settings) as app, refused:
        app.serve()
