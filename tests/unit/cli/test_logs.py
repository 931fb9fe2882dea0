"""Log lines: JSON where a program reads them, text on a terminal, and failed jobs told once."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from dogwatch.cli.logs import configure_logs


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
    structlog.reset_defaults()


def test_a_program_reads_one_object_per_line() -> None:
    stream = io.StringIO()
    configure_logs(stream)
    structlog.stdlib.get_logger("dogwatch.flow").warning("it is down", step="poll", count=3)
    logging.getLogger("uvicorn.error").info("Started %s", "server")
    ours, theirs = map(json.loads, stream.getvalue().splitlines())
    assert ours.pop("timestamp").endswith("Z")
    assert ours == {"event": "it is down", "level": "warning", "logger": "dogwatch.flow", "step": "poll", "count": 3}
    assert (theirs["event"], theirs["logger"]) == ("Started server", "uvicorn.error")


def test_a_trace_is_part_of_its_line() -> None:
    stream = io.StringIO()
    configure_logs(stream)
    error = KeyError("a\nb")
    structlog.stdlib.get_logger("dogwatch.flow").error("broke", exc_info=error)
    (line,) = stream.getvalue().splitlines()
    assert "KeyError" in json.loads(line)["exception"]


def test_a_person_reads_text() -> None:
    stream = Terminal()
    configure_logs(stream)
    structlog.stdlib.get_logger("dogwatch.flow").warning("it is down", step="poll")
    assert "it is down" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_libraries_are_quiet_and_the_engine_does_not_repeat_a_failed_job() -> None:
    stream = io.StringIO()
    configure_logs(stream)
    engine = logging.getLogger("procrastinate.worker")
    engine.info("Starting job")
    engine.error("Job ended with status: Error", extra={"action": "job_error"})
    engine.error("Side task failed", extra={"action": "side_task_failed"})
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["Side task failed"]
