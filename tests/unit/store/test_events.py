from __future__ import annotations

from datetime import timedelta

import pytest

from dogwatch.model.registries import EventKind, EventOrigin, NoticeReading, RegistryEvent, TagListing
from tests.builders.watching import (
    World,
    day,
    deleted,
    digest,
    event,
    image,
    index,
    pulled,
    pushed,
    signature,
)

EXPIRED = "monitoring ended: both windows are over"
DELETED = "monitoring ended: the image was deleted"
TICK = timedelta(microseconds=1) / timedelta(days=1)


def listing(**tags: str) -> TagListing:
    return TagListing("app", tuple((tag, digest(name)) for tag, name in tags.items()))


def test_a_push_of_an_unknown_manifest_asks_to_resolve_it_and_is_not_lost(world: World) -> None:
    assert world.tell(1, pushed("a", 1, "latest")) == (world.manifest("a"),)
    assert len(world.resolve(1.5, image("a"))) == 1
    assert world.clocks("a") == (1, None, "", 31, "push", True)
    assert world.intervals("a") == [(1.5, "forever", "pushed", "")]
    assert world.tags() == {"latest": digest("a")}


def test_a_known_manifest_is_not_asked_for_again(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    assert world.tell(2, pushed("a", 2, "second"), pulled("a", 2)) == ()


def test_hearing_an_event_twice_changes_nothing(world: World) -> None:
    told = event(EventKind.PUSHED, "a", 1, event_id="x")
    assert world.hear(1, told, told) == 1
    assert world.hear(2, told) == 0


def test_a_registrys_clock_that_is_ahead_lengthens_nothing(world: World) -> None:
    world.tell(1, pushed("a", 500))
    world.resolve(1, image("a"))
    assert world.clocks("a")[0] == 1


def test_a_second_tag_restarts_the_push_clock_and_an_older_push_does_not(world: World) -> None:
    world.tell(1, pushed("a", 1, "one"))
    world.resolve(1, image("a"))
    world.tell(5, pushed("a", 5, "two"))
    world.tell(6, pushed("a", 3, "three"))
    assert world.clocks("a") == (5, None, "", 35, "push", True)
    assert world.tags() == {"one": digest("a"), "two": digest("a"), "three": digest("a")}


def test_a_pull_says_who_and_our_own_reads_say_nothing(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.tell(3, pulled("a", 2, "ci"), event(EventKind.PULLED, "a", 3, by="dogwatch", own=True))
    assert world.clocks("a") == (1, 2, "ci", 32, "pull", True)


def test_our_own_reads_of_an_unknown_manifest_ask_for_nothing(world: World) -> None:
    assert world.tell(1, event(EventKind.PULLED, "a", 1, own=True)) == ()


def test_a_pull_wakes_an_expired_image_and_the_gap_stays_in_history(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.attach(1, "a")
    assert world.watch.end_expired(day(40), 10) == 1
    assert world.tell(50, pulled("a", 50)) == ()
    assert world.intervals("a") == [
        (1, 31 + TICK, "pushed", EXPIRED),
        (50, "forever", "pulled again", ""),
    ]


def test_a_pull_before_a_late_sweep_bridges_nothing(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.tell(50, pulled("a", 49))
    assert world.clocks("a") == (1, 49, "", 79, "pull", True)
    assert world.intervals("a") == [
        (1, 31 + TICK, "pushed", EXPIRED),
        (50, "forever", "pulled again", ""),
    ]


def test_a_pull_of_long_ago_wakes_nothing(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.watch.end_expired(day(100), 10)
    world.tell(100, pulled("a", 69))
    assert world.clocks("a") == (1, 69, "", 99, "pull", False)
    world.tell(100, pulled("a", 70))
    assert world.clocks("a") == (1, 70, "", 100, "pull", True)


def test_scan_on_push_is_woken_by_a_push_only(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.set_frequency("SCAN_ON_PUSH")
    world.resolve(1, image("a"))
    world.watch.end_expired(day(40), 10)
    world.tell(50, pulled("a", 50))
    assert world.clocks("a")[-1] is False
    world.tell(51, pushed("a", 51))
    assert world.clocks("a")[-1] is True


def test_a_manual_repository_is_never_watched(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.set_frequency("MANUAL")
    assert world.resolve(1, image("a")) == ()
    world.tell(2, pushed("a", 2), pulled("a", 2))
    assert (world.clocks("a")[-1], world.intervals("a")) == (False, [])


def test_a_push_of_a_watched_scan_on_push_image_judges_it_anew(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.set_frequency("SCAN_ON_PUSH")
    world.resolve(1, image("a"))
    world.attach(1, "a")
    with world.database.transaction() as connection:
        connection.execute("INSERT INTO revision VALUES (7, 'osv', 'npm', %s, 0, 0, 0)", (day(2),))
    world.tell(2, pulled("a", 2))
    world.tell(3, pushed("a", 3))
    rows = world.rows("SELECT frozen_revision, end_reason FROM monitoring ORDER BY id")
    assert rows == [(0, "inventory replaced"), (7, "")]


def test_a_deletion_ends_monitoring_and_takes_the_tags_along(world: World) -> None:
    world.tell(1, pushed("a", 1, "one"), pushed("b", 1, "other"))
    world.resolve(1, image("a"))
    world.tell(5, deleted("a", 5))
    assert world.clocks("a")[-1] is False
    assert world.intervals("a") == [(1, 5, "pushed", DELETED)]
    assert world.tags() == {"other": digest("b")}
    assert world.rows("SELECT state FROM image") == [("deleted",)]
    assert world.tell(6, pulled("a", 6)) == ()
    assert world.clocks("a")[-1] is False


def test_a_new_push_of_a_deleted_digest_resumes_the_same_image_with_its_inventory(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    inventory = world.attach(1, "a")
    world.tell(5, deleted("a", 5))
    assert world.tell(6, pushed("a", 6)) == ()
    assert world.rows("SELECT state FROM image") == [("indexed",)]
    assert world.rows("SELECT inventory_id, begin_reason FROM monitoring ORDER BY id DESC LIMIT 1") == [
        (inventory, "pushed again")
    ]


def test_a_deleted_image_that_was_never_read_is_asked_for_when_it_comes_back(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.tell(5, deleted("a", 5))
    assert world.tell(6, pushed("a", 6)) == (world.manifest("a"),)
    assert world.rows("SELECT state FROM image") == [("pending",)]


def test_a_push_gives_a_failed_image_another_chance(world: World) -> None:
    world.tell(1, pushed("a", 1))
    (image_id,) = world.resolve(1, image("a"))
    world.images.record_failure(image_id, "one", "ACCESS_DENIED", "401", day(1))
    assert world.tell(2, pulled("a", 2)) == ()
    assert world.rows("SELECT state FROM image") == [("failed",)]
    assert world.tell(3, pushed("a", 3)) == (world.manifest("a"),)
    assert world.rows("SELECT state, problem FROM image") == [("pending", "")]


def test_a_late_deletion_does_not_undo_a_newer_push(world: World) -> None:
    world.tell(1, pushed("a", 1, "one"))
    world.resolve(1, image("a"))
    world.tell(6, pushed("a", 6, "one"))
    world.tell(7, deleted("a", 5))
    assert world.clocks("a")[-1] is True
    assert world.tags() == {"one": digest("a")}


def test_a_deleted_tag_removes_the_tag_only(world: World) -> None:
    world.tell(1, pushed("a", 1, "one"))
    world.resolve(1, image("a"))
    world.tell(2, deleted("", 2, "one"))
    assert world.tags() == {}
    assert world.clocks("a")[-1] is True
    world.tell(3, pushed("a", 1.5, "one"))
    assert world.tags() == {}


def test_a_tag_moves_to_the_later_push_whatever_the_order(world: World) -> None:
    world.tell(5, pushed("b", 4, "latest"))
    world.tell(6, pushed("a", 2, "latest"))
    assert world.tags() == {"latest": digest("b")}


def test_a_push_of_an_index_restarts_the_push_clock_of_all_its_images(world: World) -> None:
    world.tell(1, pushed("a", 1), pushed("b", 1), pushed("i", 1, "latest"))
    world.resolve(1, index("i", [image("a"), image("b", architecture="arm64")]))
    world.tell(9, pushed("i", 9, "again"))
    assert world.clocks("a")[0] == world.clocks("b")[0] == 9


def test_a_pull_of_an_index_credits_the_platform_that_was_fetched(world: World) -> None:
    world.tell(1, pushed("i", 1, "latest"))
    world.resolve(1, index("i", [image("a"), image("b")]))
    world.tell(9, pulled("i", 9), pulled("a", 9))
    assert (world.clocks("a")[1], world.clocks("b")[1]) == (9, None)


def test_a_pull_of_an_index_that_only_polling_tells_credits_all_its_images(world: World) -> None:
    world.tell(1, pushed("i", 1, "latest"))
    world.resolve(1, index("i", [image("a"), image("b")]))
    world.hear(9, pulled("i", 9, "x"), origin=EventOrigin.POLL)
    world.apply(9)
    assert world.clocks("a") == world.clocks("b") == (1, 9, "x", 39, "pull", True)


def test_deleting_an_index_leaves_its_images(world: World) -> None:
    world.tell(1, pushed("i", 1, "latest"))
    world.resolve(1, index("i", [image("a")]))
    world.tell(2, deleted("i", 2))
    assert world.rows("SELECT deleted_at FROM image_index") == [(day(2),)]
    assert (world.tags(), world.clocks("a")[-1]) == ({}, True)
    world.tell(3, pushed("i", 3, "latest"))
    assert world.rows("SELECT deleted_at FROM image_index") == [(None,)]
    assert world.tags() == {"latest": digest("i")}


def test_other_artifacts_are_known_and_no_images(world: World) -> None:
    assert world.tell(1, pushed("s", 1)) == (world.manifest("s"),)
    assert world.resolve(1, signature("s", "a")) == ()
    assert world.tell(2, pushed("s", 2, "sha256-x.sig")) == ()
    assert world.rows("SELECT count(*) FROM image") == [(0,)]


def test_what_is_gone_again_is_not_asked_for(world: World) -> None:
    assert world.tell(3, pushed("a", 1), deleted("a", 2)) == ()


def test_what_could_not_be_resolved_is_tried_again_less_and_less_often_and_at_once_when_pushed(world: World) -> None:
    minute = 1 / 1440
    asked = (world.manifest("a"),)
    assert world.tell(1, pushed("a", 1)) == asked
    for attempt, wait in enumerate((5, 10, 20, 40)):
        now = 10 + attempt
        world.images.save_unresolved(world.registry.id, "app", digest("a"), "INVALID_ARTIFACT", "no JSON", day(now))
        assert world.tell(now + (wait - 1) * minute, pulled("a", now)) == ()
        assert world.tell(now + wait * minute, pulled("a", now)) == asked
    assert world.tell(13, pushed("a", 13)) == asked


def test_a_manifest_whose_job_was_lost_is_found_again(world: World) -> None:
    minute = 1 / 1440
    world.tell(1, pushed("a", 1), pushed("b", 1), pulled("c", 1), pushed("s", 1), pushed("i", 1))
    world.resolve(1, index("i", [image("b")]))
    world.resolve(1, signature("s", "b"))
    both = tuple(sorted((world.manifest("a"), world.manifest("c")), key=lambda manifest: manifest.digest))
    assert world.events.load_unresolved(day(1), 10) == ()
    assert world.events.load_unresolved(day(1 + minute), 10) == both
    assert world.events.load_unresolved(day(1 + minute), 1) == both[:1]
    world.resolve(2, image("c"))
    waits: list[int] = []
    now = 2.0
    while len(waits) < 20:
        world.images.save_unresolved(world.registry.id, "app", digest("a"), "INTERNAL_ERROR", "500", day(now))
        until = next(x for x in range(5, 1500, 5) if world.events.load_unresolved(day(now + x * minute), 10))
        waits.append(until)
        now += until * minute
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 1280] + [1440] * 11
    assert world.tell(now + 9, pushed("a", now + 9)) == (world.manifest("a"),)


def test_what_is_gone_from_the_registry_waits_for_a_push(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.images.save_unresolved(world.registry.id, "app", digest("a"), "RESOURCE_TERMINATED", "404", day(1))
    assert world.events.load_unresolved(day(9), 10) == ()
    assert world.tell(9, pushed("a", 9)) == (world.manifest("a"),)


def test_events_of_a_removed_registry_come_to_nothing(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.machine[0] = day(5)
    world.registries.remove("123456789012", "local")
    assert world.tell(6, pushed("a", 6), pushed("b", 6)) == ()
    assert world.intervals("a") == [(1, 5, "pushed", "monitoring ended: the registry was removed")]
    assert world.clocks("a")[-1] is False


def test_a_first_poll_takes_what_it_sees_as_pushed_now(world: World) -> None:
    unknown = world.events.save_listing(world.registry.id, listing(one="a", two="a", three="b"), day(3))
    assert set(unknown) == {world.manifest("a"), world.manifest("b")}
    world.resolve(3.5, image("a"))
    assert world.clocks("a") == (3, None, "", 33, "push", True)
    assert world.tags() == {"one": digest("a"), "two": digest("a"), "three": digest("b")}


def test_polling_again_moves_no_clock(world: World) -> None:
    world.events.save_listing(world.registry.id, listing(one="a"), day(3))
    world.resolve(3, image("a"))
    assert world.events.save_listing(world.registry.id, listing(one="a"), day(4)) == ()
    assert world.clocks("a")[0] == 3


def test_polling_sees_tags_that_move_and_tags_that_are_gone(world: World) -> None:
    world.events.save_listing(world.registry.id, listing(one="a", two="a"), day(3))
    world.resolve(3, image("a"))
    world.resolve(3, image("b"))
    world.events.save_listing(world.registry.id, listing(one="b"), day(4))
    assert world.tags() == {"one": digest("b")}
    assert (world.clocks("a")[0], world.clocks("b")[0]) == (3, 4)
    world.events.save_listing(world.registry.id, listing(one="b", two="a"), day(5))
    assert world.clocks("a")[0] == 5


def test_an_older_listing_does_not_undo_what_events_said(world: World) -> None:
    world.tell(5, pushed("b", 5, "one"), pushed("c", 5, "new"))
    world.events.save_listing(world.registry.id, listing(one="a"), day(4))
    assert world.tags() == {"one": digest("b"), "new": digest("c")}


def test_polling_names_what_is_still_unknown_each_time(world: World) -> None:
    world.events.save_listing(world.registry.id, listing(one="a"), day(3))
    assert world.events.save_listing(world.registry.id, listing(one="a"), day(4)) == (world.manifest("a"),)


@pytest.mark.parametrize("seen", [0, 1])
def test_a_listing_of_an_unknown_registry_is_nothing(world: World, seen: int) -> None:
    assert world.events.save_listing(world.registry.id + 1 + seen, listing(one="a"), day(3)) == ()


def test_hostile_texts_are_kept_as_far_as_they_can_be(world: World) -> None:
    hostile = RegistryEvent(
        EventKind.PULLED,
        "app",
        digest("a"),
        "",
        day(1),
        "id\0" * 5000,
        actor="\0\ud800x" * 1000,
        user_agent="\x00",
    )
    impossible = [
        RegistryEvent(EventKind.PUSHED, "a\0b", digest("a"), "", day(1), "1"),
        RegistryEvent(EventKind.PUSHED, "r" * 4000, digest("a"), "", day(1), "2"),
        RegistryEvent(EventKind.PUSHED, "app", digest("a"), "t\ud800", day(1), "3"),
        RegistryEvent(EventKind.PUSHED, "app", "", "t", day(1), "4"),
        RegistryEvent(EventKind.PUSHED, "", digest("a"), "t", day(1), "5"),
    ]
    with world.database.transaction() as connection:
        (notice,) = connection.execute(
            "INSERT INTO notice (registry_id, received_at, content_type, body) VALUES (%s, %s, '', '') RETURNING id",
            (world.registry.id, day(1)),
        ).fetchone() or (0,)
    events = [hostile, hostile, *impossible]
    reading = NoticeReading(notice, world.registry.id, day(1), tuple(events), "one\0problem")
    saved = world.events.save_readings([reading])
    assert saved == 1
    assert world.rows("SELECT problem, read_at FROM notice") == [
        ("one\ufffdproblem; 5 events refused: a repository, tag or digest that no registry can have", day(1))
    ]
    assert world.apply(1) == (world.manifest("a"),)


def test_saving_the_events_of_a_notice_marks_it_read_once(world: World) -> None:
    with world.database.transaction() as connection:
        connection.execute(
            "INSERT INTO notice (registry_id, received_at, content_type, body) "
            "SELECT %s, %s, 'application/json', 'x' FROM generate_series(1, 3)",
            (world.registry.id, day(1)),
        )
    first, second, third = world.events.load_notices(10)
    assert (first.registry_id, first.received_at, first.content_type, first.body) == (
        world.registry.id,
        day(1),
        "application/json",
        b"x",
    )
    told = pushed("a", 1)
    assert world.events.save_readings([NoticeReading(first.id, world.registry.id, day(2), (told,))]) == 1
    assert world.events.save_readings([NoticeReading(first.id, world.registry.id, day(3), (told,), "again")]) == 0
    assert world.rows("SELECT read_at, problem FROM notice WHERE read_at IS NOT NULL") == [(day(2), "")]
    assert world.events.load_notices(10) == (second, third)
    assert world.events.load_notices(1) == (second,)
