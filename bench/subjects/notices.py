"""Pulls through the webhook of the real service, and what becomes of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import psycopg

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.load import pull_bodies
from bench.service import Service, running_service
from bench.timing import seconds_of
from bench.world import add_images, count, world_of
from dogwatch.app.process import App
from dogwatch.flow.notices import EVENTS_PER_APPLY, read_notices

_ACCOUNT = "000000010000"
_IMAGES = 10_000
_CONNECTIONS = 64
_ROUNDS = 3
_REQUESTS = 15_000  # a round of some seconds
_READ_SECONDS = 120.0
_CONTENT_TYPE = "application/vnd.docker.distribution.events.v2+json"


def measure(bed: Bed) -> Section:
    """Send pulls of known images to `dogwatch serve`, then read stored ones here."""
    rounds = [_send(bed) for _ in range(_ROUNDS)]
    read, applied = zip(*(_read_and_apply(bed) for _ in range(_ROUNDS)), strict=True)
    return Section(
        "Notices",
        f"Pulls of {_IMAGES:,} known images, {rounds[0]['body_bytes']:,} bytes and one event per request, "
        f"{_REQUESTS:,} requests a round over {_CONNECTIONS} connections on loopback, to `dogwatch serve` with its "
        "workers, which read notices at the same time. The load generator is a process on the same machine and takes "
        "its share of it. An answer (202) means that the notice is on disk.",
        (
            Figure("answered, hence durable", "/s", tuple(_REQUESTS / x["seconds"] for x in rounds), "5,000/s"),
            Figure(
                "all answered, understood and applied, per second since the first was sent",
                "/s",
                tuple(_REQUESTS / x["all_seconds"] for x in rounds),
            ),
            Figure("time to an answer, median", "ms", tuple(x["p50"] * 1000 for x in rounds)),
            Figure("time to an answer, 99th percentile", "ms", tuple(x["p99"] * 1000 for x in rounds)),
            Figure("stored notices read and applied, in one process without load", "/s", read),
            Figure("`apply_events` alone", "/s", applied),
        ),
        (
            f"Lost or doubled: none of {_ROUNDS * _REQUESTS:,}; this is checked against the database, a run fails "
            "otherwise.",
        ),
    )


def _send(bed: Bed) -> dict[str, Any]:
    """Run the service on a fresh database, and the load generator against it."""
    address = bed.copy(world_of(bed).matched, "notices")
    with bed.opened(address) as app:
        secret = add_images(app, _ACCOUNT, _IMAGES, app.clock.now())
    with running_service(bed.environment(address), bed.folder) as service:
        result = _generate(service, secret)
        if result["statuses"] != {"202": _REQUESTS}:
            raise RuntimeError(f"not all were accepted: {result['statuses']}")
        _wait_until_applied(address)
        # Both processes read the same clock of the system.
        result["all_seconds"] = time.perf_counter() - result["begun"]
    _check_nothing_lost(address)
    return result


def _generate(service: Service, secret: str) -> dict[str, Any]:
    path = f"/hooks/{_ACCOUNT}/made-up"
    numbers = [str(number) for number in (_CONNECTIONS, _IMAGES, _REQUESTS)]
    command = [sys.executable, "-m", "bench.load", service.host, str(service.port), path, secret, _ACCOUNT, *numbers]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_READ_SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the load generator failed: {done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _wait_until_applied(address: str) -> None:
    deadline = time.monotonic() + _READ_SECONDS
    with psycopg.connect(address, autocommit=True) as connection:
        while time.monotonic() < deadline:
            row = connection.execute(
                "SELECT EXISTS (SELECT FROM notice WHERE read_at IS NULL) OR EXISTS (SELECT FROM waiting_event)"
            ).fetchone()
            if row == (False,):
                return
            time.sleep(0.05)
    raise RuntimeError(f"not applied within {_READ_SECONDS:g} s")


def _check_nothing_lost(address: str) -> None:
    with psycopg.connect(address) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM notice), (SELECT count(*) FROM registry_event),"
            " (SELECT count(DISTINCT external_id) FROM registry_event)"
        ).fetchone()
    if row != (_REQUESTS, _REQUESTS, _REQUESTS):
        raise RuntimeError(f"{_REQUESTS} notices were accepted; notices, events, distinct events stored: {row}")


def _read_and_apply(bed: Bed) -> tuple[float, float]:
    """Read stored notices; then apply the same events once more. Returns events per second of each."""
    with bed.opened(bed.copy(world_of(bed).matched, "notices")) as app:
        add_images(app, _ACCOUNT, _IMAGES, app.clock.now())
        _store_notices(app)
        read = _REQUESTS / seconds_of(lambda: read_notices(app.outside, app.queue))
        if count(app.database, "SELECT count(*) FROM waiting_event"):
            raise RuntimeError("not all events were applied")
        with app.database.transaction() as connection:
            # Earlier clocks, so that every pull moves one again.
            connection.execute("INSERT INTO waiting_event SELECT id FROM registry_event")
            connection.execute("UPDATE clocks SET pulled_at = pulled_at - interval '1 hour'")
        return read, _REQUESTS / seconds_of(lambda: _apply_all(app))


def _store_notices(app: App) -> None:
    now = app.clock.now()
    bodies = list(pull_bodies(_ACCOUNT, _IMAGES, _REQUESTS, now))
    with app.database.transaction() as connection:
        connection.execute(
            "INSERT INTO notice (registry_id, received_at, content_type, body) SELECT (SELECT id FROM registry WHERE "
            "account_id = %s), %s, %s, unnest(%s::bytea[])",
            (_ACCOUNT, now, _CONTENT_TYPE, bodies),
        )


def _apply_all(app: App) -> None:
    while app.outside.event_store.apply_events(EVENTS_PER_APPLY, app.clock.now())[0]:
        pass
