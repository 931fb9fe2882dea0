"""Log lines: JSON where a program reads them, text on a terminal, and failed jobs told once."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError

from dogwatch.cli.logs import configure_logs
from dogwatch.cli.outages import QUIET_SECONDS, OncePerOutage


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_program_reads_one_object_per_line() -> None:
    stream = io.StringIO()
    configure_logs(stream)
    logging.getLogger("dogwatch.flow").warning("it is down", extra={"fields": {"step": "poll", "count": 3}})
    logging.getLogger("uvicorn.error").info("Started %s", "server")
    ours, theirs = map(json.loads, stream.getvalue().splitlines())
    assert ours.pop("timestamp").endswith("Z")
    assert ours == {"event": "it is down", "level": "warning", "logger": "dogwatch.flow", "step": "poll", "count": 3}
    assert (theirs["event"], theirs["logger"]) == ("Started server", "uvicorn.error")


def test_a_trace_is_part_of_its_line() -> None:
    stream = io.StringIO()
    configure_logs(stream)
    error = KeyError("a\nb")
    logging.getLogger("dogwatch.flow").error("broke", exc_info=error)
    (line,) = stream.getvalue().splitlines()
    assert "KeyError" in json.loads(line)["exception"]


def test_a_person_reads_text() -> None:
    stream = Terminal()
    configure_logs(stream)
    logging.getLogger("dogwatch.flow").warning("it is \x1b[2Jdown", extra={"fields": {"step": "po\nll"}})
    (line,) = stream.getvalue().splitlines()
    assert line.endswith("\x1b[33mwarning \x1b[0m \x1b[1mit is \N{REPLACEMENT CHARACTER}[2Jdown\x1b[0m step='po\\nll'")


def test_libraries_are_quiet_and_the_engine_does_not_repeat_a_failed_job() -> None:
    stream = io.StringIO()
    configure_logs(stream)
    engine = logging.getLogger("procrastinate.worker")
    engine.info("Starting job")
    engine.error("Job ended with status: Error", extra={"action": "job_error"})
    engine.error("Side task failed", extra={"action": "side_task_failed"})
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["Side task failed"]


def test_an_outage_of_the_database_is_one_line_without_a_trace() -> None:
    stream = io.StringIO()
    configure_logs(stream)
    lost = OperationalError("connection refused\n\tIs the server running?")
    told_on = ConnectorException("database error")
    told_on.__cause__ = lost
    for _ in range(3):
        logging.getLogger("psycopg.pool").warning("error connecting in %r: %s", "pool-1", lost)
        logging.getLogger("procrastinate.worker").error("Side task failed", exc_info=told_on)
        logging.getLogger("dogwatch.flow").warning("queue not served", extra={"fields": {"reason": "refused"}})
    logging.getLogger("procrastinate.worker").error("a mistake", exc_info=KeyError("x"))
    told, mistake = map(json.loads, stream.getvalue().splitlines())
    assert told["event"] == (
        "the database is away, and waited for: error connecting in 'pool-1': connection refused Is the server running?"
    )
    assert "exception" not in told
    assert (mistake["event"], "KeyError" in mistake["exception"]) == ("a mistake", True)


def test_the_next_outage_is_told_again() -> None:
    present = 0.0
    once = OncePerOutage(lambda: present)

    def tries() -> bool:
        return once.filter(logging.LogRecord("psycopg.pool", logging.WARNING, "", 0, "refused", None, None))

    told = []
    for pause in (0, 30, 30, QUIET_SECONDS + 1, 30):
        present += pause
        told.append(tries())
    assert told == [True, False, False, True, False]
