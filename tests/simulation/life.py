"""Live a history in a database, from where it was left; may be killed at any moment and begun again.

`python -m tests.simulation.life DSN SEED IMAGES PROGRESS`: PROGRESS is a file with the number of days that are over.
What was done of the day after them is done once more.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from dogwatch.model.deeds import DeedRequest
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.registries import EventKind, EventOrigin, RegistryEvent
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.model.usage import ImageName, Seen, UsageReport
from dogwatch.model.what_if import WindowWish
from dogwatch.store.deeds import DeedStore
from dogwatch.store.notices import insert_events
from dogwatch.store.scanning import AccountSwitches
from dogwatch.store.usage import UsageStore
from tests.builders.watching import ACCOUNT, World, day, digest, image, reopen_world
from tests.simulation.history import Change, Day, Hand, Told, team_of, two_years
from tests.simulation.oracle import Spans


def live(world: World, days: Sequence[Day], progress: Path | None = None) -> None:
    """Let the days happen that are not over, and count them."""
    over = int(progress.read_text()) if progress is not None and progress.exists() else 0
    for number in range(over, len(days)):
        _live(world, days[number])
        if progress is not None:
            written = progress.with_suffix(".new")
            written.write_text(str(number + 1))
            written.rename(progress)


def load_spans(world: World, images: int) -> list[Spans]:
    """Return when each image was watched, as recorded."""
    numbers = {digest(str(number)): number for number in range(images)}
    spans: list[Spans] = [[] for _ in range(images)]
    for name, begin, end in world.rows(
        "SELECT digest, from_at, to_at FROM monitoring JOIN image ON image.id = image_id ORDER BY monitoring.id"
    ):
        assert isinstance(begin, datetime)
        assert isinstance(end, datetime)
        if begin < end:  # what began and ended on one day, or was lived twice, says nothing
            spans[numbers[str(name)]].append((begin, end))
    return spans


def _live(world: World, today: Day) -> None:
    world.machine[0] = today.now
    offset = (today.now - day(0)).days
    told = (*today.events, *today.doubled)
    heard = [(world.registry.id, today.now, _event(one)) for one in told if one.kind != "use"]
    with world.database.transaction() as connection:
        insert_events(connection, EventOrigin.WEBHOOK, heard, waits=True)
    world.apply(offset)
    for number in sorted({one.image for one in today.events}):
        _make_known(world, number, today.now)
    UsageStore(world.database).report(ACCOUNT, _report([one for one in told if one.kind == "use"]), today.now)
    for hand in today.hands:
        _do(world, hand, today.now)
    if today.switch is not None:
        AccountSwitches(world.database, world.clock).switch(ACCOUNT, is_on=today.switch)
        world.apply_scanning(offset)
    if today.change is not None:
        _change(world, today.change, offset)
    while today.sweeps and world.watch.end_expired(today.now, 1000):
        pass


def _make_known(world: World, number: int, now: datetime) -> None:
    if not world.rows("SELECT FROM image WHERE digest = %s", digest(str(number))):
        world.images.save_resolved(world.registry.id, _repository(number), image(str(number)), now)


def _do(world: World, hand: Hand, now: datetime) -> None:
    """Do a deed, or be refused: the oracle knows which."""
    ((image_id,),) = world.rows("SELECT id FROM image WHERE digest = %s", digest(str(hand.image)))
    assert isinstance(image_id, int)
    with suppress(InvalidRequestError):
        DeedStore(world.database).do(ACCOUNT, image_id, DeedRequest(hand.deed, "ann", "drawn", hand.until), now)


def _change(world: World, change: Change, offset: int) -> None:
    scope = Scope("local", change.scope) if change.scope else ACCOUNT_SCOPE
    world.settings.request(ACCOUNT, WindowWish(change.push, change.activity, change.mode, scope), wakes=change.wakes)
    world.apply_settings(offset)


def _event(told: Told) -> RegistryEvent:
    kind = EventKind.PUSHED if told.kind == "push" else EventKind.PULLED
    return RegistryEvent(kind, _repository(told.image), digest(str(told.image)), "", told.at, f"event-{told.number}")


def _report(uses: Sequence[Told]) -> UsageReport:
    return UsageReport("cluster", "", tuple(_seen(digest(str(told.image)), told.at) for told in uses))


def _seen(name: str, at: datetime) -> Seen:
    return Seen(name, ImageName("", "", "", name), "namespace", "workload", at)


def _repository(number: int) -> str:
    return f"{team_of(number)}/app"


def main() -> None:
    """Go on where an earlier process was killed."""
    dsn, seed, images, progress = sys.argv[1:]
    world = reopen_world(dsn)
    live(world, two_years(int(seed), int(images)), Path(progress))
    world.database.close()


if __name__ == "__main__":
    main()
