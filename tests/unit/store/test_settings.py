from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dogwatch.model.errors import ConflictError, InvalidRequestError, NotFoundError
from dogwatch.model.monitoring import ActivityMode, RescanSetting, SettingStatus, Window
from dogwatch.model.what_if import WindowWish
from dogwatch.store.accounts import claim_request
from tests.builders.watching import ACCOUNT, START, World, day, image, pulled, pushed

PULL = ActivityMode.LAST_PULL


def statuses(world: World) -> list[tuple[object, ...]]:
    return world.rows("SELECT push_window, activity_window, status FROM rescan_setting ORDER BY id")[2:]


def test_a_new_account_watches_90_days_and_an_older_one_for_life(world: World) -> None:
    world.registries.ensure_account("000000000001")
    assert world.settings.load("000000000001") == RescanSetting(
        Window(90), Window(90), PULL, SettingStatus.SUCCESS, START
    )
    world.machine[0] = datetime(2024, 1, 22, tzinfo=UTC)
    world.registries.ensure_account("000000000002")
    world.registries.ensure_account("000000000001")
    assert world.settings.load("000000000002").push_window == Window(None)
    assert world.settings.load("000000000001").push_window == Window(90)


def test_a_change_is_readable_at_once_and_a_partial_one_keeps_the_rest(world: World) -> None:
    world.machine[0] = day(1)
    requested = world.settings.request(ACCOUNT, WindowWish(None, "LIFETIME"))
    assert requested == RescanSetting(Window(30), Window(None), PULL, SettingStatus.PENDING, day(1))
    assert world.settings.load(ACCOUNT) == requested


def test_a_newer_change_supersedes_one_that_waits_and_starts_from_it(world: World) -> None:
    world.settings.request(ACCOUNT, WindowWish("DAYS_7"))
    world.settings.request(ACCOUNT, WindowWish(None, "NONE"))
    assert statuses(world) == [("DAYS_7", "DAYS_30", "SUPERSEDED"), ("DAYS_7", "NONE", "PENDING")]
    first, second = (row[0] for row in world.rows("SELECT id FROM rescan_setting ORDER BY id DESC LIMIT 2"))
    assert world.watch.load_pending_settings() == (first,)
    assert isinstance(second, int)
    assert world.watch.apply_setting(second, day(1)) is SettingStatus.SUPERSEDED
    assert isinstance(first, int)
    assert world.watch.apply_setting(first, day(1)) is SettingStatus.SUCCESS


def test_a_failed_change_is_shown_and_the_next_starts_from_what_is_in_force(world: World) -> None:
    world.settings.request(ACCOUNT, WindowWish("DAYS_7"))
    (setting_id,) = world.watch.load_pending_settings()
    world.watch.fail_setting(setting_id, "no disk", day(2))
    assert world.settings.load(ACCOUNT) == RescanSetting(Window(7), Window(30), PULL, SettingStatus.FAILED, day(2))
    assert world.settings.request(ACCOUNT, WindowWish(None, "DAYS_60")).push_window == Window(30)


def test_only_truly_simultaneous_changes_conflict(world: World) -> None:
    with world.database.transaction() as connection:
        claim_request(connection, ACCOUNT)
        with pytest.raises(ConflictError):
            world.settings.request(ACCOUNT, WindowWish("DAYS_7"))
    assert world.settings.request(ACCOUNT, WindowWish("DAYS_7")).push_window == Window(7)


def test_a_change_that_is_being_applied_blocks_no_newer_one(world: World) -> None:
    world.settings.request(ACCOUNT, WindowWish("DAYS_7"))
    (first,) = world.watch.load_pending_settings()
    with world.database.transaction() as connection:
        connection.execute("SELECT FROM rescan_setting WHERE id = %s FOR UPDATE", (first,))
        world.settings.request(ACCOUNT, WindowWish("DAYS_14"))
    assert world.watch.apply_setting(first, day(1)) is SettingStatus.SUPERSEDED


def test_what_is_no_window_changes_nothing(world: World) -> None:
    for push, activity in (("NONE", None), ("DAYS_0", None), (None, "90")):
        with pytest.raises(InvalidRequestError):
            world.settings.request(ACCOUNT, WindowWish(push, activity))
    with pytest.raises(NotFoundError):
        world.settings.request("000000000009", WindowWish("DAYS_7"))
    with pytest.raises(NotFoundError):
        world.settings.load("000000000009")
    assert statuses(world) == []


