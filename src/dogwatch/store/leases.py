"""Whether a job is still in the hands that write for it, looked at in the transaction that writes.

A worker that was cut off does not know that its jobs have been taken over. What it writes when it comes back would be
old: a failure of what succeeded since, a list of tags from before. So whoever works for a job says so, and nothing is
committed for a job that somebody else has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import psycopg

from dogwatch.model.errors import TakenOverError
from dogwatch.model.jobs import Lease
from dogwatch.store.queries import load_queries

_SQL = load_queries("jobs")
_HELD: ContextVar[Lease | None] = ContextVar("lease", default=None)


@contextmanager
def holding(lease: Lease | None) -> Iterator[None]:
    """Let the transactions of this thread count only while the job is the worker's; None: whatever happens."""
    token = _HELD.set(lease)
    try:
        yield
    finally:
        _HELD.reset(token)


def held_lease() -> Lease | None:
    """Return what this thread works for."""
    return _HELD.get()


def refuse_if_taken_over(connection: psycopg.Connection) -> None:
    """Look at the end of a transaction; until it is over, nobody can take the job over.

    Raises:
        TakenOverError: the job is no longer the worker's, so that nothing of this may be committed.
    """
    lease = _HELD.get()
    if lease is None:
        return
    held = {"job": lease.job_id, "worker": lease.worker_id, "attempts": lease.attempts}
    row = connection.execute(_SQL["may_commit"], held).fetchone()
    if row != (True,):
        raise TakenOverError(lease.job_id)
