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

_NO_DIGEST = bytes(32)
"""Compared with where there is no such registry, so that the time tells nothing; no text that is known has it."""

_Digests = dict[tuple[str, str], tuple[int | None, bytes]]


class HookSecrets:
    """Implements `serve.ports.HookSecrets`: the digests of all registries' secrets, no secret. For one event loop."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._digests: _Digests | None = None
        self._read_at = 0.0
        self._lock = asyncio.Lock()

    async def verify(self, account_id: str, alias: str, secret: str) -> int | None:
        """Return the registry's id where the secret is its own; None too for one that is unknown or removed.

        Raises:
            StoreUnavailableError: the digests were never read and the database cannot be asked. Later on those read
                last stay in force while the database is away.
        """
        async with self._lock:
            age = time.monotonic() - self._read_at
            is_known = self._digests is not None and (account_id, alias) in self._digests
            if self._digests is None or age > (_FRESH_SECONDS if is_known else _RETRY_SECONDS):
                self._digests = await self._read(self._digests)
                self._read_at = time.monotonic()
        registry_id, digest = self._digests.get((account_id, alias), (None, _NO_DIGEST))
        return registry_id if is_secret(secret, digest) else None

    async def _read(self, known: _Digests | None) -> _Digests:
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
        return {(account_id, alias): (number, bytes(digest)) for account_id, alias, number, digest in rows}
