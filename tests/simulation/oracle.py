"""What follows from a history, said as plainly as it can be said: the oracle. It shares no code with the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from dogwatch.model.deeds import Deed
from tests.simulation.history import Change, Day, Hand, Told, of_image, team_of

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
FIRST_WINDOWS = ("DAYS_30", "DAYS_30", "LAST_PULL_DATE")
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)

Spans = list[tuple[datetime, datetime]]
Windows = Sequence[str | None]


def watched(days: Sequence[Day], images: int) -> list[Spans]:
    """Return when each image was watched; what is watched at the end is so until FOREVER."""
    hands: list[dict[int, Hand]] = [{} for _ in range(images)]
    for number, day in enumerate(days):
        for hand in day.hands:
            hands[hand.image][number] = hand
    lives = enumerate(zip(of_image(days, images), hands, strict=True))
    return [_Image(team_of(image)).live(days, events, deeds) for image, (events, deeds) in lives]


class _Image:
    """One image of a team, day by day."""

    def __init__(self, team: str) -> None:
        self.spans: Spans = []
        self.since: datetime | None = None
        self.clocks = {"push": _NEVER, "pull": _NEVER, "use": _NEVER}
        self.scopes: dict[str, Windows] = {"": FIRST_WINDOWS, "*": (None,) * 3, f"{team}/*": (None,) * 3}
        self.hold = _NEVER
        self.is_known = self.is_archived = False
        self.is_on = True

    def live(self, days: Sequence[Day], events: Mapping[int, Sequence[Told]], deeds: Mapping[int, Hand]) -> Spans:
        for number, day in enumerate(days):
            if self.until < day.now:
                self.end(self.until + _TICK)
            for told in events.get(number, ()):
                self.hear(told, day.now)
            if number in deeds:
                self.do(deeds[number], day.now)
            if day.switch is not None:
                self.switch(day.now, is_on=day.switch)
            if day.change and day.change.scope in self.scopes:
                self.scopes[day.change.scope] = _changed(self.scopes[day.change.scope], day.change)
                if day.change.wakes and self.is_known:
                    self.begin(day.now)
            if self.until < day.now:
                self.end(day.now)
        self.end(FOREVER)
        return self.spans

    @property
    def until(self) -> datetime:
        return max(_until(self.clocks, self.scopes), self.hold)

    def begin(self, now: datetime) -> None:
        if self.since is None and self.is_on and not self.is_archived and self.until >= now:
            self.since = now

    def end(self, at: datetime) -> None:
        if self.since is not None and self.since < at:
            self.spans.append((self.since, at))
        self.since = None

    def hear(self, told: Told, now: datetime) -> None:
        wakes = told.kind != "use" or told.at > self.clocks["use"]  # a report may have been heard before
        self.clocks[told.kind] = max(self.clocks[told.kind], told.at)
        self.is_known = True
        if wakes:
            self.begin(now)

    def do(self, hand: Hand, now: datetime) -> None:
        """Do what a hand does, where the image allows it."""
        is_held = self.hold >= now
        if hand.deed is Deed.RELEASE and is_held:
            self.hold = _NEVER
        elif hand.deed is Deed.HOLD and self.is_on and not self.is_archived:
            assert hand.until is not None
            self.hold = hand.until
            self.begin(now)
        elif hand.deed is Deed.ARCHIVE and not is_held and not self.is_archived:
            self.is_archived = True
            self.end(now)
        elif hand.deed is Deed.RESTORE and self.is_archived:
            self.is_archived = False
            self.clocks["push"] = now
            self.begin(now)

    def switch(self, now: datetime, *, is_on: bool) -> None:
        self.is_on = is_on
        if is_on and self.is_known:
            self.begin(now)
        elif not is_on:
            self.end(now)


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
