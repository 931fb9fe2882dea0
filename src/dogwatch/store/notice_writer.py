"""The webhook's way into the database: bodies are on disk before the registry gets its answer.

Many callers share one transaction: while one batch is being committed the next one gathers, so the batch grows with the
load and nobody waits for a timer.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

import psycopg

from dogwatch.model.errors import DogwatchError, NotFoundError, StoreUnavailableError
from dogwatch.store.queries import load_queries
from dogwatch.store.text import storable

_SQL = load_queries("notices")

MAX_WAITING_NOTICES = 10_000
"""Two seconds of 5,000 notices/s: a longer queue would only hide that the database cannot follow."""

MAX_WAITING_BYTES = 64 * 2**20
"""Bodies waiting at once; the service lives within 250 MB."""

_MAX_BATCH = 1_000
"""Notices in one transaction: far behind the point where more of them gain anything, and a short wait for the first."""

_COMMIT_SECONDS = 10.0
"""How long a batch may take: registries give up on an answer after 5 to 30 s and send again."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    registry_id: int
    content_type: str
    body: bytes
    received_at: datetime
    done: asyncio.Future[None]


class NoticeWriter:
    """Saves webhook bodies in shared transactions, over one connection that is made anew when it breaks."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(MAX_WAITING_NOTICES)
        self._waiting_bytes = 0
        self._connection: psycopg.AsyncConnection | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> NoticeWriter:
        """Begin to write; needs no database yet."""
        self._task = asyncio.create_task(self._run(), name="notice-writer")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits, then stop."""
        task, self._task = self._task, None  # from here on nothing new is taken
        if task is not None:
            written = asyncio.ensure_future(self._queue.join())
            await asyncio.wait((written, task), return_when=asyncio.FIRST_COMPLETED)
            for each in (written, task):
                each.cancel()
            await asyncio.gather(written, task, return_exceptions=True)
        await self._disconnect()

    async def save(self, registry_id: int, content_type: str, body: bytes, received_at: datetime) -> None:
        """Save one notice; returns when it is durable.

        Args:
            registry_id: whose webhook it came by; the secret was checked before.
            content_type: as the sender says.
            body: as received.
            received_at: product time.

        Raises:
            StoreUnavailableError: too much waits already, or the database did not commit; the sender should try again.
            NotFoundError: there is no such registry.
        """
        if self._task is None or self._task.done():
            raise StoreUnavailableError("the notice writer is not running")
        if self._waiting_bytes + len(body) > MAX_WAITING_BYTES:
            raise StoreUnavailableError(f"more than {MAX_WAITING_BYTES} bytes of notices wait to be written")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait(_Waiting(registry_id, storable(content_type), body, received_at, done))
        except asyncio.QueueFull:
            raise StoreUnavailableError(f"more than {MAX_WAITING_NOTICES} notices wait to be written") from None
        self._waiting_bytes += len(body)
        # A caller that is cancelled does not take the notice back: it is written, and nobody is told.
        await asyncio.shield(done)

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < _MAX_BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                await self._write(batch)
            finally:
                for waiting in batch:
                    self._waiting_bytes -= len(waiting.body)
                    self._queue.task_done()
                    if not waiting.done.done():
                        _settle(waiting, StoreUnavailableError("the notice writer stopped"))

    async def _write(self, batch: list[_Waiting]) -> None:
        """Write a batch, once more on a new connection if it broke, and tell each caller what became of its notice."""
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                try:
                    missing = await self._insert(batch)
                except (psycopg.OperationalError, psycopg.InterfaceError):
                    # The connection may have been dead since long before; a batch that was committed all the same
                    # is there twice then, and its events have one identity.
                    await self._disconnect()
                    missing = await self._insert(batch)
        except (psycopg.Error, TimeoutError) as error:
            await self._disconnect()
            reason = str(error).strip() or f"no answer within {_COMMIT_SECONDS:g} s"
            for waiting in batch:
                _settle(waiting, StoreUnavailableError(reason))
            return
        for waiting in batch:
            unknown = waiting.registry_id in missing
            _settle(waiting, NotFoundError("registry", str(waiting.registry_id)) if unknown else None)

    async def _insert(self, batch: list[_Waiting]) -> set[int]:
        """Commit the notices of registries that exist; returns the ids of those that do not."""
        connection = await self._connect()
        named = [waiting.registry_id for waiting in batch]
        columns = {
            "registries": named,
            "received_at": [waiting.received_at for waiting in batch],
            "content_types": [waiting.content_type for waiting in batch],
            "bodies": [waiting.body for waiting in batch],
        }
        cursor = await connection.execute(_SQL["insert_notices"], columns, binary=True)
        if cursor.rowcount == len(batch):
            return set()
        found = await (await connection.execute(_SQL["known_registries"], {"ids": named})).fetchall()
        return set(named) - {row[0] for row in found}

    async def _connect(self) -> psycopg.AsyncConnection:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(
                self._dsn, autocommit=True, application_name="dogwatch notices"
            )
        return self._connection

    async def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()


def _settle(waiting: _Waiting, error: DogwatchError | None) -> None:
    if waiting.done.done():
        return
    if error is None:
        waiting.done.set_result(None)
        return
    waiting.done.set_exception(error)
    waiting.done.exception()  # seen: a caller that was cancelled does not ask for it
