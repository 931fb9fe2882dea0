"""Wall time of actions, by the machine's monotonic clock."""

from __future__ import annotations

import time
from collections.abc import Callable

MILLISECONDS = 1000.0
"""In a second."""


def seconds_of(action: Callable[[], object]) -> float:
    """Do something and return how many seconds it took."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def milliseconds_of(action: Callable[[], object]) -> float:
    """Do something and return how many milliseconds it took."""
    return seconds_of(action) * MILLISECONDS


def rounds(count: int, measure: Callable[[], float]) -> tuple[float, ...]:
    """Measure several times in a row."""
    return tuple(measure() for _ in range(count))
