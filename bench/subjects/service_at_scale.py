"""What `dogwatch serve` holds in memory while it is asked for lists of many images."""

from __future__ import annotations

import urllib.error
import urllib.request
from http import HTTPStatus

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.million.world import LARGEST, described, filled
from bench.processes import children_of, resident_megabytes
from bench.service import Service, running_service

_ROUNDS = 3
_PATHS = (
    "/",
    "/metrics",
    "/api/v1/images?limit=1000",
    "/api/v1/findings?limit=1000",
    "/api/v1/findings?limit=1000&sort=first_observed_at",
)
_PATIENCE_SECONDS = 120.0  # longer than the service's own


def measure(bed: Bed) -> Section:
    """Ask for the largest pages again and again, and look at the processes after each round."""
    world = filled(bed, bed.images)
    environment = bed.environment(world.moved, DOGWATCH_OPEN_LOOPBACK="1", DOGWATCH_ACCOUNT=LARGEST, DOGWATCH_DEMO="0")
    main, children, late = [], [], 0
    with running_service(environment, bed.folder) as service:
        rest = resident_megabytes(service.process_id)
        for _ in range(_ROUNDS):
            late += sum(not _is_answered(service, path) for path in _PATHS)
            main.append(resident_megabytes(service.process_id))
            children.append(max(map(resident_megabytes, children_of(service.process_id)), default=0.0))
    return Section(
        "The service at scale",
        f"{described(bed.images)} Each round asks for {len(_PATHS)} things, pages of 1,000 whole images and findings "
        "among them, and looks at the resident memory afterwards.",
        (
            Figure("memory of the main process, nothing asked", "MB", (rest,), "≤ 250"),
            Figure("memory of the main process, after each round", "MB", tuple(main), "≤ 250"),
            *((Figure("its largest child", "MB", tuple(children), "≤ 200"),) if any(children) else ()),
        ),
        (f"Given up by the service, as its time for a request was over: {late} of {_ROUNDS * len(_PATHS)}.",),
    )


def _is_answered(service: Service, path: str) -> bool:
    """Ask and read the whole answer; False where the service gave up because its time for a request was over."""
    try:
        with urllib.request.urlopen(f"http://{service.host}:{service.port}{path}", timeout=_PATIENCE_SECONDS) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return False
    return True
