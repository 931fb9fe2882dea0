"""Whether a webhook may speak for its registry, asked before every notice: from memory, refreshed every few seconds."""

from __future__ import annotations

import asyncio
import time

import psycopg

from dogwatch.model.errors import StoreUnavailableError
from dogwatch.store.queries import load_queries
from dogwatch.store.registries import is_secret

_SQL = load_queries("registries")

_FRESH_SECONDS = 5.0
"""How long a removed registry's secret may still be taken: its events come to nothing anyway."""

_RETRY_SECONDS = 0.5
"""How often a registry that is not known makes us look again: one that was added a moment ago is let in soon, and a
stranger with made-up numbers costs two queries a second."""

_CONNECT_SECONDS = 5


class HookSecrets:
    """The digests of all registries' webhook secrets; knows no secret. For one event loop."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._digests: dict[int, bytes] | None = None
        self._read_at = 0.0
        self._lock = asyncio.Lock()

    async def accepts(self, registry_id: int, secret: str) -> bool:
        """Say whether the secret is the registry's; False for one that is unknown or removed.

        Raises:
            StoreUnavailableError: the digests were never read and the database cannot be asked. Later on those read
                last stay in force while the database is away.
        """
        async with self._lock:
            age = time.monotonic() - self._read_at
            is_known = self._digests is not None and registry_id in self._digests
            if self._digests is None or age > (_FRESH_SECONDS if is_known else _RETRY_SECONDS):
                self._digests = await self._read(self._digests)
                self._read_at = time.monotonic()
        digest = self._digests.get(registry_id)
        return digest is not None and is_secret(secret, digest)

    async def _read(self, known: dict[int, bytes] | None) -> dict[int, bytes]:
        try:
            connection = await psycopg.AsyncConnection.connect(
                self._dsn, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name="dogwatch hooks"
            )
            async with connection:
                rows = await (await connection.execute(_SQL["hook_digests"])).fetchall()
        except psycopg.Error as error:
            if known is None:
                raise StoreUnavailableError(str(error).strip()) from error
            return known
        return {row[0]: bytes(row[1]) for row in rows}
