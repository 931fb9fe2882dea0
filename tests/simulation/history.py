"""Two years in the life of images, drawn from a seed: pushes, pulls, use, new windows. Knows no database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal

DAYS = 730
TEAMS = 50
_START = datetime(2026, 1, 1, tzinfo=UTC)
_WINDOWS = ("DAYS_3", "DAYS_7", "DAYS_14", "DAYS_30", "DAYS_60", "DAYS_90", "DAYS_180", "LIFETIME")
_MODES = ("LAST_PULL_DATE", "LAST_IN_USE_AT", "EITHER")
_DAYS_BETWEEN_CHANGES = 30
_LATEST_HOURS = 72
"""How long after it happened an event may be heard."""

Kind = Literal["push", "pull", "use"]
_KINDS: tuple[Kind, ...] = ("push", "pull", "use")


@dataclass(frozen=True, slots=True)
class Told:
    """One event of one image; `number` is its identity, `at` when it happened."""

    number: int
    image: int
    kind: Kind
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """New windows of a scope: "" the account, "*" the registry, "team-N/*" a team. None keeps, INHERITED gives up."""

    scope: str
    push: str | None
    activity: str | None
    mode: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """What is heard at one moment, in this order: events, use last; new windows; a sweep. `doubled` was told before."""

    now: datetime
    events: tuple[Told, ...]
    doubled: tuple[Told, ...]
    change: Change | None
    sweeps: bool


def team_of(image: int) -> str:
    """Return the first part of the name of an image's repository."""
    return f"team-{image % TEAMS}"


def two_years(seed: int, images: int) -> tuple[Day, ...]:
    """Draw a history.

    An image is pushed on a day of its own, perhaps again, and pulled or seen running now and then, by some all the
    time, by most for a while. One event in ten is heard late, one in twenty twice.
    """
    random = Random(seed)
    heard: dict[int, list[Told]] = defaultdict(list)
    for number, (image, kind, day, late) in enumerate(_happenings(random, images)):
        heard[day].append(Told(number, image, kind, _now(day) - timedelta(hours=late)))
    days = []
    past: list[Told] = []
    for day in range(DAYS):
        events = heard[day]
        random.shuffle(events)
        events.sort(key=lambda told: told.kind == "use")
        doubled = random.sample(past, min(len(past), len(events) // 20))
        past = (past + events)[-1000:]
        days.append(Day(_now(day), tuple(events), tuple(doubled), _change(random), random.random() < 0.7))
    return tuple(days)


def of_image(days: Sequence[Day], images: int) -> list[dict[int, list[Told]]]:
    """Return the events of each image by the number of the day on which they are heard."""
    events: list[dict[int, list[Told]]] = [{} for _ in range(images)]
    for number, day in enumerate(days):
        for told in day.events:
            events[told.image].setdefault(number, []).append(told)
    return events


def _happenings(random: Random, images: int) -> Iterator[tuple[int, Kind, int, float]]:
    for image in range(images):
        first = random.randrange(DAYS - 30)
        yield image, "push", first, 0.0
        last = random.choice((first + 10, first + 100, DAYS))
        for day in random.choices(range(first, min(last, DAYS)), k=random.randrange(14)):
            (kind,) = random.choices(_KINDS, (15, 55, 30))
            yield image, kind, day, _late_hours(random)


def _late_hours(random: Random) -> float:
    return random.uniform(0, _LATEST_HOURS) if random.random() < 0.1 else random.uniform(0, 1)


def _change(random: Random) -> Change | None:
    if random.random() * _DAYS_BETWEEN_CHANGES >= 1:
        return None
    scope = random.choice(("", "*", f"{team_of(random.randrange(4))}/*"))
    same: tuple[str | None, ...] = (None, "INHERITED") if scope else (None,)
    return Change(
        scope,
        random.choice((*_WINDOWS, *same)),
        random.choice((*_WINDOWS, "NONE", *same)),
        random.choice((*_MODES, *same)),
    )


def _now(day: int) -> datetime:
    return _START + timedelta(days=day)
