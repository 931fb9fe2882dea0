"""What probes and metrics ask."""

from __future__ import annotations

from typing import Protocol

from dogwatch.model.coverage import CoverageCount
from dogwatch.model.jobs import JobCount, WorkerProcess


class Health(Protocol):
    """What the probes and metrics ask."""

    def database_problem(self) -> str:
        """Empty when the database answers and its schema is current; otherwise the reason."""

    def coverage_of_all(self) -> tuple[CoverageCount, ...]:
        """The images of every account, counted by registry and status: one cheap query."""

    def count_jobs(self) -> tuple[JobCount, ...]:
        """The jobs that are there, by task."""

    def worker_processes(self) -> tuple[WorkerProcess, ...]:
        """Who does them, on all machines."""
