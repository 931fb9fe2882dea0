"""A command as a whole: how long it takes, and how much memory it and its children have resident at most."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.processes import children_of, resident_megabytes

_LOOK_SECONDS = 0.05
_LIMIT_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that came to its end.

    Units:
        `processor_seconds` is what the command and its children used of all processors together. `peak_megabytes` is
        the highest sum over them that was seen, looking twenty times a second; pages that processes share count once
        for each.
    """

    seconds: float
    processor_seconds: float
    peak_megabytes: float


def run_command(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, fine: Collection[int] = (0,)
) -> Ran:
    """Run a command to its end; what it says is kept in the folder for failures.

    Args:
        command: program and arguments.
        environment: the whole environment.
        folder: where it is started.
        fine: exit codes that are no failure.

    Raises:
        RuntimeError: it failed, or took too long; with the end of what it said.
    """
    told = folder / "command.log"
    begun, used, peak = time.perf_counter(), _processor_seconds(), 0.0
    with told.open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=folder
        )
        while True:
            try:
                process.wait(_LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                tree = (process.pid, *children_of(process.pid))
                peak = max(peak, sum(map(resident_megabytes, tree)))
            if time.perf_counter() - begun > _LIMIT_SECONDS:
                process.kill()
    seconds = time.perf_counter() - begun
    if process.returncode not in fine:
        said = told.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise RuntimeError(f"{command[0]} … ended with {process.returncode}: {said}")
    return Ran(seconds, _processor_seconds() - used, peak)


def _processor_seconds() -> float:
    """Return what all children of this process used that have ended, theirs included."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
