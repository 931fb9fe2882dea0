"""What follows from a history, said as plainly as it can be said: the oracle. It shares no code with the product."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tests.simulation.history import Day, Told, of_image

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
FIRST_WINDOWS = ("DAYS_30", "DAYS_30")
_TICK = timedelta(microseconds=1)

Spans = list[tuple[datetime, datetime]]


def watched(days: Sequence[Day], images: int) -> list[Spans]:
    """Return when each image was watched; what is watched at the end is so until FOREVER."""
    return [_watched(days, dict(_by_day(events))) for events in of_image(days, images)]


def _watched(days: Sequence[Day], events: dict[int, list[Told]]) -> Spans:
    spans: Spans = []
    since: datetime | None = None
    pushed = pulled = None
    windows = FIRST_WINDOWS
    for number, day in enumerate(days):
        heard = events.get(number, [])
        if since and (until := _until(pushed, pulled, windows)) < day.now:
            spans, since = [*spans, (since, until + _TICK)], None
        for told in heard:
            pushed = max(pushed or told.at, told.at) if told.is_push else pushed
            pulled = pulled if told.is_push else max(pulled or told.at, told.at)
        if heard and not since and _until(pushed, pulled, windows) >= day.now:
            since = day.now
        windows = day.windows or windows
        if since and _until(pushed, pulled, windows) < day.now:
            spans, since = [*spans, (since, day.now)], None
    return [*spans, (since, FOREVER)] if since else spans


def _until(pushed: datetime | None, pulled: datetime | None, windows: tuple[str, str]) -> datetime:
    return max(_end(pushed, windows[0]), _end(pulled, windows[1]))


def _end(moment: datetime | None, window: str) -> datetime:
    if moment is None or window == "NONE":
        return datetime(1, 1, 1, tzinfo=UTC)
    return FOREVER if window == "LIFETIME" else moment + timedelta(days=int(window.removeprefix("DAYS_")))


def _by_day(events: Sequence[tuple[int, Told]]) -> dict[int, list[Told]]:
    days: dict[int, list[Told]] = {}
    for number, told in events:
        days.setdefault(number, []).append(told)
    return days
