"""What waits to be done, for how long, and who does it: counted in the job engine's tables."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import replace

import psycopg
from procrastinate import App, PsycopgConnector

from dogwatch import __version__
from dogwatch.flow.engine import TwinTolerantJobs
from dogwatch.flow.queue import JobQueue
from dogwatch.model.jobs import JobCount, WorkerProcess
from dogwatch.store.connection import Database
from dogwatch.store.jobs import count_jobs, load_processes


def _execute(database: str, statement: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_jobs_are_counted_by_task_and_the_oldest_that_could_begin_has_waited(database: str, opened: Database) -> None:
    assert count_jobs(opened) == ()
    queue = JobQueue(database)
    queue.open()
    for image_id in range(1, 6):
        queue.index(image_id)
    queue.sweep()
    queue.close()
    _execute(database, "UPDATE procrastinate_events SET at = now() - interval '1 hour' WHERE job_id = 1")
    _execute(database, "UPDATE procrastinate_events SET at = now() - interval '1 minute' WHERE job_id = 2")
    _execute(database, "UPDATE procrastinate_jobs SET status = 'doing' WHERE id IN (1, 6)")
    _execute(database, "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour' WHERE id = 3")
    _execute(database, "UPDATE procrastinate_jobs SET status = 'failed' WHERE id = 4")

    index, sweep = count_jobs(opened)

    assert replace(index, oldest_seconds=None) == JobCount("index", 2, 1, 1, 1, None)
    assert index.oldest_seconds is not None
    assert 60 <= index.oldest_seconds < 600
    assert sweep == JobCount("sweep", 0, 0, 1, 0, None)


def test_a_job_waits_from_when_its_time_came(database: str, opened: Database) -> None:
    queue = JobQueue(database)
    queue.open()
    queue.index(1)
    queue.close()
    _execute(database, "UPDATE procrastinate_events SET at = now() - interval '1 hour'")
    _execute(database, "UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 minute'")
    (index,) = count_jobs(opened)
    assert index.oldest_seconds is not None
    assert 60 <= index.oldest_seconds < 600


def test_a_process_is_one_however_many_workers_it_has_and_goes_with_them(database: str, opened: Database) -> None:
    async def register() -> list[int]:
        connector = PsycopgConnector(conninfo=database)
        jobs = TwinTolerantJobs(connector)
        async with App(connector=connector).open_async():
            return [await jobs.register_worker() for _ in range(4)]

    workers = asyncio.run(register())
    queue = JobQueue(database)
    queue.open()
    queue.index(1)
    queue.close()
    _execute(database, f"UPDATE procrastinate_jobs SET status = 'doing', worker_id = {workers[2]}")

    (process,) = load_processes(opened)

    assert replace(process, silent_seconds=0.0) == WorkerProcess(socket.gethostname(), os.getpid(), __version__, 0.0, 1)
    assert process.is_alive
    _execute(database, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    assert [one.is_alive for one in load_processes(opened)] == [False]
    _execute(database, "DELETE FROM procrastinate_workers")
    assert load_processes(opened) == ()
