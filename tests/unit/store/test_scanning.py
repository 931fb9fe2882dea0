from __future__ import annotations

import pytest

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.monitoring import ScanFrequency
from dogwatch.model.scanning import ScanningConfiguration, ScanningRule
from dogwatch.store.scanning import ScanningStore
from tests.builders.watching import ACCOUNT, World, day, digest, image, pulled, pushed

OFF = "monitoring ended: its repository is no longer scanned"
CHANGED = "scan frequency changed"


def change(world: World, at: float, frequency: ScanFrequency, *filters: str) -> None:
    world.machine[0] = day(at)
    rules = (ScanningRule(frequency, filters),)
    ScanningStore(world.database, world.clock).change(ACCOUNT, ScanningConfiguration(rules=rules))


def frozen(world: World, name: str) -> list[bool]:
    rows = world.rows(
        "SELECT frozen_revision IS NOT NULL FROM monitoring JOIN image ON image.id = image_id WHERE digest = %s "
        "ORDER BY monitoring.id",
        digest(name),
    )
    return [bool(row[0]) for row in rows]


def test_changed_rules_freeze_findings_let_them_follow_end_the_watch_and_begin_it_again(world: World) -> None:
    world.tell(1, pushed("a", 1), pushed("old", 1))
    for name in ("a", "old"):
        world.resolve(1, image(name))
        world.attach(1, name)
    change(world, 2, ScanFrequency.ON_PUSH, "app")
    change(world, 3, ScanFrequency.CONTINUOUS, "ap*")
    change(world, 4, ScanFrequency.CONTINUOUS, "other")
    world.tell(20, pulled("a", 20))
    assert world.clocks("a") == (1, 20, "", 50, "pull", False)
    change(world, 40, ScanFrequency.ON_PUSH, "app")
    assert world.intervals("a") == [
        (1, 2, "pushed", CHANGED),
        (2, 3, CHANGED, CHANGED),
        (3, 4, CHANGED, OFF),
        (40, "forever", "scanning switched on", ""),
    ]
    assert frozen(world, "a") == [False, True, False, True]
    assert world.intervals("old")[-1][1:] == (4, CHANGED, OFF)


def test_a_repository_that_comes_later_has_the_frequency_of_its_rules(world: World) -> None:
    change(world, 1, ScanFrequency.CONTINUOUS, "other")
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    assert world.rows("SELECT name, scan_frequency FROM repository") == [("app", "MANUAL")]
    assert (world.clocks("a")[-1], world.intervals("a")) == (False, [])


def test_rules_that_are_refused_change_nothing(world: World) -> None:
    store = ScanningStore(world.database, world.clock)
    with pytest.raises(InvalidRequestError):
        change(world, 1, ScanFrequency.MANUAL, "app")
    with pytest.raises(NotFoundError):
        store.change("000000000009", ScanningConfiguration())
    assert store.load(ACCOUNT) == ScanningConfiguration()
