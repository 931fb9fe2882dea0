from __future__ import annotations

from datetime import timedelta

from tests.builders.watching import World, day, deleted, image, pulled, pushed

TICK = timedelta(microseconds=1)


def watched(world: World, name: str, at: float) -> None:
    world.tell(at, pushed(name, at))
    world.resolve(at, image(name))


def inventories(world: World) -> list[tuple[object, ...]]:
    return world.rows(
        "SELECT image_id, inventory_id, from_at, to_at, begin_reason, end_reason, frozen_revision "
        "FROM monitoring ORDER BY id"
    )


FOREVER = day(0).replace(year=9999, month=12, day=31)


def test_the_sweep_ends_what_is_past_its_deadline_and_the_border_is_inside(world: World) -> None:
    watched(world, "a", 1)
    watched(world, "b", 2)
    assert world.watch.end_expired(day(31), 10) == 0
    assert world.watch.end_expired(day(31) + TICK, 10) == 1
    assert (world.clocks("a")[-1], world.clocks("b")[-1]) == (False, True)
    rows = world.rows("SELECT to_at, end_reason FROM monitoring ORDER BY id")
    assert rows == [(day(31) + TICK, "monitoring ended: both windows are over"), (FOREVER, "")]


def test_the_sweep_takes_the_oldest_first_and_no_more_than_asked(world: World) -> None:
    for number, name in enumerate("cba"):
        watched(world, name, 1 + number)
    assert world.watch.end_expired(day(99), 2) == 2
    assert [world.clocks(name)[-1] for name in "abc"] == [True, False, False]
    assert world.watch.end_expired(day(99), 2) == 1
    assert world.watch.end_expired(day(99), 2) == 0


def test_the_sweep_leaves_a_row_that_is_being_moved(world: World) -> None:
    watched(world, "a", 1)
    with world.database.transaction() as connection:
        connection.execute("SELECT FROM clocks FOR UPDATE")
        assert world.watch.end_expired(day(99), 10) == 0
    assert world.watch.end_expired(day(99), 10) == 1


def test_lifetime_never_ends(world: World) -> None:
    watched(world, "a", 1)
    world.set_windows(2, "LIFETIME", "NONE")
    assert world.watch.end_expired(day(365 * 500), 10) == 0


def test_an_inventory_begins_a_new_interval_and_tells_nothing_of_before(world: World) -> None:
    watched(world, "a", 1)
    inventory = world.attach(2, "a")
    ((image_id, *_),) = world.rows("SELECT id FROM image")
    assert inventories(world) == [
        (image_id, None, day(1), day(2), "pushed", "inventory replaced", None),
        (image_id, inventory, day(2), FOREVER, "first inventory", "", None),
    ]
    assert world.rows("SELECT state, indexed_at FROM image") == [("indexed", day(2))]


def test_an_inventory_at_the_very_beginning_is_part_of_it(world: World) -> None:
    watched(world, "a", 1)
    inventory = world.attach(1, "a")
    ((image_id, *_),) = world.rows("SELECT id FROM image")
    assert inventories(world) == [(image_id, inventory, day(1), FOREVER, "pushed", "", None)]


def test_attaching_the_same_inventory_again_changes_no_interval(world: World) -> None:
    watched(world, "a", 1)
    world.attach(2, "a")
    before = inventories(world)
    world.attach(3, "a", fingerprint="two")
    assert inventories(world) == before
    assert world.rows("SELECT fingerprint FROM layer_chain") == [("two",)]


def test_a_better_inventory_replaces_the_former(world: World) -> None:
    watched(world, "a", 1)
    former = world.attach(1, "a")
    better = world.attach(5, "a", "better", "two")
    assert [row[1:6] for row in inventories(world)] == [
        (former, day(1), day(5), "pushed", "inventory replaced"),
        (better, day(5), FOREVER, "inventory made anew", ""),
    ]


def test_an_inventory_serves_every_image_of_its_chain_and_revives_none(world: World) -> None:
    for name in "abc":
        world.tell(1, pushed(name, 1))
        world.resolve(1, image(name, layers=["base"]))
    world.tell(2, deleted("b", 2))
    world.tell(25, pulled("c", 25))
    world.attach(40, "a")
    assert world.rows("SELECT state FROM image ORDER BY id") == [("indexed",), ("deleted",), ("indexed",)]
    assert [world.clocks(name)[-1] for name in "abc"] == [False, False, True]
    assert [row[5] for row in inventories(world)] == [
        "monitoring ended: both windows are over",
        "monitoring ended: the image was deleted",
        "inventory replaced",
        "",
    ]


def test_scan_on_push_is_frozen_at_its_first_inventory(world: World) -> None:
    with world.database.transaction() as connection:
        connection.execute("INSERT INTO revision VALUES (7, 'osv', 'npm', %s, 0, 0, 0)", (day(0),))
    world.tell(1, pushed("a", 1))
    world.set_frequency("SCAN_ON_PUSH")
    world.resolve(1, image("a"))
    world.attach(2, "a")
    with world.database.transaction() as connection:
        connection.execute("INSERT INTO revision VALUES (8, 'osv', 'npm', %s, 0, 0, 0)", (day(3),))
    world.attach(4, "a", "better", "two")
    assert [row[6] for row in inventories(world)] == [None, 7, 7]
