"""The product's one clock: the machine's, moved ahead by a shift that all processes read from the database.

It does not go back behind what was recorded. Intervals are appended by recorded time: a present before the newest of
them would show a past in which they were not known, and append intervals that end before they begin. Where the
machine's clock is set back, the product's stands still until it has caught up; unless that would take too long.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from dogwatch.model.errors import InvalidRequestError, StoreUnavailableError
from dogwatch.model.times import FOREVER
from dogwatch.store.connection import Database
from dogwatch.store.queries import load_queries

_SQL = load_queries("clock")

_FRESH_SECONDS = 1.0
"""How long a read shift is trusted: the present is asked for often, and a demonstration can wait this long."""

_PATIENCE_SECONDS = 0.25
"""How long a caller waits for a newer shift: a hundred times what a healthy database needs; an event loop may ask."""

_LONGEST_STANDSTILL = timedelta(hours=1)
"""How far the machine's clock may be set back before the product's follows: corrections are shorter, and a clock that
was a year ahead for a moment must not stop everything for a year."""

_log = logging.getLogger("dogwatch.store")


class _Reading(NamedTuple):
    """What the database says: the shift, and the newest moment that anything was recorded at."""

    shift: timedelta
    recorded_at: datetime | None


def machine_now() -> datetime:
    """Return the machine's present."""
    return datetime.now(UTC)


class ProductClock:
    """Implements `flow.ports.Clock`; safe to share between threads, and for an event loop once it was read."""

    def __init__(self, database: Database, machine: Callable[[], datetime] = machine_now) -> None:
        self._database = database
        self._machine = machine
        self._lock = threading.Lock()
        self._shift: timedelta | None = None
        self._newest: datetime | None = None  # what was recorded last, or was our present before
        self._is_warned = False
        self._read_at = 0.0
        self._moves = 0  # by us; a reading begun before one of them is out of date
        self._reading: threading.Event | None = None

    def now(self) -> datetime:
        """Return the product's present, aware UTC.

        Raises:
            StoreUnavailableError: the shift was never read and the database cannot be asked. Later on, while the
                database is away, time goes on as it was last known.
        """
        present = self.of(self._machine())
        with self._lock:
            return self._never_back(present)

    def _never_back(self, present: datetime) -> datetime:
        """Return the present, or the newest moment known where that is a little later."""
        newest = self._newest
        if newest is None or present >= newest:
            self._newest, self._is_warned = present, False
            return present
        if newest - present <= _LONGEST_STANDSTILL:
            return newest
        if not self._is_warned:
            fields = {"recorded": str(newest), "now": str(present)}
            _log.error("the clock is far behind what was recorded", extra={"fields": fields})
            self._is_warned = True
        return present

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
            row = connection.execute(_SQL["advance"], {"by": by}).fetchone()
            shift = timedelta(0) if row is None else timedelta(seconds=row[0])
        with self._lock:
            self._moves += 1
            self._shift, self._read_at = shift, time.monotonic()
        return self.now()

    def advance_everywhere(self, by: timedelta) -> datetime:
        """Move the product's present ahead and return once every process knows: what happens next, happens after."""
        self.advance(by)
        time.sleep(_FRESH_SECONDS + _PATIENCE_SECONDS)
        return self.now()

    def _current_shift(self) -> timedelta:
        with self._lock:
            if self._shift is None:
                self._take(self._read())
                self._read_at = time.monotonic()
                assert self._shift is not None
            if time.monotonic() - self._read_at <= _FRESH_SECONDS:
                return self._shift
            reading = self._begin_reading()
        reading.wait(_PATIENCE_SECONDS)
        with self._lock:
            return self._shift

    def _begin_reading(self) -> threading.Event:
        if self._reading is None:
            self._reading = threading.Event()
            threading.Thread(target=self._read_again, args=(self._reading, self._moves), daemon=True).start()
        return self._reading

    def _read_again(self, reading: threading.Event, moves: int) -> None:
        try:
            found = self._read()
        except StoreUnavailableError:
            found = None
        with self._lock:
            if found is not None and moves == self._moves:
                self._take(found)
            self._read_at = time.monotonic()
            self._reading = None
        reading.set()

    def _take(self, found: _Reading) -> None:
        self._shift = found.shift
        if found.recorded_at is not None:
            self._newest = max(found.recorded_at, self._newest or found.recorded_at)

    def _read(self) -> _Reading:
        with self._database.transaction() as connection:
            row = connection.execute(_SQL["read"]).fetchone()
        return _Reading(timedelta(0), None) if row is None else _Reading(timedelta(seconds=row[0]), row[1])
