"""How long a user waits for the shortest command."""

from __future__ import annotations

import subprocess
import sys

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.timing import milliseconds_of

_ROUNDS = 15


def measure(bed: Bed) -> Section:
    """Run `dogwatch --help` and an interpreter that does nothing, in turns."""
    environment = bed.environment("")

    def run(*arguments: str) -> float:
        command = [sys.executable, *arguments]
        return milliseconds_of(
            lambda: subprocess.run(command, check=True, capture_output=True, env=environment, cwd=bed.folder)
        )

    run("-m", "dogwatch.cli", "--help")  # the files are in the system's cache from here on
    pairs = [(run("-c", "pass"), run("-m", "dogwatch.cli", "--help")) for _ in range(_ROUNDS)]
    figures = (
        Figure("`dogwatch --help`", "ms", tuple(ours for _, ours in pairs)),
        Figure("`python -c pass`, for comparison", "ms", tuple(plain for plain, _ in pairs)),
    )
    return Section("The command line", "A process from its start to its end.", figures)
