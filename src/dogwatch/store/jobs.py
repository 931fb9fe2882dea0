"""What waits to be done, and who does it: read from the job engine's tables."""

from __future__ import annotations

from dogwatch.model.jobs import JobCount, WorkerProcess
from dogwatch.store.connection import Database
from dogwatch.store.queries import load_queries

_SQL = load_queries("jobs")


def count_jobs(database: Database) -> tuple[JobCount, ...]:
    """Return the jobs that are there, by task; tasks without any are left out."""
    with database.transaction() as connection:
        return tuple(JobCount(*row) for row in connection.execute(_SQL["counts"]).fetchall())


def count_to_reread(database: Database, fingerprint: str) -> int:
    """Return how many watched images have an inventory by other extractors, and wait to be read again."""
    with database.transaction() as connection:
        row = connection.execute(_SQL["to_reread"], {"fingerprint": fingerprint}).fetchone()
    assert row is not None  # a count
    return int(row[0])


def load_processes(database: Database) -> tuple[WorkerProcess, ...]:
    """Return the processes that do jobs, by host."""
    with database.transaction() as connection:
        return tuple(WorkerProcess(*row) for row in connection.execute(_SQL["processes"]).fetchall())
