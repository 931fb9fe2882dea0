"""Trouble that lasts: a database that is gone for a while, a full disk. It ends by itself, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from dogwatch.app.process import build
from dogwatch.settings import Settings
from dogwatch.store.embedded.names import DATABASE_NAME, PORT, ROLE_NAME
from tests.builders.oci import OCI_MANIFEST
from tests.flow.test_database_death import _indexed, _push, settings
from tests.flow.test_service import _STOP_SECONDS, Service, _notify, _serving
from tests.flow.world import ACCOUNT, ENVELOPE, vulnerable_image
from tests.processes import kill, suspended
from tests.simulators.registry import RegistrySimulator, serving_registry
from tests.unit.store.embedded.traces import Traces
from tests.waiting import wait_until

__all__ = ["settings"]

_AWAY_SECONDS = float(os.environ.get("DOGWATCH_TEST_AWAY_SECONDS", "12"))
"""Longer than a worker may be silent; CI has no minute to spare, `DOGWATCH_TEST_AWAY_SECONDS=60` takes it."""


@pytest.fixture
def simulator() -> Iterator[RegistrySimulator]:
    with serving_registry(RegistrySimulator()) as registry:
        yield registry


def _lines(service: Service) -> list[dict[str, Any]]:
    return [json.loads(line) for line in service.log.read_text(encoding="utf-8").splitlines()]


@contextmanager
def _database_away(traces: Traces) -> Iterator[None]:
    """Take the server away, and keep its guardian from bringing it back, for the length of the block.

    A backend may finish what it is at before it notices that its postmaster is gone: the block begins without any.
    """
    guardian = traces.guardian()
    with suspended(guardian):
        kill(traces.record().pid)
        wait_until(lambda: traces.processes() == [guardian], "no process of the server is left")
        yield


def test_a_database_that_is_away_refuses_notices_and_is_told_of_once(
    settings: Settings, simulator: RegistrySimulator, tmp_path: Path
) -> None:
    with build(settings) as app:
        secret = app.add_registry("local", simulator.access)[1]
    with _serving(settings, tmp_path / "log") as service:
        traces = Traces(settings.data)
        before, after = vulnerable_image("before"), vulnerable_image("after")
        assert _push(service, simulator, secret, before) == [202]
        simulator.add("team/app", after, "after")
        with _database_away(traces):
            until = time.monotonic() + _AWAY_SECONDS
            statuses = set()
            while time.monotonic() < until:
                statuses.add(_notify(service, secret, after.digest))
                time.sleep(0.5)
            assert statuses == {503}
            assert service.request("/livez")[0] == 200
            assert service.request("/readyz")[0] == 503
        assert _push(service, simulator, secret, after)[0] in (202, 503)
        wait_until(lambda: set(_indexed(_address(traces))) == {before.digest, after.digest}, "both are indexed")
        wait_until(service.is_ready, "it is ready again")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(_STOP_SECONDS) == 0
    told = [line for line in _lines(service) if "waited for" in line["event"]]
    assert len(told) == 1
    assert [line for line in _lines(service) if "exception" in line] == []


def _address(traces: Traces) -> str:
    return f"postgresql://{ROLE_NAME}@/{DATABASE_NAME}?host={quote(traces.record().socket_folder, safe='')}&port={PORT}"


# --- a full disk ------------------------------------------------------------------------------------------------------

_DISK_BYTES = 192 * 2**20  # a cluster with its log of changes, and room for some minutes of this test
_LAST_BYTES = 4 * 2**20  # for some notices that are accepted before there is no room
_PADDING = os.urandom(100_000).hex()  # what can be compressed would not fill a disk


@pytest.fixture
def small_disk(settings: Settings) -> Iterator[Path]:
    """A data folder on a file system of its own, which is small."""
    options = f"size={_DISK_BYTES},mode=0711"
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(settings.data)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs root with the right to mount; run as root to try it")
    yield settings.data
    kill(*Traces(settings.data).processes())
    subprocess.run(["umount", "--lazy", str(settings.data)], check=True)


def _fill(disk: Path) -> Path:
    """Take all the room there is; deleting the file that is returned gives it back."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        for _ in range(_DISK_BYTES // 4096):
            file.write(b"\0" * 4096)
    return ballast


def _tell(service: Service, secret: str, digest: str, number: int) -> int:
    """Send a notice of some size; returns the status."""
    event = {
        "id": f"told-{number}",
        "timestamp": datetime.now(UTC).isoformat(),
        "action": "push",
        "target": {"mediaType": OCI_MANIFEST, "digest": digest, "repository": "team/app", "tag": "1"},
        "padding": _PADDING,
    }
    headers = {"content_type": ENVELOPE, "authorization": f"Bearer {secret}"}
    return service.request(f"/hooks/{ACCOUNT}/local", json.dumps({"events": [event]}).encode(), **headers)[0]


def test_a_full_disk_refuses_notices_and_loses_none_that_was_accepted(
    settings: Settings, small_disk: Path, simulator: RegistrySimulator, tmp_path: Path
) -> None:
    with build(settings) as app:
        secret = app.add_registry("local", simulator.access)[1]
    traces = Traces(settings.data)
    with _serving(settings, tmp_path / "log") as service:
        before, after = vulnerable_image("before"), vulnerable_image("after")
        assert _push(service, simulator, secret, before) == [202]
        wait_until(lambda: _indexed(_address(traces)) == [before.digest], "it is indexed")
        ballast = _fill(small_disk)
        os.truncate(ballast, ballast.stat().st_size - _LAST_BYTES)
        statuses = {number: _tell(service, secret, before.digest, number) for number in range(60)}
        assert set(statuses.values()) <= {202, 503}
        assert statuses[len(statuses) - 1] == 503
        assert service.request("/livez")[0] == 200
        ballast.unlink()
        assert _push(service, simulator, secret, after)[0] in (202, 503)
        wait_until(lambda: set(_indexed(_address(traces))) == {before.digest, after.digest}, "both are indexed")
        wait_until(service.is_ready, "it is ready again")
        accepted = {f"told-{number}" for number, status in statuses.items() if status == 202}
        wait_until(lambda: accepted <= _event_ids(_address(traces)), "what was accepted is taken in")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(_STOP_SECONDS) == 0
    assert "No space left on device" in traces.log()
    assert traces.log().count("starting it again") < 10


def _event_ids(address: str) -> set[str]:
    with psycopg.connect(address) as connection:
        return {row[0].partition(":")[0] for row in connection.execute("SELECT external_id FROM registry_event")}
