"""What came of a job survives a database that is away for a moment: the job is never in progress for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
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
    connector = PsycopgConnector(conninfo=database, min_size=0, max_size=2, timeout=1.0)
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


def test_an_outcome_that_was_written_already_is_refused_the_first_time_it_is_tried(database: str) -> None:
    async def act(jobs: TwinTolerantJobs, job: Job) -> None:
        await _succeed(jobs, job)
        with pytest.raises(ConnectorException):
            await _succeed(jobs, job)

    _defer(database)
    asyncio.run(_with_job(database, act))
    assert _statuses(database) == []


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
