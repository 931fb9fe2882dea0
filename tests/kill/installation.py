"""An installation that dies: `dogwatch serve` and `dogwatch worker` over their embedded PostgreSQL, and who kills them.

Only processes that this file started, and their children, are ever killed, each by its id.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import quote

import psycopg

from dogwatch.app.process import build
from dogwatch.flow.queue import JobQueue
from dogwatch.model.errors import StoreUnavailableError
from dogwatch.settings import Settings
from dogwatch.store.embedded.names import DATABASE_NAME, PORT, ROLE_NAME
from tests.flow.world import ACCOUNT, ENVELOPE
from tests.kill.history import BEGINNING
from tests.processes import kill, workers_of
from tests.simulators.registry import RegistrySimulator
from tests.unit.store.embedded.traces import Traces

KINDS = ("serve", "worker")
VICTIMS = ("serve", "worker", "both", "child", "child", "child", "postmaster", "backend")
"""Whom a kill hits, by chance; children oftener, as they are only there while they work."""

_TRUST_SECONDS = 2.5
"""How long a process trusts what it read of the clock: a second in the store, one more in the webhooks' present."""

_PATIENCE_SECONDS = 300.0  # a busy machine is slow; an installation that does not come back is not


class Installation:
    """The processes of one run. `kills` remembers who was hit, `exits` who ended without being killed."""

    def __init__(self, settings: Settings, simulator: RegistrySimulator, log: Path) -> None:
        self._settings = settings
        self._log = log
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._traces = Traces(settings.data)
        self.kills: list[str] = []
        self.exits: list[tuple[str, int]] = []
        with build(settings) as app:
            self._secret = app.add_registry("local", simulator.access)[1]
            self._shift = BEGINNING - datetime.now(UTC)
            with app.database.transaction() as connection:
                connection.execute("UPDATE product_clock SET shift = %s", [self._shift])

    # processes ----------------------------------------------------------------------------------------------------

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the processes for the length of a block; nothing is left afterwards."""
        try:
            self.revive()
            yield
        finally:
            for process in self._processes.values():
                process.kill()
                process.wait()
            kill(*self._traces.processes())

    def revive(self) -> None:
        """Start what does not run, as a service manager does."""
        for kind in KINDS:
            process = self._processes.get(kind)
            if process is None or process.poll() is not None:
                if process is not None and process.returncode != -signal.SIGKILL:
                    self.exits.append((kind, process.returncode))
                    time.sleep(0.5)
                self._processes[kind] = self._start(kind)

    def _start(self, kind: str) -> subprocess.Popen[bytes]:
        settings = self._settings
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(settings.data.parent),
            "DOGWATCH_DATA": str(settings.data),
            "DOGWATCH_FEED_MIRROR": settings.feed_mirror,
            "DOGWATCH_FACTS_OFF": "all",
            "DOGWATCH_ACCOUNT": settings.account,
            "DOGWATCH_LISTEN": f"{settings.listen_host}:{settings.listen_port}",
            "DOGWATCH_WORKERS": "1",
            "DOGWATCH_DEMO": "0",
            "DOGWATCH_POLL_MINUTES": "1440",
            "DOGWATCH_FEED_MINUTES": "1440",
        }
        command = [sys.executable, "-m", "dogwatch.cli", kind]
        with self._log.open("ab") as sink:
            return subprocess.Popen(command, env=environment, stderr=sink, stdout=sink, cwd=settings.data.parent)

    def kill(self, whom: str, random: Random) -> None:
        """Kill -9 somebody who is there at this moment; a child or backend that is not there gives way to a process."""
        pids = self._pids(whom)
        if not pids:
            whom = random.choice(KINDS)
            pids = self._pids(whom)
        chosen = pids if whom == "both" else [random.choice(pids)] if pids else []
        kill(*chosen)
        for process in self._processes.values():
            if process.pid in chosen:
                process.wait()
        self.kills.append(whom if chosen else "nobody")

    def _pids(self, whom: str) -> list[int]:
        living = {kind: one.pid for kind, one in self._processes.items() if one.poll() is None}
        if whom == "both":
            return list(living.values())
        if whom == "child":
            return [child for pid in living.values() for child in workers_of(pid)]
        if whom == "postmaster":
            with suppress(AssertionError):
                record = self._traces.record()
                return [record.pid] if record.is_alive() else []
            return []
        if whom == "backend":
            query = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'dogwatch%'"
            with suppress(psycopg.Error, OSError), self.database() as connection:
                return [int(row[0]) for row in connection.execute(query)]
            return []
        return [living[whom]] if whom in living else []

    # what is done to it -------------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """The database's address at this moment."""
        try:
            folder = self._traces.record().socket_folder
        except AssertionError as error:
            raise OSError("no server has left a record") from error
        return f"postgresql://{ROLE_NAME}@/{DATABASE_NAME}?host={quote(folder, safe='')}&port={PORT}"

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        """Connect for a moment.

        Raises:
            psycopg.Error, OSError: it is away.
        """
        with psycopg.connect(self.address, connect_timeout=5, options="-c TimeZone=UTC") as connection:
            yield connection

    def queue(self, *jobs: tuple[str, ...]) -> None:
        """Queue jobs by the names of the queue's methods, where the database is there."""
        with suppress(StoreUnavailableError, psycopg.Error, OSError):
            queue = JobQueue(self.address, wait_seconds=5.0)
            queue.open()
            try:
                for name, *arguments in jobs:
                    getattr(queue, name)(*arguments)
            finally:
                queue.close()

    def move_clock(self, begins: timedelta) -> None:
        """Let a day begin, for all processes."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            self.revive()
            with suppress(psycopg.Error, OSError), self.database() as connection:
                connection.execute("UPDATE product_clock SET shift = %s", [self._shift + begins])
                break
            assert time.monotonic() < deadline, "the database does not come back"
            time.sleep(0.2)
        time.sleep(_TRUST_SECONDS)

    def notify(self, event: Mapping[str, object], begins: timedelta, occurred_at: datetime) -> None:
        """Tell of an event as a registry does: again and again until it is accepted."""
        outside = (occurred_at - self._shift - begins).isoformat()
        body = json.dumps({"events": [{**event, "timestamp": outside}]}).encode()
        headers = {"content-type": ENVELOPE, "authorization": f"Bearer {self._secret}"}
        self._insist("POST", f"/hooks/{ACCOUNT}/local", body, headers, 202)

    def change_windows(self, push: str, activity: str, wake: bool) -> None:
        """Ask for other windows until that is heard."""
        body = json.dumps({"push_window": push, "activity_window": activity, "wake": wake}).encode()
        self._insist("PUT", "/api/v1/rescan", body, {"content-type": "application/json"}, 200)

    def _insist(self, method: str, path: str, body: bytes, headers: dict[str, str], wanted: int) -> None:
        url = f"http://{self._settings.listen_host}:{self._settings.listen_port}{path}"
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            self.revive()
            try:
                with urllib.request.urlopen(
                    urllib.request.Request(url, body, headers, method=method), timeout=30
                ) as answer:
                    assert answer.status == wanted, answer.status
                    return
            except urllib.error.HTTPError as refused:
                if refused.code not in (409, 429, 503):
                    raise
            except OSError:
                pass  # nobody is there, or died while answering
            time.sleep(0.1)
        raise AssertionError(f"{method} {path} was not accepted in {_PATIENCE_SECONDS:g} s")
