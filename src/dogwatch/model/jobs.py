"""A job as the store sees it: who holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lease:
    """A job in the hands of a worker, until it ends or is taken over. All numbers are the job engine's.

    `attempts` is how many came before: a worker that was silent may get its own job again while the first attempt at it
    goes on.
    """

    job_id: int
    worker_id: int
    attempts: int
