"""Deeds on images: the store does them, the queue gets the work that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dogwatch.store.deeds import DeedStore

if TYPE_CHECKING:
    from dogwatch.flow.queue import JobQueue
    from dogwatch.model.deeds import DeedRequest, DeedView
    from dogwatch.store.clock import ProductClock
    from dogwatch.store.connection import Database


class ImageDeeds:
    """Implements `serve.ports.ImageDeeds`. Work whose job is lost here is found again by `pick_up_forgotten`."""

    def __init__(self, database: Database, clock: ProductClock, queue: JobQueue) -> None:
        self._store = DeedStore(database)
        self._clock = clock
        self._queue = queue

    def do(self, account_id: str, image_id: int, request: DeedRequest) -> DeedView:
        """Do a deed now."""
        done = self._store.do(account_id, image_id, request, self._clock.now())
        for manifest in done.to_resolve:
            self._queue.resolve(manifest)
        if done.indexes:
            self._queue.index(image_id)
        return done.view
