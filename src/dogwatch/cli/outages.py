"""One line per outage of the database, however many connections, workers and retries run into it.

The job engine and the connection pool each tell every attempt, with whole traces. Those who wait for an answer are told
by the answer; a step that fails is still told by its runner.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

QUIET_SECONDS = 60.0
"""An outage is over when nothing failed for so long: twice the longest pause between two attempts of ours."""

_TRIES_ON = ("queue not served", "queue not reached", "stalled jobs not looked for")
"""What our own workers say of each attempt."""


class OncePerOutage(logging.Filter):
    """Lets the first line about a lost database pass, shortened, and drops those that follow."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._last_at: float | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is written."""
        if not _tells_of_lost_database(record):
            return True
        now = self._monotonic()
        is_first = self._last_at is None or now - self._last_at > QUIET_SECONDS
        self._last_at = now
        if is_first:
            _shorten(record)
        return is_first


def _tells_of_lost_database(record: logging.LogRecord) -> bool:
    if record.msg in _TRIES_ON:
        return True
    if record.name == "psycopg.pool":
        return record.levelno >= logging.WARNING
    return record.name.startswith("procrastinate") and _is_connection_error(_error_of(record))


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _is_connection_error(error: BaseException | None) -> bool:
    """Say so by name: this room knows neither the engine nor the driver."""
    while error is not None:
        if type(error).__name__ in ("ConnectorException", "OperationalError", "InterfaceError", "PoolTimeout"):
            return True
        error = error.__cause__ or error.__context__
    return False


def _shorten(record: logging.LogRecord) -> None:
    fields: dict[str, object] = getattr(record, "fields", {})
    reason = " ".join(str(fields.get("reason") or record.getMessage()).split())
    record.msg, record.args = f"the database is away, and waited for: {reason}", None
    record.exc_info, record.exc_text = None, None
