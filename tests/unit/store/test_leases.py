"""Nothing is committed for a job that somebody else has; until a commit is over, nobody takes its job."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

from dogwatch.model.errors import TakenOverError
from dogwatch.model.jobs import Lease
from dogwatch.store.connection import Database
from dogwatch.store.leases import held_lease, holding


@pytest.fixture
def opened(database: str) -> Iterator[Database]:
    one = Database(database)
    one.open()
    with one.transaction() as connection:
        connection.execute("CREATE TABLE written (number int)")
    yield one
    one.close()


@pytest.fixture
def lease(opened: Database) -> Lease:
    """A job in the hands of a worker."""
    with opened.transaction() as connection:
        worker = connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id").fetchone()
        assert worker is not None
        job = connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)"
            " VALUES ('index', 'index', 'doing', %s) RETURNING id",
            worker,
        ).fetchone()
        assert job is not None
    return Lease(job[0], worker[0], 0)


def _write(opened: Database, lease: Lease | None) -> None:
    with holding(lease), opened.transaction() as connection:
        connection.execute("INSERT INTO written VALUES (1)")


def _written(opened: Database) -> int:
    with opened.transaction() as connection:
        return len(connection.execute("SELECT FROM written").fetchall())


def test_who_holds_a_job_writes_and_so_does_who_works_for_none(opened: Database, lease: Lease) -> None:
    _write(opened, lease)
    _write(opened, None)
    assert (_written(opened), held_lease()) == (2, None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE procrastinate_jobs SET status = 'todo', attempts = 1",
        "UPDATE procrastinate_jobs SET attempts = 1",
        "UPDATE procrastinate_jobs SET worker_id = NULL",
        "DELETE FROM procrastinate_jobs",
    ],
)
def test_who_lost_a_job_writes_nothing_and_may_still_read(opened: Database, lease: Lease, change: str) -> None:
    with opened.transaction() as connection:
        connection.execute(change.encode())
    with pytest.raises(TakenOverError):
        _write(opened, lease)
    with holding(lease):
        assert _written(opened) == 0


def test_a_job_is_taken_over_in_the_middle_of_a_transaction(opened: Database, lease: Lease, database: str) -> None:
    def write_slowly() -> None:
        with holding(lease), opened.transaction() as connection:
            connection.execute("INSERT INTO written VALUES (1)")
            with psycopg.connect(database, autocommit=True) as other:
                other.execute("UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL, attempts = 1")

    with pytest.raises(TakenOverError):
        write_slowly()
    assert _written(opened) == 0


def test_threads_hold_their_own(opened: Database, lease: Lease) -> None:
    seen: list[Lease | None] = []
    with holding(lease):
        thread = threading.Thread(target=lambda: seen.append(held_lease()))
        thread.start()
        thread.join()
    assert seen == [None]
