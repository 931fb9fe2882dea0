"""What could not be read is read again by itself: when it may help, less and less often, and never without end."""

from __future__ import annotations

import pytest

from dogwatch.model.monitoring import StatusReason
from tests.builders.watching import ACCOUNT, World, day, digest, image, index, pulled, pushed

HOUR = 1 / 24
MAY_PASS = {StatusReason.ACCESS_DENIED, StatusReason.INTERNAL_ERROR}


def failed(world: World, name: str, reason: str = "INTERNAL_ERROR") -> int:
    """Return an image that extractors "one" failed to read on day 1."""
    world.tell(1, pushed(name, 1))
    (image_id,) = world.resolve(1, image(name))
    world.images.record_failure(image_id, "one", reason, "no", day(1))
    return image_id


def waiting(world: World, now: float, fingerprint: str = "one") -> tuple[int, ...]:
    return world.images.load_waiting(fingerprint, day(now), 10)


def test_a_failed_image_is_read_again_after_an_hour_then_six_then_a_day(world: World) -> None:
    image_id = failed(world, "a")
    now = 1.0
    for wait in (1, 6, 24, 24, 24):
        assert waiting(world, now + (wait - 0.01) * HOUR) == ()
        now += wait * HOUR
        assert waiting(world, now) == (image_id,)
        world.images.record_failure(image_id, "one", "INTERNAL_ERROR", "still no", day(now))
    assert world.rows("SELECT state, problem FROM image") == [("failed", "still no")]


@pytest.mark.parametrize(
    "reason", sorted({StatusReason.INVALID_ARTIFACT, StatusReason.STORAGE_LIMIT_EXCEEDED} | MAY_PASS)
)
def test_only_what_may_pass_is_tried_again_by_itself(world: World, reason: StatusReason) -> None:
    image_id = failed(world, "a", reason)
    assert waiting(world, 20) == ((image_id,) if reason in MAY_PASS else ())


@pytest.mark.parametrize("reason", ["INVALID_ARTIFACT", "ACCESS_DENIED"])
def test_other_extractors_try_at_once_and_count_anew(world: World, reason: str) -> None:
    image_id = failed(world, "a", reason)
    assert waiting(world, 1, "two") == (image_id,)
    world.images.record_failure(image_id, "one", reason, "no", day(2))
    world.images.record_failure(image_id, "two", reason, "no", day(3))
    assert world.rows("SELECT fingerprint, attempts FROM index_failure") == [("two", 1)]


def test_a_push_gives_wrong_content_another_chance_from_the_beginning(world: World) -> None:
    image_id = failed(world, "a", "INVALID_ARTIFACT")
    world.tell(2, pushed("a", 2))
    assert waiting(world, 2) == (image_id,)
    assert world.rows("SELECT count(*) FROM index_failure") == [(0,)]


def test_an_image_that_is_no_longer_watched_is_not_tried_again(world: World) -> None:
    failed(world, "a")
    world.watch.end_expired(day(40), 10)
    assert waiting(world, 40) == ()


def test_an_image_that_newer_extractors_fail_at_keeps_its_inventory_and_is_not_tried_every_minute(world: World) -> None:
    world.tell(1, pushed("a", 1))
    (image_id,) = world.resolve(1, image("a"))
    world.attach(1, "a", fingerprint="one")

    def to_reread(now: float) -> tuple[int, ...]:
        return world.images.load_to_reread("two", day(now), 10)

    assert to_reread(2) == (image_id,)
    world.images.record_failure(image_id, "two", "INTERNAL_ERROR", "child died", day(2))
    assert world.rows("SELECT state, problem FROM image") == [("indexed", "")]
    assert to_reread(2 + 0.5 * HOUR) == ()
    assert to_reread(2 + HOUR) == (image_id,)
    world.attach(3, "a", fingerprint="two")
    assert world.rows("SELECT count(*) FROM index_failure") == [(0,)]


def test_a_pending_image_says_why_it_is_and_stops_when_it_is_read(world: World) -> None:
    world.tell(1, pushed("a", 1))
    (image_id,) = world.resolve(1, image("a"))
    world.images.record_delay(image_id, "registry does not answer\0")
    assert world.rows("SELECT state, problem FROM image") == [("pending", "registry does not answer\ufffd")]
    world.attach(2, "a")
    world.images.record_delay(image_id, "late")
    assert world.rows("SELECT state, problem FROM image") == [("indexed", "")]


@pytest.mark.parametrize("reason", StatusReason)
def test_a_manifest_is_tried_again_by_itself_only_where_that_may_help(world: World, reason: StatusReason) -> None:
    world.tell(1, pushed("a", 1))
    world.images.save_unresolved(world.registry.id, "app", digest("a"), reason, "no", day(1))
    is_tried = reason in MAY_PASS | {StatusReason.PENDING_INITIAL_SCAN}
    assert world.events.load_unresolved(day(9), 10) == ((world.manifest("a"),) if is_tried else ())
    assert world.tell(9, pushed("a", 9)) == (world.manifest("a"),)


def test_a_child_that_the_registry_does_not_have_waits_for_its_push(world: World) -> None:
    world.tell(1, pushed("i", 1))
    world.resolve(1, index("i", [image("a")], missing=["b"]))
    assert world.rows("SELECT digest, status_reason FROM unresolved_manifest") == [(digest("b"), "RESOURCE_TERMINATED")]
    assert world.events.load_unresolved(day(9), 10) == ()
    assert world.tell(9, pulled("b", 9)) == (world.manifest("b"),)
    assert world.rows("SELECT account_id FROM image") == [(ACCOUNT,)]
