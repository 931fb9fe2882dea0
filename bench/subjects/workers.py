"""The same work by one `dogwatch worker` and by two: processes of their own, as on machines of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg

from bench.bed import Bed
from bench.figures import Figure, Section
from dogwatch.flow.queue import TASKS
from tests.builders.layers import dpkg_status, file, os_release, stanza, tar_of
from tests.builders.oci import BuiltManifest, build_image
from tests.simulators.registry import RegistrySimulator, serving_registry

_IMAGES = 16
_PACKAGES = 3_000  # as a large base image has
_ROUNDS = 2
_WAIT_SECONDS = 600.0


def measure(bed: Bed) -> Section:
    """Let one worker read images, then two, several times in turns."""
    with serving_registry(RegistrySimulator()) as registry:
        for number in range(_IMAGES):
            registry.add(f"team/app-{number}", _image(number), "1")
        rounds = [(_seconds(bed, registry, 1), _seconds(bed, registry, 2)) for _ in range(_ROUNDS)]
    return Section(
        "Workers",
        f"{_IMAGES} images of {_PACKAGES:,} packages each, no layer shared: from adding their registry until all are "
        "read. Each worker reads one image at a time; registry and database are on the same machine and take their "
        "share of it.",
        (
            Figure("one worker", "images/s", tuple(_IMAGES / one for one, _ in rounds)),
            Figure("two workers", "images/s", tuple(_IMAGES / two for _, two in rounds)),
            Figure("two against one", "×", tuple(one / two for one, two in rounds)),
        ),
    )


def _image(number: int) -> BuiltManifest:
    stanzas = [stanza(f"package-{one}", "1.0-1") for one in range(_PACKAGES)]
    status = file("var/lib/dpkg/status", dpkg_status(*stanzas))
    return build_image([tar_of(file("etc/os-release", os_release()), status, file("opt/number", str(number)))])


def _seconds(bed: Bed, registry: RegistrySimulator, workers: int) -> float:
    address = bed.copy(bed.empty, "workers")
    with bed.opened(address) as app, ExitStack() as running:
        for number in range(workers):
            running.enter_context(_worker(bed, address, number))
        _wait_for(address, "SELECT count(*) FROM procrastinate_workers", workers * len(set(TASKS.values())))
        begun = time.perf_counter()
        app.add_registry("made-up", registry.access)
        _wait_for(address, "SELECT count(*) FROM image WHERE state = 'indexed'", _IMAGES)
        return time.perf_counter() - begun


@contextmanager
def _worker(bed: Bed, address: str, number: int) -> Iterator[None]:
    log = bed.folder / f"worker-{number}.log"
    environment = {**bed.environment(address), "DOGWATCH_WORKERS": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dogwatch.cli", "worker"], stdout=output, stderr=output, env=environment
        )
    try:
        yield
        process.terminate()
        if process.wait(60) != 0:
            raise RuntimeError(f"a worker ended badly: {log.read_text(errors='replace')[-2000:]}")
    finally:
        process.kill()
        process.wait()


def _wait_for(address: str, query: str, wanted: int) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    with psycopg.connect(address, autocommit=True) as connection:
        while connection.execute(query.encode()).fetchone() != (wanted,):
            if time.monotonic() > deadline:
                raise RuntimeError(f"not {wanted} within {_WAIT_SECONDS:g} s: {query}")
            time.sleep(0.05)
