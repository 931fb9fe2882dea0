"""The queue as seen by those who take work out: one engine worker per queue, each with its own number of threads.

Built by `app` with the steps that belong to the tasks. Steps are synchronous and run in threads; the engine's event
loop only fetches jobs, keeps its heartbeat and writes down what came of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from dogwatch.flow.engine import Retries, TwinTolerantJobs, retry_stalled
from dogwatch.flow.queue import AUDIT, FAST, FEEDS, INDEX, RECONNECT_SECONDS, REGISTRY, TASKS
from dogwatch.flow.schedule import MINUTE_SECONDS, is_cleaning_due
from dogwatch.flow.steps import Step, run_step
from dogwatch.flow.threads import in_thread
from dogwatch.model.jobs import SILENT_SECONDS, Lease

Plans = Mapping[str, Callable[..., Step]]
"""Task → function from the job's arguments to its step. The function may raise what reading the store raises."""

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = SILENT_SECONDS

_POLL_SECONDS = 2.0  # for jobs whose time has come: nobody announces those
_GRACE_SECONDS = 20.0  # what is running may end; a service manager usually waits 30 s or more
_FIRST_RESTART_SECONDS, _LONGEST_RESTART_SECONDS = 1.0, 30.0  # while the database is away
_KEPT_HOURS = 24 * 7  # failed jobs can be looked at for a week; successful ones are deleted at once
_CONNECTIONS_MAX = 4
_EVERY_MINUTE = "* * * * *"

_log = logging.getLogger("dogwatch.flow")


class JobWorker:
    """Runs jobs in this process until it is told to stop, or until there are none."""

    def __init__(
        self,
        dsn: str,
        plans: Plans,
        tick: Callable[[int], None],
        index_slots: int,
        holding: Callable[[Lease], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            dsn: the database with the jobs.
            plans: a step for every task of `queue.TASKS`.
            tick: called once a minute with the minute since the epoch, by one worker of all.
            index_slots: how many images are indexed at a time.
            holding: makes what a thread writes count only while the job is this worker's.
        """
        self._dsn = dsn
        self._plans = plans
        self._tick = tick
        self._holding = holding
        # Two fast ones, so that a long sweep does not hold up a notice. Registries are waited for, not worked for.
        self._threads = {FAST: 2, REGISTRY: 4, INDEX: index_slots, FEEDS: 1, AUDIT: 1}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; running jobs then have a moment to end, and go back into the queue otherwise.

        A database that goes away is waited for.
        """
        app = self._app()
        self._schedule(app)
        try:
            await _until_open(app, stop)
            if not stop.is_set():
                serving = [self._keep_working(app, queue, stop) for queue in self._threads]
                await asyncio.gather(*serving, self._look_for_stalled(app, stop))
        finally:
            await app.close_async()

    async def run_until_idle(self) -> None:
        """Run every job that is due now, and those that they bring, one at a time; then return. For tests and tools."""
        app = self._app()
        async with app.open_async():
            while await _due_jobs(app):
                worker = Worker(
                    app, wait=False, listen_notify=False, delete_jobs="successful", install_signal_handlers=False
                )
                await worker.run()  # type: ignore[no-untyped-call]

    def _app(self) -> App:
        """Make the engine with all tasks, without a schedule."""
        connector = PsycopgConnector(
            conninfo=self._dsn,
            min_size=0,
            max_size=_CONNECTIONS_MAX,
            reconnect_timeout=RECONNECT_SECONDS,
            kwargs={"application_name": "dogwatch worker"},
        )
        app = App(connector=connector)
        app.job_manager = TwinTolerantJobs(connector)
        for name, queue in TASKS.items():
            app.task(name=name, queue=queue, pass_context=True, retry=Retries())(self._task(name))
        return app

    def _task(self, name: str) -> Callable[..., object]:
        async def task(context: JobContext, **arguments: object) -> None:
            job = context.job

            def attempt() -> None:
                assert job.id is not None  # as of every job that was fetched
                assert job.worker_id is not None
                with self._holding(Lease(job.id, job.worker_id, job.attempts)):
                    run_step(self._plans[name](**arguments), job.attempts, strikes=-job.priority)

            await in_thread(name, attempt)

        return task

    def _schedule(self, app: App) -> None:
        """Add what comes by the clock. The engine sees to it that each minute comes once, whoever many workers run."""

        @app.periodic(cron=_EVERY_MINUTE)
        @app.task(name="tick", queue=FAST, queueing_lock="tick", pass_context=True, retry=Retries())
        async def tick(context: JobContext, timestamp: int) -> None:
            minute = timestamp // MINUTE_SECONDS
            await in_thread("tick", lambda: self._tick(minute))
            if is_cleaning_due(minute):
                await context.app.job_manager.delete_old_jobs(
                    _KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
                )

    async def _keep_working(self, app: App, queue: str, stop: asyncio.Event) -> None:
        """Run one queue's worker, and a new one when it gives up for want of a database."""
        pause = _FIRST_RESTART_SECONDS
        while not stop.is_set():
            worker = Worker(
                app,
                queues=[queue],
                name=queue,
                concurrency=self._threads[queue],
                fetch_job_polling_interval=_POLL_SECONDS,
                shutdown_graceful_timeout=_GRACE_SECONDS,
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
            )
            stopping = asyncio.create_task(_stop_with(worker, stop))
            began = asyncio.get_running_loop().time()
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            except Exception as error:  # almost always the database; whatever it is, the queue must be served again
                _log.warning("queue not served", extra={"fields": {"queue": queue, **_reason(error)}})
            finally:
                stopping.cancel()
            if asyncio.get_running_loop().time() - began > _LONGEST_RESTART_SECONDS:
                pause = _FIRST_RESTART_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(pause * 2, _LONGEST_RESTART_SECONDS)

    async def _look_for_stalled(self, app: App, stop: asyncio.Event) -> None:
        """Give the jobs of dead workers to living ones; not by the schedule: a restart would take a minute."""
        while not stop.is_set():
            try:
                await retry_stalled(app, self._plans, STALLED_SECONDS)
            except Exception as error:  # the database is away, or another worker was quicker: the next look will tell
                _log.warning("stalled jobs not looked for", extra={"fields": _reason(error)})
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), STALLED_SECONDS / 2)


async def _until_open(app: App, stop: asyncio.Event) -> None:
    """Open the engine's connections, waiting for the database if need be."""
    pause = _FIRST_RESTART_SECONDS
    while not stop.is_set():
        try:
            await app.open_async()
            return
        except ConnectorException as error:
            _log.warning("queue not reached", extra={"fields": _reason(error)})
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
        pause = min(pause * 2, _LONGEST_RESTART_SECONDS)


async def _stop_with(worker: Worker, stop: asyncio.Event) -> None:
    await stop.wait()
    worker.stop()  # type: ignore[no-untyped-call]


async def _due_jobs(app: App) -> int:
    row = await app.connector.execute_query_one_async(
        "SELECT count(*) AS due FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at <= now(), true)"
    )
    return int(row["due"])


def _reason(error: BaseException) -> dict[str, object]:
    return {"error": type(error).__name__, "reason": str(error.__cause__ or error).strip()}
