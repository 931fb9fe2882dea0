"""How long a newcomer waits for the first finding: an empty data folder, no network, the demonstration."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.service import Service, running_service

_ROUNDS = 3
_LIMIT_SECONDS = 180.0
_LOOK_SECONDS = 0.02
_FINDINGS = "/api/v1/findings?limit=1"


@dataclass(frozen=True, slots=True)
class _Waited:
    """Seconds from the start of the service's process to each moment."""

    ready: float
    found: float
    shown: float


def measure(bed: Bed) -> Section:
    """Start the service on an empty folder; as soon as it is ready, push the samples as a newcomer would."""
    waited = [_wait_once(bed, number) for number in range(_ROUNDS)]
    return Section(
        "The first finding",
        "`dogwatch serve`, which `./run` becomes once everything is installed, with an empty data folder and no "
        "network; `dogwatch demo push` is typed in the moment when the service is ready: three sample images are "
        "pushed, fetched, inventoried and matched with the sample of advisories. The API is asked for a finding fifty "
        "times a second meanwhile. Files are in the system's cache.",
        (
            Figure("from start to /readyz 200", "s", tuple(one.ready for one in waited)),
            Figure("from start to the first finding in the API", "s", tuple(one.found for one in waited)),
            Figure("from start to the end of `dogwatch demo push`", "s", tuple(one.shown for one in waited)),
        ),
    )


def _wait_once(bed: Bed, number: int) -> _Waited:
    data = bed.folder / f"newcomer-{number}"
    data.mkdir(mode=0o711)
    nowhere = bed.folder / "no-feeds"
    environment = bed.environment("", DOGWATCH_DATA=str(data), DOGWATCH_FEED_MIRROR=str(nowhere))
    with running_service({**environment, "DOGWATCH_OPEN_LOOPBACK": "1"}, bed.folder) as service:
        begun = time.perf_counter() - service.ready_seconds
        pushing = _push_samples(environment, service)
        try:
            found = _wait_for_finding(service, pushing) - begun
            code = pushing.wait(_LIMIT_SECONDS)
        finally:
            pushing.kill()
            pushing.wait()
        if code:
            raise RuntimeError(f"dogwatch demo push ended with {code}")
        return _Waited(service.ready_seconds, found, time.perf_counter() - begun)


def _push_samples(environment: Mapping[str, str], service: Service) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "dogwatch.cli", "demo", "push"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**environment, "DOGWATCH_LISTEN": f"{service.host}:{service.port}"},
    )


def _wait_for_finding(service: Service, pushing: subprocess.Popen[bytes]) -> float:
    """Return the moment, by the monotonic clock, when the API first answers with a finding."""
    deadline = time.perf_counter() + _LIMIT_SECONDS
    while time.perf_counter() < deadline and not pushing.poll():
        with urllib.request.urlopen(f"http://{service.host}:{service.port}{_FINDINGS}", timeout=30) as answer:
            if json.load(answer)["findings"]:
                return time.perf_counter()
        time.sleep(_LOOK_SECONDS)
    raise RuntimeError(f"no finding within {_LIMIT_SECONDS:g} s")
