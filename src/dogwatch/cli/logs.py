"""Log lines: one JSON object each where a program reads them, coloured text on a terminal.

Everything goes to standard error through one formatter: ours, the web server's, the job engine's. `cli` calls it once.
"""

from __future__ import annotations

import logging
import sys
from typing import Final, TextIO

import structlog

from dogwatch.cli.outages import OncePerOutage

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


_SHARED: Final[list[structlog.typing.Processor]] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_PROCESSORS: Final[list[structlog.typing.Processor]] = [
    *_SHARED,
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]
"""One list for the life of the process: loggers keep the one that they first saw, and tests change it in place."""


def configure_logs(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send all log lines to a stream (None: standard error), in the form that suits it."""
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _ToStandardError() if stream is None else logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(stream or sys.stderr)],
        )
    )
    handler.addFilter(_was_not_logged_before)
    handler.addFilter(OncePerOutage())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _rendering(stream: TextIO) -> list[structlog.typing.Processor]:
    if stream.isatty():
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _was_not_logged_before(record: logging.LogRecord) -> bool:
    return getattr(record, "action", "") not in _LOGGED_BEFORE
