"""A worker that was cut off and comes back: what it writes for a job that somebody else has counts for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.builders.oci import layer_blob
from tests.flow.world import EXPECTED, World, app_layer, small_world, vulnerable_image, working
from tests.simulators.faults import Held, Reply
from tests.waiting import wait_until

_OWN = layer_blob(app_layer()).digest


@pytest.fixture
def world(database: str, tmp_path: Path) -> Iterator[World]:
    with small_world(database, tmp_path, isolated=True) as opened:
        yield opened


def _take_over(world: World, task: str) -> None:
    """Do to a job in progress what another host does to one whose worker is silent, and keep it from all workers."""
    with psycopg.connect(world.app.dsn) as connection:
        connection.execute("LOCK TABLE procrastinate_jobs IN EXCLUSIVE MODE")  # else a twin may come in between
        connection.execute("DELETE FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'", [task])
        connection.execute(
            "UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL, attempts = attempts + 1,"
            " scheduled_at = now() + interval '1 hour' WHERE task_name = %s AND status = 'doing'",
            [task],
        )


def test_a_manifest_is_not_marked_by_who_failed_at_it_when_somebody_else_had_it(world: World) -> None:
    image = vulnerable_image()
    held = Held(Reply(403))
    world.simulator.fault(image.digest, held, times=1)
    world.push("team/app", image)
    with working(world.app):
        wait_until(lambda: world.simulator.seen("GET", image.digest), "the manifest is asked for")
        _take_over(world, "resolve")
        held.let_go()
    assert world.rows("SELECT attempts, problem FROM unresolved_manifest") == [(0, "")]
    assert world.jobs("resolve") == [("resolve", "todo", 1, 0)]


def test_an_image_is_read_again_by_who_took_it_over(world: World) -> None:
    held = Held()
    world.simulator.fault(_OWN, held, times=1)
    world.push("team/app", vulnerable_image())
    with working(world.app):
        wait_until(lambda: world.simulator.seen("GET", _OWN), "the layer is asked for")
        _take_over(world, "index")
        held.let_go()
    assert (world.images(), world.findings()) == ([("pending", "", "")], [])
    world.let_time_come()
    with working(world.app):
        wait_until(lambda: world.findings() == EXPECTED, "the second attempt counts")
    assert len(world.simulator.seen("GET", _OWN)) == 2
