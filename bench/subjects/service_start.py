"""How long `dogwatch serve` takes to be ready, and what it holds in memory when it has nothing to do."""

from __future__ import annotations

import json
import statistics
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.advisories import ECOSYSTEMS
from bench.bed import Bed
from bench.figures import Figure, Section
from bench.processes import children_of, find_process, resident_megabytes
from bench.service import Service, running_service

_WARM_ROUNDS = 5
_COLD_ROUNDS = 2
_IMPORT_SECONDS = 120.0
_REST_SECONDS = 3.0
_LOOKS = 5


def measure(bed: Bed) -> Section:
    """Start on fresh folders; let the last one import its feeds; look at its memory; start it again."""
    cold = [_start_cold(bed, number) for number in range(_COLD_ROUNDS - 1)]
    data = _data_folder(bed, _COLD_ROUNDS)
    with running_service(_environment(bed, data), bed.folder) as service:
        cold.append(service.ready_seconds)
        imported = _wait_for_feeds(service)
        time.sleep(_REST_SECONDS)
        memory = [_look(service, data) for _ in range(_LOOKS)]
    warm = []
    for _ in range(_WARM_ROUNDS):
        with running_service(_environment(bed, data), bed.folder) as service:
            warm.append(service.ready_seconds)
    children = [len(each["children"]) for each in memory]
    return Section(
        "The service at rest",
        "`dogwatch serve` with its embedded PostgreSQL. Cold is an empty data folder (a database is made and filled "
        f"with tables), warm is one that was used before; files are in the system's cache. Memory: {_REST_SECONDS:g} "
        f"s after the feeds ({bed.feeds_in_words}) were imported, {statistics.median(children):.0f} children; "
        "resident memory counts program files that processes share once for each.",
        (
            Figure("from start to /readyz 200, cold", "s", tuple(cold)),
            Figure("from start to /readyz 200, warm", "s", tuple(warm)),
            Figure("from /readyz to all three feeds imported, cold", "s", (imported,)),
            Figure("memory of the main process", "MB", tuple(each["main"] for each in memory), "≤ 250"),
            *_of_children(memory),
            Figure("memory of the database's guardian", "MB", tuple(each["guardian"] for each in memory)),
        ),
    )


def _of_children(memory: Sequence[dict[str, Any]]) -> tuple[Figure, ...]:
    """Children are started when there is work, and some stay; a service without any has no such figure."""
    together = tuple(sum(each["children"]) for each in memory)
    return (Figure("memory of its children, together", "MB", together),) if any(together) else ()


def _data_folder(bed: Bed, number: int) -> Path:
    folder = bed.folder / f"service-{number}"
    folder.mkdir(mode=0o711)
    return folder


def _environment(bed: Bed, data: Path) -> dict[str, str]:
    return bed.environment("", DOGWATCH_DATA=str(data), DOGWATCH_OPEN_LOOPBACK="1")


def _start_cold(bed: Bed, number: int) -> float:
    with running_service(_environment(bed, _data_folder(bed, number)), bed.folder) as service:
        return service.ready_seconds


def _wait_for_feeds(service: Service) -> float:
    begun = time.perf_counter()
    while time.perf_counter() - begun < _IMPORT_SECONDS:
        feeds = _ask(service, "/api/v1/db/status")["feeds"]
        if sum(feed["records"] > 0 for feed in feeds) == len(ECOSYSTEMS):
            return time.perf_counter() - begun
        time.sleep(0.2)
    raise RuntimeError(f"the feeds were not imported within {_IMPORT_SECONDS:g} s")


def _ask(service: Service, path: str) -> Any:
    with urllib.request.urlopen(f"http://{service.host}:{service.port}{path}", timeout=30) as answer:
        return json.load(answer)


def _look(service: Service, data: Path) -> dict[str, Any]:
    time.sleep(0.5)
    guardians = find_process("dogwatch.store.embedded.guardian", str((data / "postgres").resolve()))
    return {
        "main": resident_megabytes(service.process_id),
        "children": [resident_megabytes(child) for child in children_of(service.process_id) if child not in guardians],
        "guardian": sum(map(resident_megabytes, guardians)),
    }