def test_shorter_windows_end_what_is_over_now_and_say_so(world: World) -> None:
    for name, at in (("a", 1), ("b", 10)):
        world.tell(at, pushed(name, at))
        world.resolve(at, image(name))
    world.set_windows(12, "DAYS_3", "DAYS_3")
    assert world.clocks("a") == (1, None, "", 4, "push", False)
    assert world.intervals("a") == [(1, 12, "pushed", "monitoring ended: the windows were shortened")]
    assert world.clocks("b") == (10, None, "", 13, "push", True)
    assert world.intervals("b") == [(10, "forever", "pushed", "")]


def test_what_was_over_already_ends_at_its_own_deadline(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.set_windows(50, "DAYS_60", "DAYS_60")
    assert world.clocks("a") == (1, None, "", 61, "push", False)
    assert [row[3] for row in world.intervals("a")] == ["monitoring ended: both windows are over"]


def test_longer_windows_wake_nothing_and_the_next_event_does(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.watch.end_expired(day(40), 10)
    world.set_windows(41, "LIFETIME", "DAYS_3")
    assert world.clocks("a") == (1, None, "", "forever", "push", False)
    world.tell(42, pulled("a", 42))
    assert world.clocks("a")[3:] == ("forever", "push", True)


def test_applying_a_change_twice_changes_nothing(world: World) -> None:
    world.settings.request(ACCOUNT, WindowWish("DAYS_7"))
    (setting_id,) = world.watch.load_pending_settings()
    assert world.watch.apply_setting(setting_id, day(1)) is SettingStatus.SUCCESS
    first = world.settings.load(ACCOUNT)
    assert world.watch.apply_setting(setting_id, day(2)) is SettingStatus.SUCCESS
    world.watch.fail_setting(setting_id, "too late", day(3))
    assert world.settings.load(ACCOUNT) == first
    with pytest.raises(NotFoundError):
        world.watch.apply_setting(setting_id + 1, day(1))


def test_other_accounts_keep_their_windows(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.registries.ensure_account("000000000001")
    world.settings.request("000000000001", WindowWish("DAYS_3", "DAYS_3"))
    (setting_id,) = world.watch.load_pending_settings()
    world.watch.apply_setting(setting_id, day(20))
    assert world.clocks("a") == (1, None, "", 31, "push", True)


def windows_of(world: World, *accounts: str) -> list[tuple[str, str, str]]:
    settings = [world.settings.load(one) for one in accounts]
    return [(str(one.push_window), str(one.status), one.inherited_from) for one in settings]


def test_an_account_follows_another_until_it_sets_its_own(world: World) -> None:
    member, other = "000000000001", "000000000002"
    for one in (member, other):
        world.registries.ensure_account(one)
    taken = world.settings.inherit(member, ACCOUNT)
    assert (taken.push_window, taken.status, taken.inherited_from) == (Window(30), SettingStatus.PENDING, ACCOUNT)
    world.apply_settings(1)
    world.settings.request(ACCOUNT, WindowWish("DAYS_7"))
    assert windows_of(world, member, other) == [("DAYS_7", "PENDING", ACCOUNT), ("DAYS_90", "SUCCESS", "")]
    world.apply_settings(2)
    assert windows_of(world, ACCOUNT, member) == [("DAYS_7", "SUCCESS", ""), ("DAYS_7", "SUCCESS", ACCOUNT)]
    world.settings.request(member, WindowWish("DAYS_60"))
    world.settings.request(ACCOUNT, WindowWish("DAYS_14"))
    world.apply_settings(3)
    assert windows_of(world, ACCOUNT, member) == [("DAYS_14", "SUCCESS", ""), ("DAYS_60", "SUCCESS", "")]


def test_inheritance_has_one_level(world: World) -> None:
    member, other = "000000000001", "000000000002"
    for one in (member, other):
        world.registries.ensure_account(one)
    world.settings.inherit(member, ACCOUNT)
    for who, whose in ((other, member), (ACCOUNT, other), (other, other)):
        with pytest.raises(InvalidRequestError):
            world.settings.inherit(who, whose)
    with pytest.raises(NotFoundError):
        world.settings.inherit("000000000009", ACCOUNT)
    with world.database.transaction() as connection:
        claim_request(connection, member)
        with pytest.raises(ConflictError):
            world.settings.request(ACCOUNT, WindowWish("DAYS_7"))
