"""Connections: one pool per process, and psycopg's errors translated at the boundary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from dogwatch.model.errors import StoreUnavailableError
from dogwatch.store.address import complete_address
from dogwatch.store.leases import refuse_if_taken_over
from dogwatch.store.requirements import lacking_right

_POOL_WAIT_SECONDS = 30.0
"""How long a caller waits for a free connection: longer than any of our requests, shorter than a client's patience."""

_RECONNECT_SECONDS = 5.0
"""How long the pool tries again by itself, at growing intervals: after an outage of an hour the next attempt must not
be half an hour away. Whoever asks next begins anew."""

_UNAVAILABLE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,  # a server that became a standby under us
)

_MEMORY_FOR_MANY = "64MB"
"""Of each sort and hash in a statement that goes over all images: of 1,000,000 they otherwise go through the disk."""

Connection = psycopg.Connection[tuple[object, ...]]


class Database:
    """A pool of connections to one database; `transaction()` is the only way in."""

    def __init__(self, dsn: str, max_connections: int = 8) -> None:
        self.dsn = complete_address(dsn)
        self._pool = ConnectionPool(
            self.dsn,
            min_size=0,
            max_size=max_connections,
            open=False,
            reconnect_timeout=_RECONNECT_SECONDS,
            kwargs={"application_name": "dogwatch"},
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
            ConfigError: the role lacks a right.
            TakenOverError: the job that this is for has another worker by now (`leases`).
        """
        try:
            with self._pool.connection(timeout=_POOL_WAIT_SECONDS) as connection, connection.transaction():
                yield connection
                refuse_if_taken_over(connection)
        except PoolTimeout as error:
            raise StoreUnavailableError(self._why_there_is_no_connection()) from error
        except _UNAVAILABLE as error:
            raise StoreUnavailableError(str(error).strip()) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise lacking_right(error) from error

    def _why_there_is_no_connection(self) -> str:
        """Ask the server: the pool, which tries again in the background, only says that it waited."""
        try:
            psycopg.connect(self.dsn, application_name="dogwatch").close()
        except psycopg.Error as refused:
            return str(refused).strip()
        return f"all {self._pool.max_size} connections of this process were busy for {_POOL_WAIT_SECONDS:g} s"


def give_memory(connection: psycopg.Connection) -> None:
    """Let the statements of this transaction have the memory for going over all images."""
    connection.execute("SELECT set_config('work_mem', %s, true)", (_MEMORY_FOR_MANY,))


def see_one_moment(connection: psycopg.Connection) -> None:
    """Let all statements of a transaction that just began see one moment, and none leave a trace."""
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def copy_rows(
    connection: psycopg.Connection, statement: LiteralString, types: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    """Write rows by a COPY statement, in PostgreSQL's types of its columns; returns how many there were."""
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
            count += 1
    return count
