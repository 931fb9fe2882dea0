"""Two years in the life of images, drawn from a seed: pushes, pulls, use, deeds, new windows. Knows no database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal

from dogwatch.model.deeds import Deed

DAYS = 730
TEAMS = 50
_START = datetime(2026, 1, 1, tzinfo=UTC)
_WINDOWS = ("DAYS_3", "DAYS_7", "DAYS_14", "DAYS_30", "DAYS_60", "DAYS_90", "DAYS_180", "LIFETIME")
_MODES = ("LAST_PULL_DATE", "LAST_IN_USE_AT", "EITHER")
_DAYS_BETWEEN_CHANGES = 30
_DAYS_BETWEEN_SWITCHES = {True: 150, False: 15}
"""How long the account is scanned, and not scanned, on average."""
_IMAGES_OF_A_DEED = 100
"""Among so many images one has something done to it by hand on an average day."""
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
class Hand:
    """Something done to an image by hand, or refused; `until` is for a hold."""

    image: int
    deed: Deed
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """New windows of a scope: "" the account, "*" the registry, "team-N/*" a team. None keeps, INHERITED gives up.

    `wakes` has its images watched again that are then inside.
    """

    scope: str
    push: str | None
    activity: str | None
    mode: str | None
    wakes: bool


@dataclass(frozen=True, slots=True)
class Day:
    """What happens at one moment, in this order: events, use last; deeds; a switch; new windows; a sweep.

    `doubled` was told before. `switch` turns the scanning of the account on or off; then there are no deeds, which may
    be done or refused by how it stands, so that a day that is lived twice ends alike.
    """

    now: datetime
    events: tuple[Told, ...]
    doubled: tuple[Told, ...]
    change: Change | None
    sweeps: bool
    hands: tuple[Hand, ...] = ()
    switch: bool | None = None


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
    known: list[int] = []
    is_on = True
    for day in range(DAYS):
        events = heard[day]
        random.shuffle(events)
        events.sort(key=lambda told: told.kind == "use")
        doubled = random.sample(past, min(len(past), len(events) // 20))
        past = (past + events)[-1000:]
        known += [told.image for told in events if told.kind == "push"]
        switch = not is_on if random.random() * _DAYS_BETWEEN_SWITCHES[is_on] < 1 else None
        is_on = is_on if switch is None else switch
        hands = () if switch is not None else tuple(_hands(random, known, images, day))
        told = (tuple(events), tuple(doubled), _change(random), random.random() < 0.7)
        days.append(Day(_now(day), *told, hands, switch))
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


def _hands(random: Random, known: list[int], images: int, day: int) -> Iterator[Hand]:
    """Draw deeds, one of an image at most; many mean nothing to the image as it stands, and are refused."""
    for image in sorted(set(random.choices(known, k=max(1, images // _IMAGES_OF_A_DEED)))) if known else ():
        (deed,) = random.choices((Deed.HOLD, Deed.RELEASE, Deed.ARCHIVE, Deed.RESTORE), (40, 20, 15, 25))
        yield Hand(image, deed, _now(day + random.choice((1, 20, 90, 400))) if deed is Deed.HOLD else None)


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
        random.random() * 3 < 1,
    )


def _now(day: int) -> datetime:
    return _START + timedelta(days=day)
