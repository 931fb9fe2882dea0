from __future__ import annotations

import pytest

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.monitoring import ActivityMode, Origin, RescanSetting, SettingStatus, Window
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.model.what_if import WindowWish
from dogwatch.store import settings
from tests.builders.watching import ACCOUNT, World, day, image, pushed

PULL = ActivityMode.LAST_PULL
APP, ALL = Scope("local", "app"), Scope("local", "*")


def apply_all(world: World, at: float) -> None:
    for setting_id in world.watch.load_pending_settings():
        world.watch.apply_setting(setting_id, day(at))


def test_a_scope_moves_the_deadlines_of_what_it_names_and_back_again(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.settings.request(ACCOUNT, WindowWish("DAYS_60", scope=Scope("local", "other*")))
    world.settings.request(ACCOUNT, WindowWish("DAYS_60", scope=ALL))
    apply_all(world, 2)
    assert world.clocks("a")[3:] == (61, "push", True)
    asked = world.settings.request(ACCOUNT, WindowWish("DAYS_3", scope=APP))
    assert asked == RescanSetting(
        Window(3), Window(30), PULL, SettingStatus.PENDING, world.clock.now(), APP, Origin(APP)
    )
    assert world.clocks("a")[3:] == (61, "push", True)
    apply_all(world, 10)
    assert world.clocks("a")[3:] == (4, "push", False)
    assert world.intervals("a") == [(1, 10, "pushed", "monitoring ended: the windows were shortened")]
    world.settings.request(ACCOUNT, WindowWish("INHERITED", scope=APP))
    apply_all(world, 11)
    assert world.settings.load(ACCOUNT, APP) == RescanSetting(
        Window(60), Window(30), PULL, SettingStatus.SUCCESS, day(11), APP, Origin(ALL)
    )
    assert world.clocks("a")[3:] == (61, "push", False)
    assert [one.scope for one in world.settings.load_scopes(ACCOUNT)] == [ACCOUNT_SCOPE, ALL, Scope("local", "other*")]


def test_a_change_supersedes_one_of_its_own_scope_only(world: World) -> None:
    world.settings.request(ACCOUNT, WindowWish("DAYS_7", scope=APP))
    world.settings.request(ACCOUNT, WindowWish("DAYS_60"))
    world.settings.request(ACCOUNT, WindowWish(None, "DAYS_5", scope=APP))
    rows = world.rows("SELECT pattern, push_window, activity_window, status FROM rescan_setting ORDER BY id")[2:]
    assert rows == [
        ("app", "DAYS_7", None, "SUPERSEDED"),
        ("", "DAYS_60", "DAYS_30", "PENDING"),
        ("app", "DAYS_7", "DAYS_5", "PENDING"),
    ]
    (_, newest) = world.watch.load_pending_settings()
    world.watch.fail_setting(newest, "no disk", day(1))
    assert world.settings.load(ACCOUNT, APP).status is SettingStatus.FAILED
    assert world.settings.request(ACCOUNT, WindowWish(None, "DAYS_6", scope=APP)).origin == Origin(activity=APP)


def test_what_cannot_be_a_scope_or_its_window_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAX_SCOPES", 1)
    with pytest.raises(NotFoundError):
        world.settings.request(ACCOUNT, WindowWish("DAYS_7", scope=Scope("nowhere", "*")))
    with pytest.raises(NotFoundError):
        world.settings.load(ACCOUNT, Scope("nowhere", "*"))
    for push, scope in (("DAYS_-1", APP), ("NONE", APP), ("DAYS_0", APP), ("INHERITED", ACCOUNT_SCOPE)):
        with pytest.raises(InvalidRequestError):
            world.settings.request(ACCOUNT, WindowWish(push, scope=scope))
    world.settings.request(ACCOUNT, WindowWish("DAYS_7", scope=APP))
    with pytest.raises(InvalidRequestError):
        world.settings.request(ACCOUNT, WindowWish("DAYS_7", scope=ALL))
    assert len(world.settings.load_scopes(ACCOUNT)) == 2
