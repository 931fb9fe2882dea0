from __future__ import annotations

from dataclasses import replace

import pytest

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.exclusions import MAX_EXCLUSIONS, ExclusionKind
from dogwatch.store.exclusions import ExclusionStore
from dogwatch.store.histories import load_history
from tests.builders.watching import ACCOUNT, World, day, deleted, image, pulled, pushed

PRINCIPAL, ADDRESS = ExclusionKind.PRINCIPAL, ExclusionKind.ADDRESS


def exclude(world: World, now: float, kind: ExclusionKind, pattern: str) -> int:
    world.machine[0] = day(now)
    return ExclusionStore(world.database, world.clock).add(ACCOUNT, kind, pattern, "noise", "ann").id


def notes(world: World) -> list[tuple[str, bool, str]]:
    events = load_history(world.database, ACCOUNT, 1, 99, "", day(99)).events
    return [(str(one.kind), one.counts, one.note) for one in reversed(events)]


def test_what_is_heard_while_an_entry_stands_moves_no_clock_and_is_shown_as_such(world: World) -> None:
    world.tell(0, pushed("a", 0))
    world.resolve(0, image("a"))
    world.tell(1, pulled("a", 1, "mirror"))
    number = exclude(world, 2, PRINCIPAL, "mir*")
    world.tell(3, pulled("a", 3, "mirror"))
    world.resolve(4, image("a"))  # a replay reads the history anew
    assert world.clocks("a")[:3] == (0.0, 1.0, "mirror")
    world.machine[0] = day(5)
    ExclusionStore(world.database, world.clock).remove(ACCOUNT, number, "ann")
    world.tell(6, pulled("a", 4, "mirror"))
    assert world.clocks("a")[:3] == (0.0, 4.0, "mirror")
    assert notes(world) == [
        ("pushed", True, ""),
        ("pulled", True, ""),
        ("pulled", False, "excluded: principal mir*"),
        ("pulled", True, ""),
    ]


def test_the_list_that_counts_is_that_of_the_moment_of_hearing_not_of_reading(world: World) -> None:
    exclude(world, 5, ADDRESS, "192.0.2.0/24")
    world.tell(0, pushed("a", 0))
    world.resolve(0, image("a"))
    before, after = (replace(pulled("a", at, "ci"), client_address="192.0.2.1:5") for at in (4, 6))
    world.hear(4, before)
    world.hear(6, after)
    world.apply(6)
    assert world.clocks("a")[1] == 4.0


def test_an_excluded_push_makes_an_image_known_moves_its_tag_and_brings_it_back_but_restarts_no_clock(
    world: World,
) -> None:
    exclude(world, 0, PRINCIPAL, "mirror")
    mirrored = replace(pushed("a", 1, "v1"), actor="mirror")
    assert world.tell(1, mirrored) == (world.manifest("a"),)
    world.resolve(1, image("a"))
    assert (world.clocks("a"), list(world.tags())) == ((None, None, "", None, None, False), ["v1"])
    world.tell(2, pushed("a", 2))
    world.tell(3, deleted("a", 3))
    world.tell(4, replace(pushed("a", 4), actor="mirror"))
    assert world.clocks("a") == (2.0, None, "", 32.0, "push", True)
    assert world.intervals("a")[-1][2:] == ("there again", "")


def test_the_list_belongs_to_its_account_and_is_short(world: World) -> None:
    store = ExclusionStore(world.database, world.clock)
    number = exclude(world, 0, ADDRESS, "192.0.2.1")
    with pytest.raises(InvalidRequestError, match="already"):
        exclude(world, 0, ADDRESS, "192.0.2.1/32")
    for attempt in ("999999999999", ACCOUNT):
        with pytest.raises(NotFoundError):
            store.remove(attempt, number + (attempt == ACCOUNT), "ann")
    with pytest.raises(NotFoundError):
        store.add("999999999999", ADDRESS, "192.0.2.1", "", "ann")
    for each in range(1, MAX_EXCLUSIONS):
        exclude(world, 0, PRINCIPAL, f"robot{each}")
    with pytest.raises(InvalidRequestError, match="at most 100"):
        exclude(world, 0, PRINCIPAL, "one more")
    assert (len(store.list(ACCOUNT)), store.list("999999999999")) == (MAX_EXCLUSIONS, ())
