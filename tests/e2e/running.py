"""Dogwatch as its users run it: the service in a process of its own, and commands beside it.

Commands run in the test's process, where a second each is saved; `test_tutorial` and `run_apart` start the program.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.command_line import Answer, run_here
from tests.folders import fast_root
from tests.ports import free_port
from tests.quiet import quiet_minutes
from tests.waiting import PATIENCE_SECONDS

T = TypeVar("T")

_START_SECONDS = 240.0
_STOP_SECONDS = 120.0
_COMMAND_SECONDS = 300.0
_REQUEST_SECONDS = 120.0
_LOOK_SECONDS = 0.2
_REQUEST = re.compile(r'"(?P<method>[A-Z]+) (?P<path>/v2/\S*) HTTP/1\.[01]" \d+ \d+ "[^"]*" "(?P<agent>[^"]*)"')


@dataclass(frozen=True)
class Dogwatch:
    """An installation: a data folder, settings in the environment, and its running service."""

    environment: Mapping[str, str]
    url: str
    log: Path

    def run(self, *arguments: str, **variables: str) -> Answer:
        """Run a command to its end, whatever its exit code."""
        return run_here(*arguments, environment={**self.environment, **variables})

    def run_apart(self, *arguments: str) -> Answer:
        """The same in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "dogwatch.cli", *arguments],
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
            env=self.environment,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def ask(self, *arguments: str) -> Any:
        """Run a command that has to succeed and return its JSON."""
        answer = self.run(*arguments, "-o", "json")
        assert answer.exit_code == 0, (arguments, answer, self.log_end())
        return json.loads(answer.output)

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a GET."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=_REQUEST_SECONDS) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait_for(self, look: Callable[[], T], wanted: Callable[[T], object], seconds: float = PATIENCE_SECONDS) -> T:
        """Look again and again until something is as wanted, and return it; fails after so many seconds."""
        deadline = time.monotonic() + seconds
        while True:
            seen = look()
            if wanted(seen):
                return seen
            assert time.monotonic() < deadline, f"not in {seconds} s: {seen}\n{self.log_end()}"
            time.sleep(_LOOK_SECONDS)

    def feeds_looked_at(self) -> list[dict[str, Any]]:
        """Return the feeds, each looked at since the service runs, as it does at its start."""

        def are_looked_at(feeds: list[dict[str, Any]]) -> bool:
            return all(one["checked_at"] or one["problem"] for one in feeds)

        return self.wait_for(lambda: list(self.ask("db", "status")), are_looked_at)

    def log_end(self) -> str:
        """Return the end of the service's log, for failures."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-6000:]


@contextmanager
def running_dogwatch(**variables: str) -> Iterator[Dogwatch]:
    """Run `dogwatch serve` on a free port, with a fresh data folder that is deleted afterwards.

    Args:
        variables: settings, as in the environment, without prefix, in small letters.
    """
    # Not pytest's temporary folder: as root, the database server's own user must be able to pass through.
    folder = Path(tempfile.mkdtemp(prefix="dogwatch-e2e-", dir=fast_root()))
    folder.chmod(0o711)
    listen = f"127.0.0.1:{free_port()}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOGWATCH_")}
    quiet = {"poll_minutes": quiet_minutes(), "feed_minutes": quiet_minutes()}
    given = quiet | {"data": str(folder / "data"), "listen": listen, "workers": "1", "facts_off": "all"} | variables
    environment = kept | {f"DOGWATCH_{name.upper()}": value for name, value in given.items()}
    dogwatch = Dogwatch(environment, f"http://{listen}", folder / "service.log")
    with dogwatch.log.open("wb") as log:
        service = subprocess.Popen(
            [sys.executable, "-m", "dogwatch.cli", "serve"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=folder,
        )
    try:
        _wait_until_ready(dogwatch, service)
        yield dogwatch
        service.send_signal(signal.SIGTERM)
        assert service.wait(_STOP_SECONDS) == 0, dogwatch.log_end()
    finally:
        if service.poll() is None:
            service.kill()
            service.wait()
            with suppress(Exception):
                dogwatch.run("clock", "show")  # joins the database and, as the last one, ends it
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(dogwatch: Dogwatch, service: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        assert service.poll() is None, dogwatch.log_end()
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if dogwatch.get("/readyz")[0] == 200:
                return
        time.sleep(_LOOK_SECONDS)
    raise AssertionError(f"not ready in {_START_SECONDS} s: {dogwatch.log_end()}")


def own_requests(log: Path) -> list[tuple[str, str]]:
    """Return (method, path) of every request that a docker-registry had from Dogwatch, from its access log."""
    return [(method, path) for method, path, agent in requests(log) if agent.startswith("dogwatch")]


def requests(log: Path) -> list[tuple[str, str, str]]:
    """Return (method, path, user agent) of every request a docker-registry had, from its access log."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return [(found["method"], found["path"], found["agent"]) for found in _REQUEST.finditer(text)]
