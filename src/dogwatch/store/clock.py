"""The product's one clock: the machine's, moved ahead by a shift that all processes read from the database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dogwatch.model.errors import InvalidRequestError, StoreUnavailableError
from dogwatch.model.times import FOREVER
from dogwatch.store.connection import Database
from dogwatch.store.queries import load_queries

_SQL = load_queries("clock")

_FRESH_SECONDS = 1.0
"""How long a read shift is trusted: the present is asked for often, and a demonstration can wait this long."""


def machine_now() -> datetime:
    """Return the machine's present."""
    return datetime.now(UTC)


class ProductClock:
    """Implements `flow.ports.Clock`; safe to share between threads."""

    def __init__(self, database: Database, machine: Callable[[], datetime] = machine_now) -> None:
        self._database = database
        self._machine = machine
        self._lock = threading.Lock()
        self._shift: timedelta | None = None
        self._read_at = 0.0

    def now(self) -> datetime:
        """Return the product's present, aware UTC.

        Raises:
            StoreUnavailableError: the shift was never read and the database cannot be asked.
        """
        return self.of(self._machine())

    def of(self, outside: datetime) -> datetime:
        """Carry a time that the outside world gave into the product's time."""
        try:
            return min(outside.astimezone(UTC) + self._current_shift(), FOREVER)
        except OverflowError:
            return FOREVER

    def advance(self, by: timedelta) -> datetime:
        """Move the product's present ahead, for all processes within a second, and return it.

        Raises:
            InvalidRequestError: `by` is negative: recorded time only goes forward.
        """
        if by < timedelta(0):
            raise InvalidRequestError("by", "the clock only goes forward")
        with self._database.transaction() as connection:
            connection.execute(_SQL["advance"], {"by": by})
        with self._lock:
            self._shift = None
        return self.now()

    def _current_shift(self) -> timedelta:
        with self._lock:
            if self._shift is None or time.monotonic() - self._read_at > _FRESH_SECONDS:
                self._shift = self._read(self._shift)
                self._read_at = time.monotonic()
            return self._shift

    def _read(self, known: timedelta | None) -> timedelta:
        """Ask the database; while it is away, time goes on as it was last known."""
        try:
            with self._database.transaction() as connection:
                row = connection.execute(_SQL["shift"]).fetchone()
        except StoreUnavailableError:
            if known is None:
                raise
            return known
        return timedelta(0) if row is None else timedelta(seconds=row[0])
