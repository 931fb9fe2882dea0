"""Reports of images seen running: the store takes them in, the queue gets the work that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dogwatch.store.usage import UsageStore

if TYPE_CHECKING:
    from dogwatch.flow.queue import JobQueue
    from dogwatch.model.usage import UsageOutcome, UsageReport
    from dogwatch.store.clock import ProductClock
    from dogwatch.store.connection import Database


class Usage:
    """Implements `serve.ports.Usage`. Work whose job is lost here is found again by `pick_up_forgotten`."""

    def __init__(self, database: Database, clock: ProductClock, queue: JobQueue) -> None:
        self._store = UsageStore(database)
        self._clock = clock
        self._queue = queue

    def report(self, account_id: str, report: UsageReport) -> UsageOutcome:
        """Credit the account's images with what was seen running."""
        outcome, to_resolve = self._store.report(account_id, report, self._clock.now())
        for manifest in to_resolve:
            self._queue.resolve(manifest)
        return outcome
