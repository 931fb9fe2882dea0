"""Two years in the life of images, drawn from a seed: pushes, pulls, new windows. Nothing here knows a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

DAYS = 730
_START = datetime(2026, 1, 1, tzinfo=UTC)
_WINDOWS = ("DAYS_3", "DAYS_7", "DAYS_14", "DAYS_30", "DAYS_60", "DAYS_90", "DAYS_180", "LIFETIME")
_DAYS_BETWEEN_CHANGES = 40
_LATEST_HOURS = 72
"""How long after it happened an event may be heard."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of one image; `number` is its identity, `at` when it happened."""

    number: int
    image: int
    is_push: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """What is heard at one moment, in this order: events, events told before, then new windows, then a sweep."""

    now: datetime
    events: tuple[Told, ...]
    doubled: tuple[Told, ...]
    windows: tuple[str, str] | None
    sweeps: bool


def two_years(seed: int, images: int) -> tuple[Day, ...]:
    """Draw a history.

    An image is pushed on a day of its own, perhaps again, and pulled now and then, by some all the time, by most for a
    while. One event in ten is heard late, one in twenty twice.
    """
    random = Random(seed)
    heard: dict[int, list[Told]] = defaultdict(list)
    for number, (image, is_push, day, late) in enumerate(_happenings(random, images)):
        now = _now(day)
        heard[day].append(Told(number, image, is_push, now - timedelta(hours=late)))
    days = []
    past: list[Told] = []
    for day in range(DAYS):
        events = heard[day]
        random.shuffle(events)
        events.sort(key=lambda told: told.is_push, reverse=True)
        doubled = random.sample(past, min(len(past), len(events) // 20))
        past = (past + events)[-1000:]
        days.append(Day(_now(day), tuple(events), tuple(doubled), _windows(random), random.random() < 0.7))
    return tuple(days)


def of_image(days: Sequence[Day], images: int) -> list[list[tuple[int, Told]]]:
    """Return the events of each image with the day on which they are heard."""
    events: list[list[tuple[int, Told]]] = [[] for _ in range(images)]
    for number, day in enumerate(days):
        for told in day.events:
            events[told.image].append((number, told))
    return events


def _happenings(random: Random, images: int) -> Iterator[tuple[int, bool, int, float]]:
    for image in range(images):
        first = random.randrange(DAYS - 30)
        yield image, True, first, 0.0
        last = random.choice((first + 10, first + 100, DAYS))
        for day in random.choices(range(first, min(last, DAYS)), k=random.randrange(14)):
            yield image, random.random() < 0.15, day, _late_hours(random)


def _late_hours(random: Random) -> float:
    return random.uniform(0, _LATEST_HOURS) if random.random() < 0.1 else random.uniform(0, 1)


def _windows(random: Random) -> tuple[str, str] | None:
    if random.random() * _DAYS_BETWEEN_CHANGES >= 1:
        return None
    return random.choice(_WINDOWS), random.choice((*_WINDOWS, "NONE"))


def _now(day: int) -> datetime:
    return _START + timedelta(days=day)
