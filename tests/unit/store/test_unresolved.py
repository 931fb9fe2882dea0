"""Manifests that could not be resolved are counted and listed: not as images, and never passed over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dogwatch.model.coverage import CoverageCount
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import StatusCode, StatusReason
from dogwatch.model.registries import RegistryAccess
from dogwatch.model.views import ImageQuery, UnresolvedView
from dogwatch.store.image_views import ImageViews
from dogwatch.store.unresolved import load_unresolved_page
from tests.builders.watching import ACCOUNT, World, day, deleted, digest, image, index, no_feeds, pulled, pushed

Texts = dict[str, list[tuple[str, str]]]
ACTIVE, INACTIVE = StatusCode.ACTIVE, StatusCode.INACTIVE


def refused(world: World, name: str, now: float = 1, reason: str = "ACCESS_DENIED") -> None:
    world.images.save_unresolved(world.registry.id, "app", digest(name), reason, f"{name} refused", day(now))


def listed(world: World, texts: Texts | None = None, account: str = ACCOUNT) -> list[UnresolvedView]:
    return list(load_unresolved_page(world.database, ImageQuery(account, texts or {}), day(9)).rows)


def standings(world: World, texts: Texts | None = None) -> dict[str, tuple[StatusCode, StatusReason]]:
    letters = {digest(letter): letter for letter in "abcdefghi"}
    return {letters[one.digest]: (one.status_code, one.status_reason) for one in listed(world, texts)}


def counts(world: World) -> tuple[CoverageCount, ...]:
    views = ImageViews(world.database, no_feeds)
    found = views.count_coverage(ImageQuery(ACCOUNT), day(9))
    assert found == views.coverage_of_all(day(9))
    return found


def test_a_manifest_that_was_refused_is_shown_whole_and_counted_until_it_is_resolved(world: World) -> None:
    world.tell(1, pushed("a", 1, "latest"))
    refused(world, "a", 1)
    refused(world, "a", 2)
    assert listed(world) == [
        UnresolvedView(
            account_id=ACCOUNT,
            registry_alias="local",
            registry_url="https://registry.example",
            region="eu-west-1",
            repository="app",
            digest=digest("a"),
            tags=("latest",),
            scan_frequency="CONTINUOUS_SCAN",
            status_code=INACTIVE,
            status_reason=StatusReason.ACCESS_DENIED,
            problem="a refused",
            attempts=2,
            tried_at=day(2),
        )
    ]
    assert counts(world) == (CoverageCount(ACCOUNT, "local", INACTIVE, StatusReason.ACCESS_DENIED, 0, 0, 1),)
    world.resolve(3, image("a"))
    assert listed(world) == []
    assert counts(world) == (CoverageCount(ACCOUNT, "local", ACTIVE, StatusReason.PENDING_INITIAL_SCAN, 1, 0, 0),)


def test_every_standing_of_a_manifest_has_its_status(world: World) -> None:
    world.tell(1, pushed("a", 1), pushed("b", 1), pushed("c", 1), pushed("d", 1), pushed("i", 1), pulled("e", 1))
    refused(world, "b", reason="PENDING_INITIAL_SCAN")  # an outage: its job comes again
    refused(world, "c", reason="INVALID_ARTIFACT")
    refused(world, "d")
    world.tell(2, deleted("d", 2))
    world.resolve(2, index("i", [image("f")], missing=["g"]))
    assert standings(world) == {
        "a": (ACTIVE, StatusReason.PENDING_INITIAL_SCAN),
        "b": (ACTIVE, StatusReason.PENDING_INITIAL_SCAN),
        "c": (INACTIVE, StatusReason.INVALID_ARTIFACT),
        "d": (INACTIVE, StatusReason.RESOURCE_TERMINATED),
        "e": (ACTIVE, StatusReason.PENDING_INITIAL_SCAN),
        "g": (INACTIVE, StatusReason.RESOURCE_TERMINATED),
    }
    tries = {one.digest: (one.attempts, one.tried_at) for one in listed(world)}
    assert (tries[digest("a")], tries[digest("b")]) == ((0, None), (1, day(1)))
    assert [(one.status_reason.value, one.images, one.unresolved) for one in counts(world)] == [
        ("PENDING_INITIAL_SCAN", 1, 3),
        ("INVALID_ARTIFACT", 0, 1),
        ("RESOURCE_TERMINATED", 0, 2),
    ]
    world.tell(3, pushed("d", 3))
    assert standings(world)["d"] == (INACTIVE, StatusReason.ACCESS_DENIED)
    world.set_frequency("MANUAL")
    assert standings(world)["c"] == (INACTIVE, StatusReason.SCAN_FREQUENCY_MANUAL)
    world.registries.remove(ACCOUNT, "local")
    assert set(standings(world).values()) == {(INACTIVE, StatusReason.RESOURCE_TERMINATED)}


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ({"status_reason": [("EQUALS", "ACCESS_DENIED")]}, "a"),
        ({"status_code": [("EQUALS", "ACTIVE")]}, "b"),
        ({"repository": [("PREFIX", "a")], "registry": [("EQUALS", "local")]}, "ab"),
        ({"place": [("EQUALS", "local/app")]}, "ab"),
        ({"place": [("NOT_EQUALS", "local/app")]}, ""),
        ({"digest": [("EQUALS", digest("b"))]}, "b"),
        ({"tag": [("EQUALS", "latest")]}, "a"),
        ({"tag": [("NOT_EQUALS", "latest")]}, "b"),
        ({"architecture": [("EQUALS", "amd64")]}, ""),
        ({"image": [("EQUALS", "1")]}, ""),
    ],
)
def test_filters_on_images_hold_for_manifests_too(world: World, texts: Texts, found: str) -> None:
    world.tell(1, pushed("a", 1, "latest"), pushed("b", 1))
    refused(world, "a")
    assert "".join(sorted(standings(world, texts))) == found
    query = ImageQuery(ACCOUNT, texts)
    assert sum(one.unresolved for one in ImageViews(world.database, no_feeds).count_coverage(query, day(9))) == len(
        found
    )


def test_times_that_never_came_lie_in_no_span(world: World) -> None:
    world.tell(1, pushed("a", 1))
    query = ImageQuery(ACCOUNT, times={"indexed_at": [(None, day(9))]})
    assert load_unresolved_page(world.database, query, day(9)).rows == ()


def test_pages_follow_each_other_and_accounts_see_their_own(world: World) -> None:
    world.tell(1, *(pushed(letter, 1) for letter in "abcde"))
    query = ImageQuery(ACCOUNT, limit=2)
    sizes, seen = [], []
    while True:
        page = load_unresolved_page(world.database, query, day(9))
        sizes.append(len(page.rows))
        seen += [one.digest for one in page.rows]
        if not page.next:
            break
        query = replace(query, after=page.next)
    assert (sizes, seen) == ([2, 2, 1], sorted(digest(letter) for letter in "abcde"))
    world.registries.ensure_account("000000000001")
    world.registries.add("000000000001", "other", RegistryAccess("https://other.example"), "x")
    assert listed(world, account="000000000001") == []
    for wrong in (ImageQuery(ACCOUNT, after="x"), ImageQuery(ACCOUNT, limit=0), ImageQuery(ACCOUNT, limit=1001)):
        with pytest.raises(InvalidRequestError):
            load_unresolved_page(world.database, wrong, day(9))
    with pytest.raises(InvalidRequestError):
        load_unresolved_page(world.database, ImageQuery(ACCOUNT, {"colour": []}), day(9))
    images = ImageViews(world.database, no_feeds).images(ImageQuery(ACCOUNT), day(9))
    assert images.rows == ()
