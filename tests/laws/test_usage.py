"""Law: in whatever order and however often reports come, clocks, places and the watch end alike."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dogwatch.model.registries import RegistryAccess
from dogwatch.model.usage import Seen, UsageReport
from dogwatch.store.usage import UsageStore
from dogwatch.windows.usage import read_name
from tests.builders.watching import ACCOUNT, World, day, digest, image, open_world, pushed

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def shared_world(shared_database: str) -> Iterator[World]:
    """Yield one database for all examples: each watches images of its own."""
    world = open_world(shared_database, push="DAYS_3", activity="DAYS_30")
    world.set_windows(0, "DAYS_3", "DAYS_30", "EITHER")
    yield world
    world.database.close()


def _seen(name: str, workload: str, at: int, count: int) -> Seen:
    return Seen(digest(name), read_name(digest(name)), "shop", workload, day(at), "", count)


_REPORTS = st.lists(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 40)), min_size=1, max_size=4),
    min_size=1,
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(_REPORTS, st.data())
def test_reports_may_come_late_doubled_and_in_any_order(
    shared_world: World, reports: list[list[tuple[str, str, int]]], data: st.DataObject
) -> None:
    outcomes = []
    for heard in (
        reports,
        data.draw(st.permutations(reports + data.draw(st.lists(st.sampled_from(reports), max_size=3)))),
    ):
        number = next(_NUMBERS)
        registry, _ = shared_world.registries.add(ACCOUNT, f"u{number}", RegistryAccess("https://r.example"), "here")
        world = replace(shared_world, registry=registry)
        for name in "ab":
            world.tell(0, pushed(f"{name}{number}", 0))
            world.resolve(0, image(f"{name}{number}"))
        store = UsageStore(world.database)
        for report in heard:
            # One count per moment and workload: of two that were seen at one moment nobody knows which is newer.
            seen = [_seen(f"{name}{number}", workload, at, 1) for name, workload, at in dict.fromkeys(report)]
            store.report(ACCOUNT, UsageReport("prod", "agent", tuple(seen)), day(41))
        outcomes.append(_found(world))
    assert outcomes[0] == outcomes[1]
    latest = [max((at for report in reports for name, _, at in report if name == each), default=None) for each in "ab"]
    assert [row[0] for row in outcomes[0][0]] == [None if at is None else day(at) for at in latest]


def _found(world: World) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    mine = (
        "JOIN image ON image.id = image_id JOIN repository ON repository.id = image.repository_id"
        " WHERE registry_id = %s"
    )
    clocks = world.rows(
        f"SELECT in_use_at, watched_until, held_by, watched FROM clocks {mine} ORDER BY image_id", world.registry.id
    )
    places = world.rows(
        "SELECT rank() OVER (ORDER BY image_id), workload, first_seen_at, last_seen_at, reported_by"
        f" FROM image_use {mine} ORDER BY image_id, workload",
        world.registry.id,
    )
    return clocks, places
