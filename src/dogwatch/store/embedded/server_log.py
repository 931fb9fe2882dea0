"""The server's log file: kept short, and quoted from when something fails.

PostgreSQL appends to it directly, so neither needs the other to live. Called by `guardian`, as the server user, in the
private folder.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

MAX_LOG_BYTES = 8 * 1024 * 1024  # with its predecessor twice that; some weeks of a healthy server's lines
QUOTED_LINES = 8
_QUOTED_BYTES = 4096
_PROBE_BYTES = 65536
_CRASH_BYTES = 65536  # hundreds of lines: each session of a crashing server may leave one
_CRASHED = b"terminating any other active server processes"
_READY = b"database system is ready to accept connections"


def open_log(path: Path) -> int:
    """Open the log for appending, so that a truncation by us never leaves a hole."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def shorten_log(path: Path, max_bytes: int = MAX_LOG_BYTES) -> None:
    """Move the content aside once it is too long; the file itself stays, the server has it open.

    Args:
        path: the log; its content goes to the same name with `.1`.
        max_bytes: the length up to which nothing happens, in bytes.
    """
    try:
        if path.stat().st_size > max_bytes:
            older = path.with_name(path.name + ".1")
            shutil.copyfile(path, older)
            os.truncate(path, 0)
    except OSError:
        return  # a full disk: the log is not worth ending the server for, and the next round tries again


def note_in_log(path: Path, words: str) -> None:
    """Add a line of the guardian's own, in the form of PostgreSQL's lines; where that cannot be done, nobody is told.

    Args:
        path: the log.
        words: one line, without a time.
    """
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())  # the machine's, as PostgreSQL's own lines have it
    line = f"{moment} UTC [{os.getpid()}] LOG:  guardian: {words}\n"
    try:
        descriptor = open_log(path)
    except OSError:
        return
    try:
        with suppress(OSError):
            os.write(descriptor, line.encode(errors="replace"))
    finally:
        os.close(descriptor)


def quote_log(path: Path, offset: int) -> str:
    """Return the last lines written since an offset, joined by semicolons; or why there are none.

    Args:
        path: the log.
        offset: where the part of interest begins, in bytes.
    """
    try:
        with path.open("rb") as stream:
            end = stream.seek(0, os.SEEK_END)
            stream.seek(max(min(offset, end), end - _QUOTED_BYTES))
            text = stream.read(_QUOTED_BYTES).decode("utf-8", "replace")
    except OSError as error:
        return f"its log cannot be read: {error}"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "; ".join(lines[-QUOTED_LINES:]) or f"its log says nothing{_why_nothing(path)}"


def tells_of_crash(path: Path) -> bool:
    """Say whether a process of the server has crashed and the server has not been ready again since.

    Args:
        path: the log; one that cannot be read tells of nothing.
    """
    try:
        with path.open("rb") as stream:
            end = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, end - _CRASH_BYTES))
            text = stream.read(_CRASH_BYTES)
    except OSError:
        return False
    return text.rfind(_CRASHED) > text.rfind(_READY)


def _why_nothing(path: Path) -> str:
    """Find out whether the log could have been written at all: a full disk leaves no words about itself."""
    probe = path.with_name("probe")
    try:
        probe.write_bytes(bytes(_PROBE_BYTES))
    except OSError as error:
        return f": {error.strerror}"
    finally:
        probe.unlink(missing_ok=True)
    return ""
