"""`dogwatch serve` over its own embedded server, whose processes are killed: what was accepted comes to findings."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from dogwatch.app.process import build
from dogwatch.settings import Settings
from dogwatch.store.embedded import EmbeddedServer
from tests.builders.oci import BuiltManifest
from tests.flow.test_service import _STOP_SECONDS, Service, _notify, _serving
from tests.flow.world import settings_for, vulnerable_image
from tests.folders import fast_root
from tests.ports import free_port
from tests.processes import kill
from tests.simulators.registry import RegistrySimulator, serving_registry
from tests.unit.store.embedded.traces import Traces
from tests.waiting import wait_until


@pytest.fixture
def settings() -> Iterator[Settings]:
    """Settings without an address of a database; in a folder that the server's user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="dogwatch-tests-", dir=fast_root()))
    folder.chmod(0o711)
    (folder / "data").mkdir(mode=0o711)
    yield replace(settings_for("", folder, listen=f"127.0.0.1:{free_port()}"), feeds=())
    kill(*Traces(folder / "data").processes())
    shutil.rmtree(folder, ignore_errors=True)


def _kill_one(traces: Traces, address: str, whom: str) -> None:
    """Kill the postmaster, or the backends of an application once it has some."""
    if whom == "postmaster":
        kill(traces.record().pid)
    else:
        wait_until(lambda: _kill_backends(address, whom), "a connection is made, and broken")


def _kill_backends(address: str, whom: str) -> bool:
    with psycopg.connect(address) as connection:
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", (whom,)).fetchall()
    kill(*(int(pid) for (pid,) in rows))
    return rows != []


def _push(service: Service, simulator: RegistrySimulator, secret: str, built: BuiltManifest) -> list[int]:
    """Push, and tell of it as a registry does: again until it is accepted; returns the statuses, one each."""
    digest = simulator.add("team/app", built, built.digest[-8:])
    statuses = [_notify(service, secret, digest)]
    while statuses[-1] != 202:
        time.sleep(0.2)
        statuses.append(_notify(service, secret, digest))
    return sorted(set(statuses))


def _indexed(address: str) -> list[str]:
    with suppress(psycopg.OperationalError), psycopg.connect(address) as connection:
        return [row[0] for row in connection.execute("SELECT digest FROM image WHERE state = 'indexed' ORDER BY id")]
    return []


@pytest.mark.parametrize("whom", ["postmaster", "dogwatch worker"])
def test_a_service_whose_database_dies_goes_on_with_all_that_it_accepted(
    settings: Settings, whom: str, tmp_path: Path
) -> None:
    traces = Traces(settings.data)
    with serving_registry(RegistrySimulator()) as simulator, EmbeddedServer(settings.data).session() as address:
        with build(settings) as app:
            secret = app.add_registry("local", simulator.access)[1]
        with _serving(settings, tmp_path / "log") as service:
            before, after = vulnerable_image("accepted before"), vulnerable_image("accepted after")
            assert _push(service, simulator, secret, before) == [202]
            _kill_one(traces, address, whom)
            assert set(_push(service, simulator, secret, after)) <= {202, 503}
            wait_until(service.is_ready, "the service is ready again")
            wait_until(lambda: set(_indexed(address)) == {before.digest, after.digest}, "both are indexed")
            service.process.send_signal(signal.SIGTERM)
            assert service.process.wait(_STOP_SECONDS) == 0
    assert traces.processes() == []
