"""Connections: one pool per process, and psycopg's errors translated at the boundary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from dogwatch.model.errors import StoreUnavailableError

_POOL_WAIT_SECONDS = 30.0
"""How long a caller waits for a free connection: longer than any of our requests, shorter than a client's patience."""

Connection = psycopg.Connection[tuple[object, ...]]


class Database:
    """A pool of connections to one database; `transaction()` is the only way in."""

    def __init__(self, dsn: str, max_connections: int = 8) -> None:
        self.dsn = dsn
        self._pool = ConnectionPool(
            dsn,
            min_size=0,
            max_size=max_connections,
            open=False,
            kwargs={"options": "-c TimeZone=UTC -c jit=off", "application_name": "dogwatch"},
            check=ConnectionPool.check_connection,
        )

    def open(self) -> None:
        """Allow connections; the first is made when it is needed."""
        self._pool.open(wait=False)

    def close(self) -> None:
        """Give all connections back; safe to call twice."""
        self._pool.close()

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """One transaction: committed at the end of the block, rolled back by an exception.

        Raises:
            StoreUnavailableError: the database cannot be reached, went away, or stopped what we were doing.
        """
        try:
            with self._pool.connection(timeout=_POOL_WAIT_SECONDS) as connection, connection.transaction():
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise StoreUnavailableError(str(error).strip()) from error
