"""What procrastinate is taught: our retries, jobs whose worker died, and that a waiting twin takes a retry's place.

A job's priority counts its strikes: each makes it -1, so that work which kills its workers also goes to the back of the
queue.

Source:
    procrastinate 3.10: a queueing lock allows one waiting job, a retry fails with UniqueViolation where another waits.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import LiteralString

from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import QUEUEING_LOCK_CONSTRAINT, JobManager
from psycopg import InterfaceError, OperationalError

from dogwatch import __version__
from dogwatch.flow.retry import STRIKES, Plan, plan_next
from dogwatch.flow.steps import RepeatLater, Step, run_step
from dogwatch.flow.threads import in_thread
from dogwatch.model.errors import StepCrashedError

OUTCOME_SECONDS = 20.0
"""How long the database may be away before a job's outcome is given up: within a worker's grace when it has to stop,
and several times what the embedded server needs to come back. Then the job counts as stalled, and is done again."""

_OUTCOME_PAUSE_SECONDS = 0.5  # a database that is away says so at once

_REGISTER: LiteralString = "INSERT INTO worker_process VALUES (%(worker)s, %(host)s, %(pid)s, %(version)s)"

# As the engine does it, for a job that is still this worker's. A write that is repeated, because only its answer was
# lost, finds no such job either.
_HELD = """
WITH held AS (
    SELECT id FROM procrastinate_jobs
    WHERE id = %(job)s AND worker_id IS NOT DISTINCT FROM %(worker)s AND attempts = %(attempts)s AND status = 'doing'
    FOR UPDATE
) SELECT """
_FINISH: LiteralString = _HELD + "procrastinate_finish_job_v1(id, %(end)s, %(delete)s) FROM held"
_RETRY: LiteralString = (
    _HELD + "procrastinate_retry_job_v2(id, coalesce(%(retry_at)s, now()), %(priority)s, %(queue)s, %(lock)s) FROM held"
)
# The twin goes on where the failed job stopped: without its attempts and its pause, whatever is told of often would be
# tried as often.
_HAND_OVER: LiteralString = """
WITH held AS (
    SELECT id, attempts, priority, queueing_lock FROM procrastinate_jobs
    WHERE id = %(job)s AND worker_id IS NOT DISTINCT FROM %(worker)s AND attempts = %(attempts)s AND status = 'doing'
    FOR UPDATE
), twin AS (
    UPDATE procrastinate_jobs AS twin
    SET attempts = held.attempts + 1, priority = coalesce(%(priority)s, held.priority),
        scheduled_at = coalesce(%(retry_at)s, now())
    FROM held WHERE twin.queueing_lock = held.queueing_lock AND twin.status = 'todo'
)
SELECT procrastinate_finish_job_v1(id, 'succeeded', true) FROM held"""

_log = logging.getLogger("dogwatch.flow")


class TwinTolerantJobs(JobManager):
    """The engine's jobs, where a twin that was queued meanwhile, and will do the same work, takes the place of a retry.

    Only the worker that has a job says what came of it: one that was cut off, and whose job was taken over, would end
    it under the hands of the other. And it says so until it is written: the engine tries once, and a job whose outcome
    went with a broken connection would be in progress for as long as its worker lives, and keep every job of its
    subject waiting.
    """

    async def register_worker(self) -> int:
        """Add a worker of this process, and say where it is."""
        worker_id = await super().register_worker()
        here = {"host": socket.gethostname(), "pid": os.getpid(), "version": __version__}
        await self.connector.execute_query_async(_REGISTER, worker=worker_id, **here)
        return worker_id

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Put a job back into the queue; where its twin waits, that one becomes the retry."""
        values = {"retry_at": retry_at, "priority": priority, "queue": queue, "lock": lock}
        try:
            await self._write_outcome(_RETRY, job, values)
        except UniqueViolation as violation:
            if violation.constraint_name != QUEUEING_LOCK_CONSTRAINT:
                raise
            await self._write_outcome(_HAND_OVER, job, {"retry_at": retry_at, "priority": priority})

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """End a job."""
        await self._write_outcome(_FINISH, job, {"end": status.value, "delete": delete_job})

    async def _write_outcome(self, query: LiteralString, job: Job, values: Mapping[str, object]) -> None:
        """Write what came of a job, again and again while the database is away; nothing where it has another worker.

        Raises:
            ConnectorException: the database refuses it.
            TimeoutError: it was away for too long.
        """
        held = {"job": job.id, "worker": job.worker_id, "attempts": job.attempts}
        async with asyncio.timeout(OUTCOME_SECONDS):
            while True:
                try:
                    await self.connector.execute_query_async(query, **held, **values)
                    return
                except ConnectorException as error:
                    if not isinstance(error.__cause__, (OperationalError, InterfaceError)):
                        raise
                await asyncio.sleep(_OUTCOME_PAUSE_SECONDS)


class Retries(BaseRetryStrategy):
    """Does what the runner of steps decided; decides alike where the failure was outside its reach."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Say when a failed job runs again; None when it does not."""
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})  # the service stops; nothing is wrong with the job
        if isinstance(exception, RepeatLater):
            plan = exception.plan
        elif isinstance(exception, Exception):
            plan = plan_next(exception, job.attempts, -job.priority, job.call_string)
            fields = {"step": job.task_name, "arguments": job.task_kwargs, "error": type(exception).__name__}
            _log.warning(str(exception), extra={"fields": fields})
        else:
            return None
        return _decision(plan, job)


def _decision(plan: Plan, job: Job) -> RetryDecision | None:
    if plan.pause_seconds is None:
        return None
    return RetryDecision(
        retry_in={"milliseconds": round(plan.pause_seconds * 1000)},
        priority=job.priority - 1 if plan.is_strike else None,
    )


async def retry_stalled(app: App, plans: Mapping[str, Callable[..., Step]], stalled_seconds: float) -> None:
    """Put jobs back into the queue whose worker died; give up those that were there at too many deaths.

    Args:
        app: the engine.
        plans: task → step, for the mark of what is given up.
        stalled_seconds: how long a worker must have been silent.
    """
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_seconds):
        strikes = 1 - job.priority
        fields = {"step": job.task_name, "arguments": job.task_kwargs, "strikes": strikes}
        _log.warning("worker died", extra={"fields": fields})
        if strikes >= STRIKES and job.task_name in plans:
            plan = plans[job.task_name]
            await in_thread("give up", partial(_give_up, plan, job, strikes))
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        else:
            await app.job_manager.retry_job(job, priority=-strikes)


def _give_up(plan: Callable[..., Step], job: Job, strikes: int) -> None:
    """Leave the mark that the step's runner would have left, had it lived."""
    step = plan(**job.task_kwargs)

    def work() -> None:
        raise StepCrashedError(job.task_name, f"the worker died {strikes} times with it")

    run_step(Step(step.name, step.subject, work, step.fields, step.give_up, step.put_off), strikes=strikes)
