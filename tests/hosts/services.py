"""What stands on the hosts: a registry, a mirror of feeds, and Dogwatch as its operators start it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.builders.oci import BuiltManifest, every_blob
from tests.hosts.networks import Host, standing_on
from tests.waiting import PATIENCE_SECONDS

REGISTRY_PORT, MIRROR_PORT, SERVICE_PORT = 5000, 8000, 8470
_COMMAND_SECONDS = 300.0


@dataclass(frozen=True)
class Process:
    """A program on a host, with its log."""

    host: Host
    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Look again and again; fails when the program ends or it takes too long."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.log_end()
            assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}\n{self.log_end()}"
            time.sleep(0.1)

    def log_end(self) -> str:
        """Return the end of the log, for failures."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-6000:]


@contextmanager
def running(host: Host, log: Path, *command: str, environment: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run a program on a host; ended by SIGTERM, and by force where that does nothing."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            host.command(*command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
    try:
        yield Process(host, process, log)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# --- a registry and a mirror ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Registry:
    """A docker-registry on a host."""

    host: Host
    url: str

    def push(self, built: BuiltManifest, repository: str, tag: str) -> None:
        """Push an image, as a client of another machine would."""
        with standing_on(self.host):
            for blob in every_blob(built):
                if not isinstance(blob, BuiltManifest):
                    self._put_blob(repository, blob.digest, blob.content)
            self._send("PUT", f"{self.url}/v2/{repository}/manifests/{tag}", built.content, built.media_type)

    def _put_blob(self, repository: str, digest: str, content: bytes) -> None:
        place = self._send("POST", f"{self.url}/v2/{repository}/blobs/uploads/", b"")
        self._send("PUT", f"{place}&digest={digest}", content, "application/octet-stream")

    def _send(self, method: str, url: str, body: bytes, media_type: str = "") -> str:
        headers = {"content-type": media_type} if media_type else {}
        with urllib.request.urlopen(
            urllib.request.Request(url, body, headers, method=method), timeout=PATIENCE_SECONDS
        ) as answer:
            return str(answer.headers["location"])


@contextmanager
def running_registry(host: Host, folder: Path) -> Iterator[Registry]:
    """Run Debian's docker-registry on a host, empty."""
    folder.mkdir()
    config = folder / "config.yml"
    storage = json.dumps(str(folder / "storage"))
    config.write_text(
        f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {storage}\n"
        f"http:\n  addr: {host.address}:{REGISTRY_PORT}\n",
        encoding="utf-8",
    )
    url = f"http://{host.address}:{REGISTRY_PORT}"
    with running(host, folder / "registry.log", "docker-registry", "serve", str(config)) as process:
        process.wait_for(lambda: answers(host, f"{url}/v2/"), "the registry answers")
        yield Registry(host, url)


@contextmanager
def serving_files(host: Host, folder: Path, log: Path) -> Iterator[str]:
    """Serve a folder over HTTP on a host; yields its address."""
    options = ["--bind", host.address, "--directory", str(folder), str(MIRROR_PORT)]
    url = f"http://{host.address}:{MIRROR_PORT}/"
    with running(host, log, sys.executable, "-m", "http.server", *options) as process:
        process.wait_for(lambda: answers(host, url), "the mirror answers")
        yield url


def answers(host: Host, url: str) -> bool:
    """Whether a GET from a host is answered with success."""
    with standing_on(host), suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


# --- Dogwatch ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Installation:
    """What every machine of one Dogwatch is told: the database, the mirror, where passwords stand."""

    folder: Path
    variables: Mapping[str, str]

    def environment(self, host: Host) -> dict[str, str]:
        """Return a machine's environment; its data folder holds temporary files only."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOGWATCH_", "PG"))}
        own = {"DOGWATCH_DATA": str(self.folder / host.namespace), "DOGWATCH_LISTEN": f"{host.address}:{SERVICE_PORT}"}
        return kept | own | dict(self.variables)

    def ask(self, host: Host, *arguments: str) -> Any:
        """Run a command on a machine that has to succeed; returns its JSON."""
        done = self.run(host, *arguments, "-o", "json")
        assert done.returncode == 0, (arguments, done.stderr)
        return json.loads(done.stdout)

    def run(self, host: Host, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command on a machine to its end, whatever its exit code."""
        return subprocess.run(
            host.command(sys.executable, "-m", "dogwatch.cli", *arguments),
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
            env=self.environment(host) | variables,
        )

    @contextmanager
    def running(self, host: Host, program: str) -> Iterator[Process]:
        """Run `dogwatch serve` or `dogwatch worker` on a machine; it is ready when the block begins."""
        command = [sys.executable, "-m", "dogwatch.cli", program]
        log = self.folder / f"{host.namespace}.log"
        with running(host, log, *command, environment=self.environment(host)) as process:
            if program == "serve":
                url = f"http://{host.address}:{SERVICE_PORT}/readyz"
                process.wait_for(lambda: answers(host, url), "the service is ready")
            yield process
            if process.process.poll() is None:
                process.process.send_signal(signal.SIGTERM)
                assert process.process.wait(PATIENCE_SECONDS) == 0, process.log_end()
