"""What dies in the middle of its work: children and workers, killed for real. Nothing is lost, nothing done twice."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.builders.attached import CYCLONEDX_TYPE, build_referrer, cyclonedx
from tests.builders.oci import build_image, layer_blob
from tests.flow.world import ACCOUNT, EXPECTED, World, app_layer, base_layer, small_world, vulnerable_image, working
from tests.processes import is_alive, kill, workers_of
from tests.simulators.faults import Held, Play, Reply
from tests.waiting import PATIENCE_SECONDS, wait_until

_BASE = layer_blob(base_layer()).digest
_OWN = layer_blob(app_layer()).digest


@pytest.fixture
def world(database: str, tmp_path: Path) -> Iterator[World]:
    with small_world(database, tmp_path, isolated=True) as opened:
        yield opened


def _answering_after(seconds: float) -> Play:
    return lambda _request, honest: Reply(honest.status, honest.headers, honest.body, wait_seconds=seconds)


def test_a_push_becomes_findings_through_child_processes(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    assert world.findings() == EXPECTED
    assert workers_of(os.getpid()) == []


def test_a_child_killed_while_it_reads_a_layer_costs_one_attempt(world: World) -> None:
    world.simulator.fault(_OWN, _answering_after(600), times=1)
    world.push("team/app", vulnerable_image())
    with working(world.app):
        wait_until(lambda: world.simulator.seen("GET", _OWN), "the layer is asked for")
        wait_until(lambda: world.rows("SELECT digest FROM layer_evidence"), "the layer below it is read")
        kill(*workers_of(os.getpid()))
        wait_until(lambda: world.findings() == EXPECTED, "it is read again")
    assert len(world.simulator.seen("GET", _BASE)) == 1
    assert world.images() == [("indexed", "", "")]
    assert workers_of(os.getpid()) == []


def test_an_image_that_kills_its_child_every_time_is_given_up_and_holds_nobody_up(world: World) -> None:
    poison = vulnerable_image("poison")
    own = layer_blob(app_layer("poison")).digest
    world.simulator.fault(own, _answering_after(600))
    with working(world.app):
        wait_until(lambda: world.rows("SELECT id FROM procrastinate_workers") and not world.jobs(), "it has caught up")
        world.push("team/poison", poison)  # now, so that no poll tells of it as well and asks for it twice
        for attempt in (1, 2, 3):
            wait_until(lambda: len(world.simulator.seen("GET", own)) == attempt, "the layer is asked for")  # noqa: B023
            if attempt == 1:
                world.push("team/app", vulnerable_image())
                wait_until(lambda: len(world.jobs("index")) == 2, "another image waits for the same worker")
            kill(*workers_of(os.getpid()))
            if attempt == 1:
                wait_until(lambda: world.findings() == EXPECTED, "others go on meanwhile")
        wait_until(lambda: world.images()[0][0] == "failed", "it is given up")
    assert world.images() == [("failed", "INTERNAL_ERROR", "index died: signal 9"), ("indexed", "", "")]
    assert world.jobs("index") == []


def test_a_child_killed_while_it_reads_an_attached_bill_closes_no_finding(world: World) -> None:
    image = build_image([base_layer()])
    bill = build_referrer(image, CYCLONEDX_TYPE, cyclonedx("pkg:npm/lodash@4.17.20"))
    blob = bill.blobs[1].digest
    world.app.registries.believe_bills(ACCOUNT, "local", believed=True)
    world.push("team/app", image)
    world.push("team/app", bill, f"{image.digest.replace(':', '-')}.sbom")
    world.app.run_until_idle()
    world.simulator.fault(blob, _answering_after(600), times=1)
    with working(world.app):
        world.app.queue.read_bills()
        wait_until(lambda: world.simulator.seen("GET", blob), "the bill is asked for")
        kill(*workers_of(os.getpid()))
        wait_until(lambda: world.rows("SELECT * FROM image_bills WHERE failures = 1"), "the failure is noted")
        assert world.findings() == EXPECTED[:1]
        gaps = [gap.detail for gap in world.app.views.contents(ACCOUNT, 1).gaps]
        assert gaps == ["read_bills died: signal 9"]
        world.rows("UPDATE image_bills SET due_at = '-infinity'")  # its turn, after a pause
        world.app.queue.read_bills()
        wait_until(lambda: len(world.findings()) == 2, "it is read")
    assert world.findings() == [EXPECTED[0], EXPECTED[2]]
    assert workers_of(os.getpid()) == []


@contextmanager
def _worker_process(world: World) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker as a process of its own, as `dogwatch worker` does."""
    program = "import pickle, sys; from dogwatch.app.process import build\n"
    program += "with build(pickle.load(sys.stdin.buffer)) as app: app.worker()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    try:
        assert process.stdin is not None
        process.stdin.write(pickle.dumps(world.app.settings))
        process.stdin.close()
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_worker_killed_in_the_middle_leaves_its_work_to_the_next(world: World) -> None:
    world.simulator.fault(_OWN, _answering_after(600), times=1)
    with _worker_process(world) as first:
        wait_until(lambda: world.rows("SELECT id FROM procrastinate_workers") and not world.jobs(), "it has caught up")
        world.push("team/app", vulnerable_image())  # now, so that no poll tells of it as well
        wait_until(lambda: world.simulator.seen("GET", _OWN), "the layer is asked for")
        children = workers_of(first.pid)
        assert len(children) >= 1
        first.kill()
        first.wait()
        wait_until(lambda: not any(map(is_alive, children)), "its children end with it")
    assert ("index", "doing") in [job[:2] for job in world.jobs("index")]
    with working(world.app):
        wait_until(lambda: world.findings() == EXPECTED, "the next one does it")
    assert world.images() == [("indexed", "", "")]


def test_a_worker_that_is_asked_to_stop_finishes_what_it_does(world: World) -> None:
    held = Held()
    world.simulator.fault(_OWN, held, times=1)
    world.push("team/app", vulnerable_image())
    with _worker_process(world) as worker:
        wait_until(lambda: world.simulator.seen("GET", _OWN), "the layer is asked for")
        worker.terminate()
        time.sleep(0.5)  # so that it is stopping, as far as one can tell
        held.let_go()
        assert worker.wait(PATIENCE_SECONDS) == 0
    assert world.findings() == EXPECTED
    assert world.rows("SELECT id FROM procrastinate_workers") == []


def test_two_workers_share_the_work_and_do_nothing_twice(world: World) -> None:
    images = [vulnerable_image(f"number {number}") for number in range(12)]
    for number, image in enumerate(images):
        world.push(f"team/app-{number}", image)
    with _worker_process(world), working(world.app):
        wait_until(lambda: len(world.images()) == 12, "all are resolved")
        wait_until(lambda: all(image[0] == "indexed" for image in world.images()), "all are indexed")
        wait_until(lambda: world.jobs("index") == [], "both have said so")
    assert len(world.findings()) == 12 * len(EXPECTED)
    own = [layer_blob(app_layer(f"number {number}")).digest for number in range(12)]
    assert [len(world.simulator.seen("GET", digest)) for digest in own] == [1] * 12
    assert world.rows("SELECT count(*) FROM registry_event WHERE origin = 'webhook'") == [(12,)]


def test_a_database_that_goes_away_is_waited_for(world: World) -> None:
    with working(world.app):
        wait_until(lambda: len(world.rows("SELECT id FROM procrastinate_workers")) >= 5, "the workers are there")
        with psycopg.connect(world.app.dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        world.push("team/app", vulnerable_image())
        wait_until(lambda: world.findings() == EXPECTED, "work goes on")
