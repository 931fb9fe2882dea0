"""The queue: one waiting job per subject, a step for every task, jobs of dead workers, a retry beside its twin."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import psycopg
import pytest
from procrastinate import App, PsycopgConnector

from dogwatch.flow.engine import Retries, TwinTolerantJobs, retry_stalled
from dogwatch.flow.plans import plan_steps
from dogwatch.flow.ports import Isolation, Outside
from dogwatch.flow.queue import TASKS, JobQueue
from dogwatch.flow.steps import Step
from dogwatch.flow.worker import JobWorker
from dogwatch.model.errors import StoreUnavailableError
from dogwatch.model.monitoring import StatusReason
from dogwatch.model.registries import ManifestToResolve

Job = tuple[str, str, str, int, int]


@pytest.fixture
def queue(database: str) -> Iterator[JobQueue]:
    opened = JobQueue(database)
    opened.open()
    yield opened
    opened.close()


def _jobs(database: str) -> list[Job]:
    query = "SELECT task_name, queue_name, status::text, attempts, priority FROM procrastinate_jobs ORDER BY id"
    with psycopg.connect(database, autocommit=True) as connection:
        return connection.execute(query).fetchall()


def _execute(database: str, statement: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_every_task_has_a_step_and_the_reverse() -> None:
    nobody = cast(Outside, None)
    assert set(plan_steps(nobody, cast(Isolation, None), cast(JobQueue, None))) == set(TASKS)


def test_a_waiting_twin_is_not_queued_twice(database: str, queue: JobQueue) -> None:
    for _ in range(3):
        queue.read_notices()
        queue.index(1)
        queue.index(2)
        queue.resolve(ManifestToResolve(1, "team/app", "sha256:" + "a" * 64))
        queue.update_feed("osv", "PyPI")
    assert [job[:3] for job in _jobs(database)] == [
        ("read_notices", "fast", "todo"),
        ("index", "index", "todo"),
        ("index", "index", "todo"),
        ("resolve", "registry", "todo"),
        ("update_feed", "feeds", "todo"),
    ]


def test_a_job_that_runs_may_have_a_twin_that_waits(database: str, queue: JobQueue) -> None:
    queue.read_notices()
    _execute(database, "UPDATE procrastinate_jobs SET status = 'doing'")
    queue.read_notices()
    assert [job[2] for job in _jobs(database)] == ["doing", "todo"]


def test_a_database_that_is_away_is_an_error_of_the_tree() -> None:
    absent = JobQueue("postgresql://nobody@127.0.0.1:1/nothing", wait_seconds=0.5)
    absent.open()
    with pytest.raises(StoreUnavailableError):
        absent.sweep()
    absent.close()


def _worker(database: str, work: dict[str, list[int]], error: Exception | None = None) -> JobWorker:
    marks: list[int] = work.setdefault("given up", [])

    def index(image_id: int) -> Step:
        def run() -> None:
            work.setdefault("index", []).append(image_id)
            if error is not None:
                raise error

        def give_up(_mark: StatusReason, _problem: str) -> None:
            marks.append(image_id)

        return Step("index", str(image_id), run, give_up=give_up)

    plans = dict.fromkeys(TASKS, index)
    return JobWorker(database, plans, lambda minute: None, index_slots=1)


def test_a_waiting_twin_becomes_the_retry_with_its_attempts_strikes_and_pause(database: str, queue: JobQueue) -> None:
    queue.index(1)
    _execute(database, "UPDATE procrastinate_jobs SET status = 'doing', attempts = 4, priority = -1")
    queue.index(1)
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)

    async def retry() -> None:
        app = App(connector=PsycopgConnector(conninfo=database))
        app.job_manager = TwinTolerantJobs(app.connector)
        async with app.open_async():
            for job in await app.job_manager.get_stalled_jobs():
                await app.job_manager.retry_job(job, retry_at=moment, priority=-2)

    asyncio.run(retry())
    assert _jobs(database) == [("index", "index", "todo", 5, -2)]
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT scheduled_at FROM procrastinate_jobs").fetchall() == [(moment,)]


def test_who_looks_for_lost_work_leaves_alone_what_is_in_progress(database: str, queue: JobQueue) -> None:
    queue.index(1)
    _execute(database, "UPDATE procrastinate_jobs SET status = 'doing'")
    for image_id in (1, 2, 2):
        queue.for_lost_work().index(image_id)
    with psycopg.connect(database) as connection:
        jobs = connection.execute("SELECT args, status::text FROM procrastinate_jobs ORDER BY id").fetchall()
    assert jobs == [({"image_id": 1}, "doing"), ({"image_id": 2}, "todo")]


def test_a_job_whose_workers_died_goes_to_the_back_and_is_given_up_at_the_third_death(
    database: str, queue: JobQueue
) -> None:
    work: dict[str, list[int]] = {}
    plans = _worker(database, work)._plans
    queue.index(7)

    async def die() -> None:
        app = App(connector=PsycopgConnector(conninfo=database))
        app.job_manager = TwinTolerantJobs(app.connector)
        async with app.open_async():
            await retry_stalled(app, plans, 12.0)

    seen = []
    for _ in range(3):
        _execute(database, "UPDATE procrastinate_jobs SET status = 'doing'")
        asyncio.run(die())
        seen.append(_jobs(database)[0][2:])
    assert seen == [("todo", 1, -1), ("todo", 2, -2), ("failed", 3, -2)]
    assert work["given up"] == [7]


def test_jobs_that_are_stopped_with_the_service_are_not_to_blame() -> None:
    from procrastinate.jobs import Job

    job = Job(queue="index", lock=None, queueing_lock=None, task_name="index", attempts=5, priority=-2)
    decision = Retries().get_retry_decision(exception=asyncio.CancelledError(), job=job)
    assert decision is not None
    assert decision.priority is None
    assert Retries().get_retry_decision(exception=KeyboardInterrupt(), job=job) is None
