"""`dogwatch serve` as its users run it: a process of its own on a free port."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

_START_SECONDS = 120.0
_STOP_SECONDS = 60.0
_LOOK_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Service:
    """A service that is ready.

    Units:
        `ready_seconds` from the start of the process to the first answer of /readyz that says yes.
    """

    process_id: int
    host: str
    port: int
    ready_seconds: float


@contextmanager
def running_service(environment: Mapping[str, str], folder: Path) -> Iterator[Service]:
    """Start the service and stop it in good order.

    Args:
        environment: its whole environment; the address to listen on is added.
        folder: where it is started; its log is written there.

    Raises:
        RuntimeError: it did not become ready, or did not end well; with the end of its log.
    """
    port = free_port()
    log = folder / f"service-{port}.log"
    begun = time.perf_counter()
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "dogwatch.cli", "serve"],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**environment, "DOGWATCH_LISTEN": f"127.0.0.1:{port}"},
            cwd=folder,
        )
    try:
        _wait_until_ready(process, port, log)
        yield Service(process.pid, "127.0.0.1", port, time.perf_counter() - begun)
        process.send_signal(signal.SIGTERM)
        if process.wait(_STOP_SECONDS) != 0:
            raise RuntimeError(f"the service ended badly: {_end_of(log)}")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _is_ready(port):
            return
        time.sleep(_LOOK_SECONDS)
    raise RuntimeError(f"the service did not become ready: {_end_of(log)}")


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]
