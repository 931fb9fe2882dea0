"""Programs on a terminal of some width, and what they show there."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence

from tests.waiting import PATIENCE_SECONDS

_LINES = 40


def set_width(descriptor: int, columns: int) -> None:
    """Give a terminal another width."""
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, columns, 0, 0))


def show(
    command: Sequence[str], columns: int, environment: Mapping[str, str], *, is_told_apart: bool = False
) -> tuple[str, str]:
    """Run a program that has to succeed on a terminal, with everything it writes; returns what it showed and told.

    Args:
        command: program and arguments.
        columns: the terminal's width; variables that would be believed before it are taken away.
        environment: the program's variables.
        is_told_apart: whether standard error is a pipe.
    """
    ours, theirs = pty.openpty()
    set_width(theirs, columns)
    kept = {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")}
    errors = subprocess.PIPE if is_told_apart else theirs
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=errors, env=kept)
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 65536):
            shown += block
    except OSError:
        pass  # the terminal's other end is gone: the program has ended
    finally:
        os.close(ours)
    _, told = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, (shown, told)
    return shown.decode(), (told or b"").decode()
