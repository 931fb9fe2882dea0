"""What came of a job survives a database that is away for a moment: the job is never in progress for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Job, Status
from psycopg.conninfo import conninfo_to_dict

from dogwatch.flow.engine import TwinTolerantJobs
from dogwatch.flow.queue import JobQueue

Outcome = Callable[[TwinTolerantJobs, Job], Awaitable[None]]


def _succeed(jobs: TwinTolerantJobs, job: Job) -> Awaitable[None]:
    return jobs.finish_job(job, Status.SUCCEEDED, delete_job=True)


def _fail(jobs: TwinTolerantJobs, job: Job) -> Awaitable[None]:
    return jobs.finish_job(job, Status.FAILED, delete_job=False)


def _repeat(jobs: TwinTolerantJobs, job: Job) -> Awaitable[None]:
    return jobs.retry_job(job)


def _defer(database: str) -> None:
    queue = JobQueue(database)
    queue.open()
    queue.index(1)
    queue.close()


def _statuses(database: str) -> list[str]:
    with psycopg.connect(database, autocommit=True) as connection:
        return [row[0] for row in connection.execute("SELECT status::text FROM procrastinate_jobs ORDER BY id")]


@contextmanager
def _closed(server: str, database: str) -> Iterator[None]:
    """Close a database: connections break, and no new ones are let in until the end of the block."""
    name = conninfo_to_dict(database)["dbname"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        try:
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


async def _with_job(database: str, act: Callable[[TwinTolerantJobs, Job], Awaitable[None]]) -> None:
    # A connection from the beginning: opening waits for it longer than a job's outcome does.
    connector = PsycopgConnector(conninfo=database, min_size=1, max_size=2, timeout=1.0)
    jobs = TwinTolerantJobs(connector)
    async with App(connector=connector).open_async():
        job = await jobs.fetch_job(None, await jobs.register_worker())
        assert job is not None
        await act(jobs, job)


@pytest.mark.parametrize(("outcome", "left"), [(_succeed, []), (_fail, ["failed"]), (_repeat, ["todo"])])
def test_an_outcome_is_written_when_the_database_is_there_again(
    postgres_server: str, database: str, outcome: Outcome, left: list[str]
) -> None:
    async def act(jobs: TwinTolerantJobs, job: Job) -> None:
        with _closed(postgres_server, database):
            writing = asyncio.ensure_future(outcome(jobs, job))
            await asyncio.sleep(1.5)
            assert not writing.done()
        await writing

    _defer(database)
    asyncio.run(_with_job(database, act))
    assert _statuses(database) == left


@pytest.mark.parametrize("late", [_succeed, _fail, _repeat])
def test_an_outcome_that_was_written_already_stays(database: str, late: Outcome) -> None:
    async def act(jobs: TwinTolerantJobs, job: Job) -> None:
        await _succeed(jobs, job)
        await late(jobs, job)

    _defer(database)
    asyncio.run(_with_job(database, act))
    assert _statuses(database) == []


@pytest.mark.parametrize("late", [_succeed, _fail, _repeat])
@pytest.mark.parametrize("taker", ["another worker", "the same worker, once more"])
def test_a_worker_whose_job_was_taken_over_does_not_say_what_came_of_it(
    database: str, late: Outcome, taker: str
) -> None:
    async def act(jobs: TwinTolerantJobs, job: Job) -> None:
        await jobs.retry_job(job)
        assert job.worker_id is not None
        again = job.worker_id if taker.startswith("the same") else await jobs.register_worker()
        assert await jobs.fetch_job(None, again) is not None
        await late(jobs, job)

    _defer(database)
    asyncio.run(_with_job(database, act))
    assert _statuses(database) == ["doing"]


def test_two_that_look_for_the_jobs_of_the_dead_repeat_each_once(database: str) -> None:
    async def act(jobs: TwinTolerantJobs, job: Job) -> None:
        await jobs.retry_job(job, priority=-1)
        await jobs.retry_job(job, priority=-1)

    _defer(database)
    asyncio.run(_with_job(database, act))
    with psycopg.connect(database, autocommit=True) as connection:
        rows = connection.execute("SELECT status::text, attempts, priority FROM procrastinate_jobs").fetchall()
    assert rows == [("todo", 1, -1)]


def test_a_database_that_stays_away_is_given_up(
    postgres_server: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dogwatch.flow.engine.OUTCOME_SECONDS", 1.0)

    async def act(jobs: TwinTolerantJobs, job: Job) -> None:
        with _closed(postgres_server, database), pytest.raises(TimeoutError):
            await _succeed(jobs, job)

    _defer(database)
    asyncio.run(_with_job(database, act))
    assert _statuses(database) == ["doing"]
