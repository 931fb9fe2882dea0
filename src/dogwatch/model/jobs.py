"""Jobs as seen from outside the job engine: who holds one, how many there are, and who does them."""

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


SILENT_SECONDS = 12.0
"""A worker without a sign of life for so long is dead, and its jobs are given to others: six beats, as a loaded machine
may lose some, and still short after a crash."""


@dataclass(frozen=True, slots=True)
class JobCount:
    """The jobs of one task.

    `waiting` could begin now, `later` wait for their time (as after a failure), `failed` were given up within a week.

    Units:
        `oldest_seconds`: for how long the first of those that could begin has waited; None where there are none.
    """

    task: str
    waiting: int
    later: int
    running: int
    failed: int
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """A process that does jobs; `silent_seconds` since its last sign of life."""

    host: str
    pid: int
    version: str
    silent_seconds: float
    running: int

    @property
    def is_alive(self) -> bool:
        """Whether it counts as at work."""
        return self.silent_seconds < SILENT_SECONDS
