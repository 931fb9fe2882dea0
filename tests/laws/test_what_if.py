"""Laws of what-if: it tells what then happens, and every cell of its grid is what its windows give alone."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from dogwatch.model.monitoring import Window
from dogwatch.model.registries import EventKind, RegistryAccess, RegistryEvent
from dogwatch.model.scopes import Scope
from dogwatch.model.times import FOREVER
from dogwatch.model.what_if import WindowWish
from dogwatch.windows import earliest_inside, end_of_window, is_named
from tests.builders.watching import ACCOUNT, START, World, day, digest, image
from tests.laws.finding_worlds import walk_pages

_WINDOWS = st.integers(1, 99999).map(Window) | st.sampled_from([Window(None), Window(None, off=True)])
_EVER = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda one: one.replace(tzinfo=START.tzinfo))


@given(_EVER, _WINDOWS, _EVER, st.booleans())
def test_a_moment_is_inside_a_window_from_the_earliest_one_on(
    moment: datetime, window: Window, now: datetime, is_border: bool
) -> None:
    earliest = earliest_inside(window, now)
    moment = earliest if is_border and earliest is not None else moment
    end = end_of_window(moment, window)
    assert (earliest is not None and moment >= earliest) == (end is not None and end >= now)


@dataclass(frozen=True)
class Placed:
    """An image in a repository: moments of its clocks and hold in days, and whether monitoring is open.

    `rests` says why no change of windows wakes it: deleted, or forgotten by hand; then it is not watched.
    """

    repository: str
    pushed: float | None
    pulled: float | None
    in_use: float | None
    hold: float | None
    is_open: bool
    rests: str


_DAYS = st.none() | st.sampled_from([-400, -180, -91, -90, -60.5, -30, -14, -13.9, -7, -3, -1, 0])
_PLACED = st.builds(
    Placed,
    repository=st.sampled_from(["a", "ab", "b"]),
    pushed=_DAYS,
    pulled=_DAYS,
    in_use=_DAYS,
    hold=st.sampled_from([None, None, None, -2, 0, 5]),
    is_open=st.sampled_from([True, True, False]),
    rests=st.sampled_from(["", "", "", "deleted", "forgotten"]),
)
_WISHES = st.builds(
    WindowWish,
    push_window=st.sampled_from([None, "DAYS_3", "DAYS_45", "DAYS_90", "LIFETIME", "INHERITED"]),
    activity_window=st.sampled_from([None, "DAYS_7", "DAYS_45", "LIFETIME", "NONE", "INHERITED"]),
    activity_mode=st.sampled_from([None, "LAST_PULL_DATE", "LAST_IN_USE_AT", "EITHER", "INHERITED"]),
    scope=st.sampled_from(["", "*", "a*", "ab"]).map(lambda pattern: Scope("r", pattern) if pattern else Scope()),
)
_ALIASES = itertools.count(1)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(_WISHES, max_size=3),
    st.lists(_PLACED, min_size=1, max_size=8),
    _WISHES,
    st.lists(st.integers(0, 71), min_size=3, max_size=3, unique=True),
    st.booleans(),
)
def test_what_is_told_is_what_then_happens(
    shared_world: World,
    earlier: list[WindowWish],
    placed: list[Placed],
    wish: WindowWish,
    cells: list[int],
    wakes: bool,
) -> None:
    alias = f"r{next(_ALIASES)}"
    access = RegistryAccess("https://registry.example")
    world = replace(shared_world, registry=shared_world.registries.add(ACCOUNT, alias, access, "eu-west-1")[0])
    _place(world, placed)
    for one in earlier:
        _ask(world, _in_registry(one, alias))
        world.apply_settings(0)
    _set_clocks(world, placed)
    wish = _in_registry(wish, alias)
    told = world.settings.what_if(ACCOUNT, wish)
    for cell in (told.grid[place] for place in cells):
        windows = replace(wish, push_window=str(cell.push_window), activity_window=str(cell.activity_window))
        assert (cell, cell.watched) == (cell, world.settings.what_if(ACCOUNT, windows).staying)
    listed = walk_pages(lambda after: world.settings.leaving(ACCOUNT, wish, 2, after))
    wakeable = walk_pages(lambda after: world.settings.wakeable(ACCOUNT, wish, 2, after))
    before = _watched(world, wish.scope)
    assert _ask(world, wish, wakes=wakes) == told.windows
    world.apply_settings(0)
    found = _watched(world, wish.scope)
    woken = {number: until for number, until in found.items() if number not in before}
    after = {number: until for number, until in found.items() if number in before}
    assert (told.watched, told.staying, told.leaving) == (len(before), len(after), len(before) - len(after))
    assert {one.image_id: one.new_until for one in listed} == _deadlines(world, set(before) - set(after))
    assert {one.image_id: one.watched_until for one in listed} == {
        number: before[number] for number in set(before) - set(after)
    }
    sleeping = {} if wakes else _sleeping(world, wish.scope)
    assert {one.image_id: one.new_until for one in wakeable} == {**woken, **sleeping}
    assert (told.wakeable, len(woken) if wakes else 0) == (len(wakeable), len(woken))
    assert _begun(world, woken) == {(number, "woken by the change of windows") for number in woken}
    world.registries.remove(ACCOUNT, alias)  # the account has only so many scopes


def _in_registry(wish: WindowWish, alias: str) -> WindowWish:
    """Return a wish for this example's registry; the account gives nothing up."""
    if not wish.scope.is_account:
        return replace(wish, scope=Scope(alias, wish.scope.pattern))
    push, activity, mode = (
        None if text == "INHERITED" else text for text in (wish.push_window, wish.activity_window, wish.activity_mode)
    )
    return WindowWish(push, activity, mode)


