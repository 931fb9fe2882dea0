"""The work of a process: jobs, what the clock brings, and the service."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dogwatch.app.feed_updates import FeedUpdates
from dogwatch.app.stopping import stop_on_signals
from dogwatch.model.errors import StoreUnavailableError
from dogwatch.model.feeds import SAMPLE_SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dogwatch.flow.worker import JobWorker


_log = logging.getLogger("dogwatch.app")


class Work(FeedUpdates):
    """Does jobs here, or until it is told to stop."""

    def run_until_idle(self) -> None:
        """Do every job that is due, and those that follow from them, in this process; then return."""
        with self._job_worker() as worker:
            asyncio.run(worker.run_until_idle())

    async def work(self, stop: asyncio.Event) -> None:
        """Do jobs, and what the clock brings, until `stop` is set."""
        from dogwatch.flow.threads import in_thread

        with self._job_worker() as worker:
            await in_thread("catch up", self._catch_up)
            await worker.run(stop)

    def worker(self) -> None:
        """Do jobs until SIGTERM or SIGINT: `dogwatch worker`."""

        async def run() -> None:
            await self.work(stop_on_signals())

        asyncio.run(run())

    @contextmanager
    def _job_worker(self) -> Iterator[JobWorker]:
        """Yield a worker with its steps."""
        from dogwatch.flow.plans import plan_steps
        from dogwatch.flow.worker import JobWorker
        from dogwatch.store.leases import holding

        with self._isolation() as isolation:
            plans = plan_steps(self.outside, isolation, self.queue)
            yield JobWorker(self.dsn, plans, self._defer_due, self.settings.workers, holding)

    def _defer_due(self, minute: int) -> None:
        """Queue what the clock brings in this minute."""
        from dogwatch.flow.schedule import Intervals, defer_due

        intervals = Intervals(self.settings.poll_minutes, self.settings.sweep_minutes, self.settings.feed_minutes)
        feeds = self.views.feeds()
        defer_due(self.queue, intervals, minute, self._registry_ids(), [(one.source, one.ecosystem) for one in feeds])
        for feed in feeds:
            # A sample costs nothing, and gives way as soon as the real feed is there. An untried feed is of an
            # ecosystem of which packages were found a moment ago.
            if feed.source == SAMPLE_SOURCE or feed.is_untried:
                self.queue.update_feed(feed.source, feed.ecosystem)

    def _catch_up(self) -> None:
        """Queue everything once: what happened while nobody was there."""
        from dogwatch.flow.schedule import defer_everything

        try:
            defer_everything(self.queue, self._registry_ids(), self._feeds())
        except StoreUnavailableError as error:
            _log.warning("not caught up; the schedule will", extra={"fields": {"reason": error.message}})

    def _registry_ids(self) -> list[int]:
        return [registry.id for registry in self.registries.load_all()]
