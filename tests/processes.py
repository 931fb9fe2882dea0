"""Processes as the kernel tells of them, of which some may end while one looks."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


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
