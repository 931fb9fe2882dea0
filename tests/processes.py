"""Processes as the kernel tells of them, of which some may end while one looks; and what is done to them."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.waiting import PATIENCE_SECONDS, wait_until


def children_of(pid: int) -> list[int]:
    """Return the children of all threads of a process."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def descendants_of(pid: int) -> list[int]:
    """Return children, their children, and so on."""
    return [each for child in children_of(pid) for each in (child, *descendants_of(child))]


def workers_of(pid: int) -> list[int]:
    """Return the children that read what is foreign: layers, feeds, bills."""
    return [child for child in children_of(pid) if b"dogwatch.flow.child" in command_line(child)]


def is_alive(pid: int) -> bool:
    """Say whether a process runs: it is there, and not only because nobody has asked what became of it."""
    with suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return False


def command_line(pid: int) -> bytes:
    """Return program and arguments of a process, NUL behind each; nothing when it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def kill(*pids: int) -> None:
    """Kill -9 those that are still there, and wait until they are gone: only then are their locks and connections."""
    with ExitStack() as opened:
        dying = []
        for pid in pids:
            with suppress(ProcessLookupError):
                dying.append(os.pidfd_open(pid))
                opened.callback(os.close, dying[-1])
                signal.pidfd_send_signal(dying[-1], signal.SIGKILL)
        for one in dying:
            assert select.select([one], [], [], PATIENCE_SECONDS)[0], f"one of {pids} does not end"


@contextmanager
def suspended(pid: int) -> Iterator[None]:
    """Let a process stand still for the length of the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: _is_stopped(pid), "it stands still")
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _is_stopped(pid: int) -> bool:
    """Whether every thread of a process has taken in its SIGSTOP, which is told to one and reaches the others later."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return all((thread / "stat").read_text().rpartition(")")[2].split()[0] == "T" for thread in threads)
