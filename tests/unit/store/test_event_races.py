"""Several callers at once: nothing is lost, nothing is doubled, nobody waits in a circle."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from dogwatch.model.registries import RegistryEvent
from tests.builders.watching import ACCOUNT, World, as_day, day, deleted, digest, image, index, pulled, pushed

NAMES = [f"image {number}" for number in range(8)]


def at_once(*works: Callable[[], object]) -> None:
    """Run works in threads of their own, begun together; raises what the first that failed raised."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        gate.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for future in [pool.submit(run, work) for work in works]:
            future.result()


def test_an_event_and_the_resolving_of_its_manifest_do_not_miss_each_other(world: World) -> None:
    for name in NAMES:
        world.hear(1, pushed(name, 1))
        world.apply(1)
        world.hear(2, pulled(name, 2, "ci"))
        at_once(
            lambda name=name: world.resolve(2, image(name)),  # type: ignore[misc]
            lambda: world.apply(2),
        )
        assert world.clocks(name) == (1, 2, "ci", 32, "pull", True)


def test_appliers_resolvers_sweeps_and_changes_of_windows_share_the_work(world: World) -> None:
    dice = random.Random(1)
    told: list[RegistryEvent] = []
    for at in range(60):
        name = dice.choice(NAMES)
        told += [pushed(name, at, dice.choice(["", "t"])), pulled(name, at + 0.5, "ci"), pushed("index", at)]
    last_pull = {event.digest: event.occurred_at for event in told if event.kind == "pulled"}
    world.hear(0, pushed("doomed", 0))
    world.apply(0)
    world.resolve(0, image("doomed", layers=["base"]))
    told.append(deleted("doomed", 60))
    dice.shuffle(told)

    def hear() -> None:
        for start in range(0, len(told), 7):
            world.hear(61, *told[start : start + 7])

    def apply() -> None:
        for _ in range(20):
            world.events.apply_events(5, day(61))

    def resolve() -> None:
        for name in NAMES:
            world.resolve(61, image(name, layers=["base"]))
        world.resolve(61, index("index", [image(name, layers=["base"]) for name in NAMES]))

    def disturb() -> None:
        for number in range(8):
            world.watch.end_expired(day(61), 3)
            world.set_windows(61, f"DAYS_{30 + number}", "DAYS_30")
            world.attach(61, "doomed", f"inventory {number}")

    at_once(hear, apply, apply, resolve, disturb)
    world.apply(61)
    world.set_windows(61, "DAYS_30", "DAYS_30")
    for name in NAMES:
        pulled_at = as_day(last_pull[digest(name)])
        assert world.clocks(name) == (59, pulled_at, "ci", max(89, float(str(pulled_at)) + 30), *world.clocks(name)[4:])
        assert world.clocks(name)[-1] is True
    open_rows = "SELECT count(*), count(DISTINCT image_id) FROM monitoring WHERE to_at = '9999-12-31Z'"
    assert world.rows(open_rows) == [(len(NAMES), len(NAMES))]
    assert world.rows("SELECT count(*) FROM clocks WHERE watched") == [(len(NAMES),)]
    assert world.rows("SELECT DISTINCT inventory_id IS NULL FROM monitoring WHERE to_at = '9999-12-31Z'") == [(False,)]
    assert world.rows("SELECT count(*) FROM waiting_event") == [(0,)]


def test_the_same_news_saved_by_many_at_once_is_new_once(world: World) -> None:
    told = [pushed(name, 1) for name in NAMES] * 3
    counts: list[int] = []
    at_once(*(lambda: counts.append(world.hear(1, *random.sample(told, len(told)))) for _ in range(4)))
    assert sum(counts) == len(NAMES)


def test_removing_a_registry_while_its_events_come_leaves_nothing_watched(world: World) -> None:
    for name in NAMES:
        world.tell(1, pushed(name, 1))
        world.resolve(1, image(name))
    world.hear(2, *(pulled(name, 2) for name in NAMES))
    world.machine[0] = day(2)
    at_once(
        lambda: world.registries.remove(ACCOUNT, "local"),
        lambda: world.events.apply_events(3, day(2)),
        lambda: world.events.apply_events(100, day(2)),
        lambda: world.resolve(2, image("another")),
    )
    world.apply(3)
    assert world.rows("SELECT count(*) FROM clocks WHERE watched") == [(0,)]
    assert world.rows("SELECT count(*) FROM monitoring WHERE to_at = '9999-12-31Z'") == [(0,)]
