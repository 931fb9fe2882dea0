"""Live a history whole, or under kill -9, and hold what was recorded to the oracle."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.builders.watching import open_world
from tests.simulation.history import two_years
from tests.simulation.life import live, load_spans
from tests.simulation.oracle import FIRST_WINDOWS, Spans, watched

_KILL_AFTER_SECONDS = (1.5, 3.5)
"""Long enough to begin; a hundred images take longer to live, by themselves."""


@dataclass(frozen=True)
class Outcome:
    """Images whose spans differ (a line each), and how many spans there are."""

    differences: list[str]
    spans: int
    seconds: float


def simulate(dsn: str, seed: int, images: int, kills: int, folder: Path) -> Outcome:
    """Live two years in an empty database with all its tables."""
    began = time.monotonic()
    world = open_world(dsn, push=FIRST_WINDOWS[0], activity=FIRST_WINDOWS[1])
    days = two_years(seed, images)
    if kills:
        _live_killed(dsn, seed, images, kills, folder / f"{seed}.days")
    else:
        live(world, days)
    while world.watch.end_expired(days[-1].now, 1000):
        pass
    recorded, expected = load_spans(world, images), watched(days, images)
    world.database.close()
    return Outcome(_differences(recorded, expected), sum(map(len, recorded)), time.monotonic() - began)


def _differences(recorded: list[Spans], expected: list[Spans]) -> list[str]:
    pairs = enumerate(zip(recorded, expected, strict=True))
    return [f"image {number}: recorded {one}, expected {other}" for number, (one, other) in pairs if one != other]


def _live_killed(dsn: str, seed: int, images: int, kills: int, progress: Path) -> None:
    """Live in processes of their own, each killed but the last.

    Raises:
        RuntimeError: one ended by itself before it was to be killed, or failed.
    """
    random = Random(seed)
    command = [sys.executable, "-m", "tests.simulation.life", dsn, str(seed), str(images), str(progress)]
    for left in range(kills, -1, -1):
        process = subprocess.Popen(command)
        try:
            code = process.wait(random.uniform(*_KILL_AFTER_SECONDS) if left else None)
            if code or left:
                raise RuntimeError(f"the life ended by itself with {code}, {left} kills were left")
        except subprocess.TimeoutExpired:
            continue
        finally:
            process.kill()
            process.wait()
