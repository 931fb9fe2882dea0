"""What is there when a registry is added: all of it counts, or as much as its age allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.images import ResolvedImage
from dogwatch.model.registries import LookBack, RegistryAccess, TagListing
from dogwatch.model.views import ImageQuery
from dogwatch.store.image_views import ImageViews
from dogwatch.store.scanning import AccountSwitches
from tests.builders.watching import ACCOUNT, START, World, day, digest, image, index, pulled, pushed

AGES = {"new": -5, "old": -20, "older": -40, "undated": None, "absurd": -20_000}
WHEN_FOUND = (0, 30, True)


def created(name: str, at: float | None) -> ResolvedImage:
    resolved = image(name)
    moment: datetime | None = None if at is None else day(at)
    return replace(resolved, config=replace(resolved.config, created_at=moment))


def add(world: World, look_back: str) -> None:
    """Take another registry for the world's, in which images of all ages stand."""
    access = RegistryAccess("https://other.example")
    world.registry, _ = world.registries.add(ACCOUNT, "other", access, "here", LookBack.parse(look_back))


def poll(world: World, at: float, **tags: str) -> None:
    listing = TagListing("app", tuple((tag, digest(name)) for tag, name in tags.items()))
    for manifest in world.events.save_listing(world.registry.id, listing, day(at)):
        name = next(one for one in AGES if digest(one) == manifest.digest)
        world.resolve(at, created(name, AGES[name]))


def found(world: World) -> dict[str, tuple[object, ...]]:
    """Return (pushed, until, watched) of every image."""
    return {name: (row[0], row[3], row[5]) for name in AGES if (row := world.clocks(name))}


@pytest.mark.parametrize(
    ("look_back", "new", "old"),
    [
        ("ALL", WHEN_FOUND, WHEN_FOUND),
        ("WINDOWS", (-5, 25, True), (-20, 10, True)),
        ("DAYS_14", (-5, 25, True), (-20, 10, False)),
    ],
)
def test_what_was_there_is_as_old_as_its_config_says(
    world: World, look_back: str, new: tuple[object, ...], old: tuple[object, ...]
) -> None:
    add(world, look_back)
    poll(world, 0, **{name: name for name in AGES})
    older = WHEN_FOUND if look_back == "ALL" else (-40, -10, False)
    undated = {"undated": WHEN_FOUND, "absurd": WHEN_FOUND}
    assert found(world) == {"new": new, "old": old, "older": older, **undated}


def test_what_is_outside_says_so_and_wakes_by_an_event_as_any(world: World) -> None:
    add(world, "DAYS_14")
    poll(world, 0, old="old")
    (row,) = ImageViews(world.database, lambda _: ()).images(ImageQuery(ACCOUNT), day(1)).rows
    assert (row.status_code, row.status_reason) == ("INACTIVE", "SCAN_ELIGIBILITY_EXPIRED")
    assert row.why.startswith("not watched: it is from before 2025-12-18, further back than its registry was looked at")
    for is_on in (False, True):
        AccountSwitches(world.database, world.clock).switch(ACCOUNT, is_on=is_on)
        world.apply_scanning(1)
    poll(world, 2, old="old")
    assert world.clocks("old") == (-20, None, "", 10, "push", False)
    world.tell(3, pulled("old", 3))
    assert world.intervals("old") == [(3, "forever", "pulled again", "")]


def test_only_what_the_first_whole_poll_sees_was_there_before(world: World) -> None:
    add(world, "WINDOWS")
    poll(world, 0, older="older")
    world.registries.record_poll(world.registry.id, day(0), "team: refused")
    poll(world, 1, older="older", old="old")
    world.registries.record_poll(world.registry.id, day(1), "")
    poll(world, 2, older="older", old="old", new="new", again="older")
    ages = {name: row[0] for name, row in found(world).items()}
    assert ages == {"older": 2, "old": -20, "new": 2}, "a new tag is a push, and so is what was not there"


def test_what_was_heard_before_the_first_poll_counts_beside_it(world: World) -> None:
    add(world, "DAYS_14")
    world.tell(0, pulled("old", 0), pushed("new", 0))
    for name in ("old", "new"):
        world.resolve(0, created(name, AGES[name]))
    poll(world, 1, old="old", new="new")
    assert found(world) == {"old": (-20, 30, True), "new": (0, 30, True)}


def test_images_behind_an_index_have_ages_of_their_own(world: World) -> None:
    add(world, "WINDOWS")
    listing = TagListing("app", (("latest", digest("both")),))
    world.events.save_listing(world.registry.id, listing, day(0))
    world.resolve(0, index("both", [created("new", -5), created("older", -40)]))
    assert found(world) == {"new": (-5, 25, True), "older": (-40, -10, False)}


def test_a_look_back_comes_back_as_it_was_given_and_nothing_else_is_one(world: World) -> None:
    for text in ("ALL", "WINDOWS", "DAYS_14"):
        assert str(LookBack.parse(text)) == text
    add(world, "DAYS_14")
    assert world.registries.load(world.registry.id).look_back == LookBack(is_all=False, days=14)
    for wrong in ("", "LIFETIME", "DAYS_0", "14", "NONE"):
        with pytest.raises(InvalidRequestError):
            LookBack.parse(wrong)
    assert day(0) == START
