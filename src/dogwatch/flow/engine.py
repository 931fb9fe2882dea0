"""What procrastinate is taught: our retries, jobs whose worker died, and that a waiting twin is as good as a retry.

A job's priority counts its strikes: each makes it -1, so that work which kills its workers also goes to the back of the
queue.

Source:
    procrastinate 3.10: a queueing lock allows one waiting job, a retry fails with UniqueViolation where another waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import structlog
from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import QUEUEING_LOCK_CONSTRAINT, JobManager

from dogwatch.flow.retry import STRIKES, Plan, plan_next
from dogwatch.flow.steps import RepeatLater, Step, run_step
from dogwatch.flow.threads import in_thread
from dogwatch.model.errors import StepCrashedError

_log = structlog.stdlib.get_logger("dogwatch.flow")


class TwinTolerantJobs(JobManager):
    """The engine's jobs, where a retry gives way to a twin that was queued meanwhile and will do the same work."""

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Put a job back into the queue, or end it where its twin waits."""
        try:
            await super().retry_job(job, retry_at, priority, queue, lock)
        except UniqueViolation as violation:
            if violation.constraint_name != QUEUEING_LOCK_CONSTRAINT:
                raise
            await self.finish_job(job, Status.SUCCEEDED, delete_job=True)


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
            _log.warning(str(exception), step=job.task_name, arguments=job.task_kwargs, error=type(exception).__name__)
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
        _log.warning("worker died", step=job.task_name, arguments=job.task_kwargs, strikes=strikes)
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
