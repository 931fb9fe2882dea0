"""Law: in whatever order, batches and doubles events are heard, clocks, tags and monitoring end alike."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dogwatch.model.exclusions import ExclusionKind
from dogwatch.model.images import ResolvedImage, ResolvedIndex
from dogwatch.model.monitoring import ActivityMode, Clocks, RescanSetting, Window
from dogwatch.model.registries import EventKind, RegistryAccess
from dogwatch.store.exclusions import ExclusionStore
from dogwatch.windows import watch
from tests.builders.watching import ACCOUNT, World, as_day, day, digest, event, image, index, open_world

_SETTING = RescanSetting(Window(30), Window(20), ActivityMode.LAST_PULL)
_INDEX_OF = {"a": ("i",), "b": ("i", "j"), "c": ()}
_MANIFESTS: dict[str, ResolvedImage | ResolvedIndex] = {
    "a": image("a"),
    "b": image("b", architecture="arm64"),
    "c": image("c"),
    "i": index("i", [image("a"), image("b", architecture="arm64")]),
    "j": index("j", [image("b", architecture="arm64")]),
}
_ALIASES = itertools.count(1)


@dataclass(frozen=True)
class Told:
    """One event of a history: what happened on a day, to which manifest or tag; `number` is its identity."""

    number: int
    kind: EventKind
    name: str
    tag: str
    at: int
    by: str
    own: bool


@dataclass(frozen=True)
class Batch:
    """What is heard on one day, what is resolved after it, and whether the sweep runs before it."""

    now: int
    told: tuple[Told, ...]
    resolved: tuple[str, ...]
    sweeps: bool


_OWN_AND_EXCLUDED = (
    Batch(
        0,
        (Told(0, EventKind.PUSHED, "a", "", 0, "robot", True), Told(1, EventKind.DELETED, "a", "", 0, "", False)),
        (),
        False,
    ),
    Batch(0, (), tuple("abcij"), True),
)
"""A push of our own by somebody on the exclusion list: it brings nothing back, as no event of our own does."""


@pytest.fixture(scope="module")
def shared_world(shared_database: str) -> Iterator[World]:
    """Yield one database for all examples: each watches a registry of its own."""
    world = open_world(shared_database, push="DAYS_30", activity="DAYS_20")
    ExclusionStore(world.database, world.clock).add(ACCOUNT, ExclusionKind.PRINCIPAL, "rob*", "", "ann")
    yield world
    world.database.close()


@st.composite
def _histories(draw: st.DrawFn) -> tuple[Batch, ...]:
    kinds = st.sampled_from([EventKind.PUSHED, EventKind.PUSHED, EventKind.PULLED, EventKind.PULLED, EventKind.DELETED])
    told = []
    for number in range(draw(st.integers(1, 14))):
        kind = draw(kinds)
        tag = draw(st.sampled_from(["", "", "t", "u"]))
        name = draw(st.sampled_from("abcij"))
        if kind is EventKind.DELETED and tag:
            name = draw(st.sampled_from(["", name]))
        by = draw(st.sampled_from(["", "ann", "bob", "robot"]))
        told.append(Told(number, kind, name, tag, draw(st.integers(0, 70)), by, draw(st.integers(0, 9)) == 0))
    heard = draw(st.permutations(told + draw(st.lists(st.sampled_from(told), max_size=4))))
    batches = []
    now = 0
    while heard:
        size = draw(st.integers(1, len(heard)))
        now = draw(st.integers(now, 80))
        resolved = draw(st.lists(st.sampled_from("abcij"), max_size=3))
        batches.append(Batch(now, tuple(heard[:size]), tuple(resolved), draw(st.booleans())))
        heard = heard[size:]
    return (*batches, Batch(draw(st.integers(now, 90)), (), tuple("abcij"), True))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(_histories())
@example(_OWN_AND_EXCLUDED)
def test_every_order_of_hearing_ends_alike(shared_world: World, history: tuple[Batch, ...]) -> None:
    access = RegistryAccess("https://registry.example")
    registry, _ = shared_world.registries.add(ACCOUNT, f"r{next(_ALIASES)}", access, "here")
    world = replace(shared_world, registry=registry)
    for batch in history:
        if batch.sweeps:
            world.watch.end_expired(day(batch.now), 100)
        world.tell(
            batch.now,
            *(
                event(told.kind, told.name, told.at, tag=told.tag, by=told.by, own=told.own, event_id=str(told.number))
                for told in batch.told
            ),
        )
        for name in batch.resolved:
            world.resolve(batch.now, _MANIFESTS[name])
    world.watch.end_expired(day(history[-1].now), 100)
    assert _found(world) == _expected(history)
    _assert_intervals_are_sound(world)


def _found(world: World) -> dict[str, object]:
    rows = world.rows(
        """
        SELECT image.digest, pushed_at, pulled_at, pulled_by, watched_until, watched, state = 'deleted',
               (SELECT count(*) FROM monitoring WHERE image_id = image.id AND to_at = '9999-12-31Z')
        FROM clocks JOIN image ON image.id = image_id JOIN repository ON repository.id = image.repository_id
        WHERE repository.registry_id = %s
        """,
        world.registry.id,
    )
    found: dict[str, object] = {str(row[0]): tuple(as_day(value) for value in row[1:]) for row in rows}
    tags = world.rows(
        "SELECT tag.name, digest FROM tag JOIN repository ON repository.id = repository_id WHERE registry_id = %s",
        world.registry.id,
    )
    indexes = world.rows(
        "SELECT digest, deleted_at FROM image_index JOIN repository ON repository.id = repository_id "
        "WHERE registry_id = %s",
        world.registry.id,
    )
    return found | {f"tag {row[0]}": row[1] for row in tags} | {f"index {row[0]}": as_day(row[1]) for row in indexes}


def _expected(history: tuple[Batch, ...]) -> dict[str, object]:
    """Say by brute force what the history comes to."""
    now = history[-1].now
    told: dict[int, Told] = {}
    for batch in history:
        for each in batch.told:
            told.setdefault(each.number, replace(each, at=min(each.at, batch.now)))
    counted = [each for each in told.values() if not each.own]

    def latest(kind: EventKind, *names: str, by_anybody: bool = True) -> int | None:
        moments = (
            each.at
            for each in counted
            if each.kind is kind and each.name in names and (by_anybody or each.by != "robot")
        )
        return max(moments, default=None)

    expected: dict[str, object] = {}
    for name, indexes in _INDEX_OF.items():
        arrived = latest(EventKind.PUSHED, name, *indexes)
        pushed = latest(EventKind.PUSHED, name, *indexes, by_anybody=False)
        deleted = latest(EventKind.DELETED, name)
        pulls = [
            (each.at, each.by)
            for each in counted
            if each.kind is EventKind.PULLED and each.name == name and each.by != "robot"
        ]
        pulled, by = max(pulls, default=(None, ""))
        moments = [None if moment is None else day(moment) for moment in (pushed, pulled)]
        until = as_day(watch(Clocks(*moments), _SETTING).until)
        gone = deleted is not None and (arrived is None or deleted > arrived)
        is_open = not gone and isinstance(until, float) and until >= now
        expected[digest(name)] = (pushed, pulled, by, until, is_open, gone, int(is_open))
    for tag in ("t", "u"):
        pushes = [(each.at, digest(each.name)) for each in counted if each.kind is EventKind.PUSHED and each.tag == tag]
        if not pushes:
            continue
        at, target = max(pushes)
        removals = [
            each.at
            for each in counted
            if each.kind is EventKind.DELETED and (digest(each.name) == target if each.name else each.tag == tag)
        ]
        if max(removals, default=-1) <= at:
            expected[f"tag {tag}"] = target
    for name in ("i", "j"):
        deleted, pushed = latest(EventKind.DELETED, name), latest(EventKind.PUSHED, name)
        gone = deleted is not None and (pushed is None or deleted > pushed)
        expected[f"index {digest(name)}"] = deleted if gone else None
    return expected


def _assert_intervals_are_sound(world: World) -> None:
    """No interval overlaps another of its image, none ends before it begins."""
    wrong = world.rows(
        """
        SELECT one.id FROM monitoring one
        JOIN repository ON repository.id = one.repository_id AND repository.registry_id = %s
        LEFT JOIN monitoring other ON other.image_id = one.image_id AND other.id > one.id
        WHERE one.from_at > one.to_at OR other.from_at < one.to_at
        """,
        world.registry.id,
    )
    assert wrong == []
