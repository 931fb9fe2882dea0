"""Log lines: one JSON object each where a program reads them, coloured text on a terminal.

Everything goes to standard error through one formatter: ours, the web server's, the job engine's. `cli` calls it once.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

from dogwatch.cli.outages import OncePerOutage
from dogwatch.cli.rendering import printable, printable_lines, rfc3339

_QUIET = ("procrastinate", "psycopg", "httpx2", "httpcore2", "uvicorn.access")
"""Libraries that log every job or request at INFO; of those only warnings are of interest."""

# The engine's account of failed jobs: each was logged already, with its fields, by the runner of steps.
_LOGGED_BEFORE = frozenset({"job_error", "job_error_retry", "job_aborted", "job_aborted_retry"})


class _ToStandardError(logging.StreamHandler[TextIO]):
    """Writes to whatever is standard error at the moment: a bar of progress stands below the lines for its time."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, value: TextIO) -> None:
        pass


_COLOURS: Final = {"WARNING": "33", "ERROR": "31", "CRITICAL": "31"}


class _JsonLines(logging.Formatter):
    """One JSON object a line: the fields of the event, then what every line has."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            **_fields_of(record),
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": _moment(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class _ColouredText(logging.Formatter):
    """For people: the time, the level, what happened, its fields; a trace below."""

    def format(self, record: logging.LogRecord) -> str:
        level = f"\x1b[{_COLOURS.get(record.levelname, '32')}m{record.levelname.lower():<8}\x1b[0m"
        fields = " ".join(f"{name}={value!r}" for name, value in _fields_of(record).items())
        line = f"{_moment(record)} {level} \x1b[1m{printable(record.getMessage())}\x1b[0m {printable(fields)}".rstrip()
        if record.exc_info:
            line += "\n" + printable_lines(self.formatException(record.exc_info))
        return line


def configure_logs(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send all log lines to a stream (None: standard error), in the form that suits it."""
    handler = _ToStandardError() if stream is None else logging.StreamHandler(stream)
    handler.setFormatter(_ColouredText() if (stream or sys.stderr).isatty() else _JsonLines())
    handler.addFilter(_was_not_logged_before)
    handler.addFilter(OncePerOutage())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _fields_of(record: logging.LogRecord) -> dict[str, object]:
    """Return what the program's own lines say beside their text: `extra={"fields": …}`."""
    fields: dict[str, object] = getattr(record, "fields", {})
    return fields


def _moment(record: logging.LogRecord) -> str:
    return rfc3339(datetime.fromtimestamp(record.created, UTC))


def _was_not_logged_before(record: logging.LogRecord) -> bool:
    return getattr(record, "action", "") not in _LOGGED_BEFORE
