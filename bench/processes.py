"""Processes and their memory, from /proc."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bench.apart import MEGABYTE

_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


def resident_megabytes(process_id: int) -> float:
    """Return what a process has resident, program files included; 0 when it is gone or has no memory of its own."""
    with suppress(OSError):
        found = _RESIDENT.search(Path(f"/proc/{process_id}/status").read_text())
        return int(found[1]) * 1024 / MEGABYTE if found else 0.0
    return 0.0


def children_of(process_id: int) -> list[int]:
    """Return the direct and indirect children of a process that are no PostgreSQL processes, by id."""
    parents = dict(_parents())
    found: list[int] = []
    for child in sorted(parents):
        above = parents[child]
        while above not in (0, process_id):
            above = parents.get(above, 0)
        if above == process_id and not _command_line(child).startswith(b"postgres"):
            found.append(child)
    return found


def find_process(*words: str) -> list[int]:
    """Return the processes that have all of these words on their command line, by id."""
    wanted = {word.encode() for word in words}
    return [one for one, _ in _parents() if wanted <= set(_command_line(one).split(b"\0"))]


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                yield int(entry.name), int(fields[1])


def _command_line(process_id: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{process_id}/cmdline").read_bytes()
    return b""
