"""How long a user waits for a command that does little, and what it costs the machine: mostly its start."""

from __future__ import annotations

import sys

from bench.bed import Bed
from bench.commands import Ran, run_command
from bench.figures import Figure, Section
from bench.service import running_service

_ROUNDS = 9
_MILLISECONDS = 1000.0


def measure(bed: Bed) -> Section:
    """Run commands and an interpreter that does nothing in turns, beside a service that has nothing to do."""
    environment = bed.environment(bed.copy(bed.empty, "commands"))
    with running_service(environment, bed.folder) as service:
        dogwatch = ("-m", "dogwatch.cli")
        lines = {
            "`dogwatch --help`": (*dogwatch, "--help"),
            "`dogwatch scan --help`": (*dogwatch, "scan", "--help"),
            "`dogwatch findings`": (*dogwatch, "findings"),
            "`dogwatch findings --server`": (
                *dogwatch,
                "findings",
                "--server",
                f"http://{service.host}:{service.port}",
            ),
            "`python -c pass`, for comparison": ("-c", "pass"),
        }
        ran: dict[str, list[Ran]] = {what: [] for what in lines}
        for at in range(_ROUNDS + 1):
            for what, arguments in lines.items():
                one = run_command([sys.executable, *arguments], environment, bed.folder)
                if at:  # the first round brings the files into the system's cache
                    ran[what].append(one)
    return Section("The command line", _DESCRIPTION, tuple(one for what in lines for one in _figures(what, ran[what])))


def _figures(what: str, ran: list[Ran]) -> tuple[Figure, Figure]:
    return (
        Figure(what, "ms", tuple(one.seconds * _MILLISECONDS for one in ran)),
        Figure(f"{what}: processor time", "ms", tuple(one.processor_seconds * _MILLISECONDS for one in ran)),
    )


_DESCRIPTION = (
    "A process from its start to its end. The lists are empty: one is read from the database, beside the service, the "
    "other is asked of the service over loopback."
)
