"""Commands of `dogwatch` in this process: what a process of its own says, without the second that its start takes."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from dogwatch.cli.main import main


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    exit_code: int
    output: str
    told: str


def run_here(*words: str, environment: Mapping[str, str], given: str = "") -> Answer:
    """Run a command to its end, whatever its exit code; one at a time, as it takes over the streams of the process.

    Args:
        words: what is typed behind `dogwatch`.
        environment: all variables that it sees.
        given: its standard input.
    """
    logging.getLogger().setLevel(logging.ERROR)  # as commands do; a server in a thread here says nothing in between
    output, told = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.object(sys, "argv", ["dogwatch", *words]),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8")),
        redirect_stdout(output),
        redirect_stderr(told),
    ):
        code = _exit_code_of_main()
    return Answer(code, *(_text(stream) for stream in (output, told)))


def _exit_code_of_main() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    return 0


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    content = stream.buffer
    assert isinstance(content, io.BytesIO)
    return content.getvalue().decode()
