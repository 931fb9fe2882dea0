"""The machine: what it is, and how busy others keep it."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import psycopg

_MIB = 1024 * 1024
_LOOK_SECONDS = 0.5


def busy_processors() -> float:
    """Return how many processors were busy on average during half a second in which we ourselves did nothing."""
    busy, begun = _busy_ticks(), time.monotonic()
    time.sleep(_LOOK_SECONDS)
    elapsed = time.monotonic() - begun
    return (_busy_ticks() - busy) / os.sysconf("SC_CLK_TCK") / elapsed


def _busy_ticks() -> int:
    fields = [int(field) for field in Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]]
    user, nice, system, _idle, _waiting, irq, soft_irq, _stolen = fields
    return user + nice + system + irq + soft_irq


def load_average() -> str:
    """Return the machine's own load averages over 1, 5 and 15 minutes."""
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def describe_machine(server: str) -> tuple[tuple[str, str], ...]:
    """Return (what, value) rows about hardware and software.

    Args:
        server: address of the PostgreSQL server that is measured with.
    """
    with psycopg.connect(server) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return (
        ("processor", f"{_processor()}, {os.cpu_count()} processors"),
        ("memory", f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / _MIB / 1024:.0f} GiB"),
        ("system", f"{_distribution()}, Linux {platform.release()}, {platform.machine()}"),
        ("Python", platform.python_version()),
        (
            "PostgreSQL",
            f"{row[0] if row else '?'}, the embedded one, with its ordinary settings (commits reach the disk)",
        ),
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "unknown distribution"