def _ask(world: World, wish: WindowWish, *, wakes: bool = False) -> object:
    return world.settings.request(ACCOUNT, wish, wakes=wakes)


def _place(world: World, placed: list[Placed]) -> None:
    for number, one in enumerate(placed):
        name = str(number)
        event_id = f"{world.registry.alias} {name}"
        world.tell(0, RegistryEvent(EventKind.PUSHED, one.repository, digest(name), "", START, event_id))
        world.images.save_resolved(world.registry.id, one.repository, image(name), START)


def _set_clocks(world: World, placed: list[Placed]) -> None:
    """Let clocks, deadlines and monitoring be as if everything had happened as the images say."""
    with world.database.transaction() as connection:
        for number, one in enumerate(placed):
            moments = [None if at is None else day(at) for at in (one.pushed, one.pulled, one.in_use, one.hold)]
            connection.execute(
                """
                WITH given AS (
                    SELECT image.id, moment.*, found.*
                    FROM image JOIN repository ON repository.id = image.repository_id
                    JOIN repository_windows force ON force.repository_id = repository.id
                    CROSS JOIN (SELECT %s::timestamptz, %s::timestamptz, %s::timestamptz, %s::timestamptz)
                         AS moment (pushed_at, pulled_at, in_use_at, hold_until)
                    CROSS JOIN LATERAL watch(moment.pushed_at, moment.pulled_at, moment.in_use_at, force.push_window,
                                             force.activity_window, force.activity_mode, moment.hold_until) AS found
                    WHERE image.digest = %s AND repository.registry_id = %s
                ), moved AS (
                    UPDATE clocks
                    SET pushed_at = given.pushed_at, pulled_at = given.pulled_at, in_use_at = given.in_use_at,
                        hold_until = given.hold_until, watched_until = given.watched_until, held_by = given.held_by,
                        watched = clocks.watched AND %s AND given.watched_until IS NOT NULL
                    FROM given WHERE clocks.image_id = given.id
                    RETURNING clocks.image_id, clocks.watched
                )
                UPDATE monitoring SET to_at = from_at FROM moved
                WHERE monitoring.image_id = moved.image_id AND NOT moved.watched
                """,
                (*moments, digest(str(number)), world.registry.id, one.is_open and not one.rests),
            )
            if one.rests:
                connection.execute(_RESTS[one.rests], (digest(str(number)), world.registry.id))


_THIS = """
(SELECT image.id FROM image JOIN repository ON repository.id = repository_id WHERE digest = %s AND registry_id = %s)
"""
_RESTS = {
    "deleted": f"UPDATE image SET state = 'deleted' WHERE id = {_THIS}",
    "forgotten": "INSERT INTO image_deed (image_id, at, deed, by, reason, outcome)"
    f" SELECT id, '9999-01-01Z', 'forget', 'me', '', '' FROM {_THIS} AS one",
}

_IMAGES = """
SELECT image.id, registry.alias, repository.name, clocks.watched_until, clocks.watched,
       image.state <> 'deleted' AND NOT EXISTS (SELECT FROM image_deed WHERE image_id = image.id)
FROM image JOIN clocks ON clocks.image_id = image.id JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
"""


def _watched(world: World, scope: Scope) -> dict[object, object]:
    return {row[0]: row[3] for row in _named(world, scope) if row[4] and _is_inside(row[3])}


def _sleeping(world: World, scope: Scope) -> dict[object, object]:
    """Return the deadlines of those that nobody watches although they are inside, but for those at rest."""
    return {row[0]: row[3] for row in _named(world, scope) if not row[4] and _is_inside(row[3]) and row[5]}


def _begun(world: World, numbers: Collection[object]) -> set[tuple[object, ...]]:
    rows = world.rows("SELECT image_id, begin_reason FROM monitoring WHERE to_at = '9999-12-31Z'")
    return {row for row in rows if row[0] in numbers}


def _deadlines(world: World, numbers: set[object]) -> dict[object, object]:
    return {row[0]: row[3] for row in world.rows(_IMAGES) if row[0] in numbers}


def _named(world: World, scope: Scope) -> list[tuple[object, ...]]:
    return [
        row
        for row in world.rows(_IMAGES)
        if scope.is_account or (row[1] == scope.registry and is_named(scope.pattern, str(row[2])))
    ]


def _is_inside(until: object) -> bool:
    return isinstance(until, datetime) and START <= until <= FOREVER
