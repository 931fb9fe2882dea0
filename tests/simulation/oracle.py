"""What follows from a history, said as plainly as it can be said: the oracle. It shares no code with the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from tests.simulation.history import Change, Day, Told, of_image, team_of

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
FIRST_WINDOWS = ("DAYS_30", "DAYS_30", "LAST_PULL_DATE")
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)

Spans = list[tuple[datetime, datetime]]
Windows = Sequence[str | None]


def watched(days: Sequence[Day], images: int) -> list[Spans]:
    """Return when each image was watched; what is watched at the end is so until FOREVER."""
    return [_watched(days, team_of(image), events) for image, events in enumerate(of_image(days, images))]


def _watched(days: Sequence[Day], team: str, events: Mapping[int, Sequence[Told]]) -> Spans:
    spans: Spans = []
    since: datetime | None = None
    clocks = {"push": _NEVER, "pull": _NEVER, "use": _NEVER}
    scopes: dict[str, Windows] = {"": FIRST_WINDOWS, "*": (None,) * 3, f"{team}/*": (None,) * 3}
    for number, day in enumerate(days):
        if since and (until := _until(clocks, scopes)) < day.now:
            spans, since = [*spans, (since, until + _TICK)], None
        for told in events.get(number, ()):
            wakes = told.kind != "use" or told.at > clocks["use"]  # a report may have been heard before
            clocks[told.kind] = max(clocks[told.kind], told.at)
            if wakes and not since and _until(clocks, scopes) >= day.now:
                since = day.now
        if day.change and day.change.scope in scopes:
            scopes[day.change.scope] = _changed(scopes[day.change.scope], day.change)
        if since and _until(clocks, scopes) < day.now:
            spans, since = [*spans, (since, day.now)], None
    return [*spans, (since, FOREVER)] if since else spans


def _changed(windows: Windows, change: Change) -> Windows:
    asked = (change.push, change.activity, change.mode)
    return [
        old if new is None else None if new == "INHERITED" else new for old, new in zip(windows, asked, strict=True)
    ]


def _until(clocks: Mapping[str, datetime], scopes: Mapping[str, Windows]) -> datetime:
    account, registry, team = scopes.values()
    push, activity, mode = (t or r or a for a, r, t in zip(account, registry, team, strict=True))
    active = {"LAST_PULL_DATE": ("pull",), "LAST_IN_USE_AT": ("use",), "EITHER": ("pull", "use")}[str(mode)]
    return max(_end(clocks["push"], push), _end(max(clocks[clock] for clock in active), activity))


def _end(moment: datetime, window: str | None) -> datetime:
    if moment == _NEVER or window in (None, "NONE"):
        return _NEVER
    return FOREVER if window == "LIFETIME" else moment + timedelta(days=int(str(window).removeprefix("DAYS_")))
