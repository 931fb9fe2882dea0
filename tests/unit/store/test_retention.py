"""What is deleted can be missed by nobody: clocks come out the same, and what nobody has read stays."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dogwatch.model.registries import EventKind, EventOrigin, RegistryEvent
from dogwatch.store.retention import RetentionStore
from tests.builders.watching import World, as_day, day, deleted, event, image, index, pulled, pushed

YOUNG = 91  # the day before which everything is old, in these tests


def notices(world: World, *received: tuple[float, bool]) -> None:
    """Store notices of days, some of which were read."""
    with world.database.transaction() as connection:
        for at, is_read in received:
            connection.execute(
                "INSERT INTO notice (registry_id, received_at, content_type, body, read_at)"
                " VALUES (%s, %s, '', '', %s)",
                (world.registry.id, day(at), day(at) if is_read else None),
            )


def events(world: World) -> list[tuple[object, ...]]:
    rows = world.rows("SELECT kind, occurred_at, own FROM registry_event ORDER BY id")
    return [tuple(map(as_day, row)) for row in rows]


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
def test_notices_go_once_they_are_old_and_were_read(world: World, rows: int) -> None:
    notices(world, (1, True), (2, False), (3, True), (8, True), (9, False), (10, True))
    RetentionStore(world.database, rows).delete_notices(day(8))
    assert world.rows("SELECT id FROM notice ORDER BY id") == [(2,), (4,), (5,), (6,)]


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_only_pulls_that_a_later_one_outdoes_go(world: World, rows: int) -> None:
    for one in (
        pushed("a", 1, "latest"),
        pulled("a", 2),
        pulled("a", 3),
        event(EventKind.PULLED, "a", 4, own=True),
        pulled("b", 5),
        deleted("a", 6),
        pushed("a", 7, "latest"),
        pulled("a", 92),
        pulled("a", 93),
    ):
        world.tell(max((one.occurred_at - day(0)).days, 0), one)
    RetentionStore(world.database, rows).delete_pulls(day(YOUNG))
    assert events(world) == [
        ("pushed", 1, False),
        ("pulled", 5, False),
        ("deleted", 6, False),
        ("pushed", 7, False),
        ("pulled", 92, False),
        ("pulled", 93, False),
    ]


def test_a_pull_that_waits_to_be_taken_in_stays_and_outdoes_nothing(world: World) -> None:
    world.tell(2, pushed("a", 1), pulled("a", 2))
    world.hear(3, pulled("a", 3))
    RetentionStore(world.database).delete_pulls(day(YOUNG))
    assert events(world) == [("pushed", 1, False), ("pulled", 2, False), ("pulled", 3, False)]


def test_a_pull_that_polling_saw_is_outdone_only_by_another(world: World) -> None:
    world.hear(2, pulled("i", 2), origin=EventOrigin.POLL)
    world.tell(3, pulled("i", 3))
    RetentionStore(world.database).delete_pulls(day(YOUNG))
    assert events(world) == [("pulled", 2, False), ("pulled", 3, False)]


_pulls = st.lists(
    st.tuples(st.sampled_from("aib"), st.integers(1, 30), st.sampled_from(EventOrigin), st.booleans()), max_size=12
)


@given(pulls=_pulls, rows=st.integers(1, 5))
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
def test_clocks_of_what_becomes_known_later_are_the_same(
    world: World, pulls: Sequence[tuple[str, int, EventOrigin, bool]], rows: int
) -> None:
    world.set_windows(0, "DAYS_30", "LIFETIME")
    assert _clocks_after(world, pulls, rows) == _clocks_after(world, pulls, None)


def _clocks_after(world: World, pulls: Sequence[tuple[str, int, EventOrigin, bool]], rows: int | None) -> object:
    """Hear of pulls, delete what is old unless `rows` is None, and only then learn what the manifests are."""
    with world.database.transaction() as connection:
        connection.execute(
            "TRUNCATE registry_event, image, image_index, index_image, clocks, monitoring, layer_chain, repository,"
            " unresolved_manifest, missing_child, tag CASCADE"
        )
    world.tell(1, pushed("i", 1))
    for name, at, origin, own in pulls:
        one: RegistryEvent = event(EventKind.PULLED, name, at, own=own, by=f"{name} {at}")
        world.hear(at, one, origin=origin)
    world.apply(30)
    if rows is not None:
        RetentionStore(world.database, rows).delete_pulls(day(YOUNG))
    world.resolve(100, index("i", [image("a"), image("b")]))
    return world.clocks("a"), world.clocks("b")
