from __future__ import annotations

from dataclasses import replace

import pytest

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.matches import Severity
from dogwatch.model.packages import Package
from dogwatch.model.scopes import Scope
from dogwatch.model.views import FindingQuery, Page
from dogwatch.model.what_if import LeavingImage, WakeableImage, WindowWish
from dogwatch.store import settings
from dogwatch.store.findings import FindingStore
from tests.builders.contents import advisory, contain, publish
from tests.builders.watching import ACCOUNT, World, day, deleted, digest, image, pushed

LODASH = Package("npm", "lodash", "4.17.20")
WEEK = WindowWish("DAYS_7")


def watched(world: World, name: str, at: float) -> None:
    world.tell(at, pushed(name, at))
    world.resolve(at, image(name))


def count_active(world: World) -> int:
    rows = FindingStore(world.database).findings(FindingQuery(ACCOUNT), world.clock.now()).rows
    return sum(one.status == "ACTIVE" for one in rows)


def test_findings_that_would_close_are_those_that_then_close(world: World) -> None:
    publish(world, 1, "npm", advisory("A-1", "npm", "lodash", 1))
    for name, at in (("a", 2), ("b", 2), ("frozen", 3), ("stays", 20)):
        watched(world, name, at)
    for name in ("a", "b", "stays"):
        contain(world, 20, name, LODASH)
    world.set_frequency("SCAN_ON_PUSH")
    contain(world, 20, "frozen", LODASH)
    world.set_frequency("CONTINUOUS_SCAN")
    publish(world, 21, "npm", advisory("A-2", "npm", "lodash", 21))
    world.machine[0] = day(25)
    told = world.settings.what_if(ACCOUNT, WEEK)
    assert (told.watched, told.leaving, told.staying, told.closing) == (4, 3, 1, {Severity.UNTRIAGED: 5})
    assert world.settings.what_if(ACCOUNT, WEEK, counts_findings=False) == replace(told, closing=None)
    before = count_active(world)
    world.set_windows(25, "DAYS_7", "DAYS_30")
    assert before - count_active(world) == 5


def test_the_images_that_would_leave_are_listed_with_both_deadlines(world: World) -> None:
    for name, at in (("a", 2), ("b", 3), ("stays", 20)):
        watched(world, name, at)
    world.machine[0] = day(25)
    first = world.settings.leaving(ACCOUNT, WEEK, 1, "")
    number = first.rows[0].image_id
    assert first.rows == (LeavingImage(number, "local", "app", digest("a"), day(32), "push", day(9)),)
    world.machine[0] = day(28)  # by then the third would leave as well
    assert world.settings.leaving(ACCOUNT, WEEK, 9, first.next) == Page(
        (LeavingImage(number + 1, "local", "app", digest("b"), day(33), "push", day(10)),), ""
    )
    for wish, limit, after in ((WEEK, 0, ""), (WEEK, 1_001, ""), (WEEK, 1, "x"), (WindowWish("DAYS_8"), 1, first.next)):
        with pytest.raises(InvalidRequestError):
            world.settings.leaving(ACCOUNT, wish, limit, after)


def test_re_scans_of_a_month_follow_from_what_advisories_asked_for_lately(world: World) -> None:
    for name, at in (("a", 2), ("b", 3), ("stays", 20)):
        watched(world, name, at)
    world.machine[0] = day(25)
    told = world.settings.what_if(ACCOUNT, WEEK)
    assert (told.rescans_now, told.rescans_then, {cell.rescans for cell in told.grid}) == (None, None, {None})
    week = "SELECT %s, '2026-01-14'::date + day, 1, 2, 6, 4, 50, 60 FROM generate_series(0, 6) AS day"
    world.rows(f"INSERT INTO scan_day {week} RETURNING 1", world.registry.id)
    told = world.settings.what_if(ACCOUNT, WEEK)
    assert (told.rescans_now, told.rescans_then) == (9, 3)
    assert {cell.rescans for cell in told.grid} == {3 * cell.watched for cell in told.grid}


def test_a_scope_is_about_the_repositories_that_it_names(world: World) -> None:
    watched(world, "a", 2)
    world.machine[0] = day(25)
    counts = {}
    for pattern in ("app", "*", "other*"):
        told = world.settings.what_if(ACCOUNT, WindowWish("DAYS_7", scope=Scope("local", pattern)))
        counts[pattern] = (told.watched, told.leaving, max(cell.watched for cell in told.grid))
    assert counts == {"app": (1, 1, 1), "*": (1, 1, 1), "other*": (0, 0, 0)}
    world.settings.request(ACCOUNT, WindowWish("DAYS_60", scope=Scope("local", "app")))
    told = world.settings.what_if(ACCOUNT, WEEK)  # one that waits counts: it is applied before
    assert (told.watched, told.leaving, {cell.watched for cell in told.grid}) == (1, 0, {1})


def test_what_cannot_be_set_cannot_be_tried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAX_SCOPES", 0)
    app = Scope("local", "app")
    for wish in (
        WindowWish("DAYS_-1"),
        WindowWish("NONE"),
        WindowWish(activity_window="soon"),
        WindowWish(activity_mode="never"),
        WindowWish("INHERITED"),
        WindowWish("DAYS_7", scope=app),
    ):
        with pytest.raises(InvalidRequestError):
            world.settings.what_if(ACCOUNT, wish)
    for account, scope in ((ACCOUNT, Scope("nowhere", "*")), ("999999999999", Scope())):
        with pytest.raises(NotFoundError):
            world.settings.leaving(account, WindowWish("DAYS_7", scope=scope), 1, "")


def test_a_change_wakes_what_it_says_it_could_and_history_says_why(world: World) -> None:
    for name in ("a", "b", "off"):
        watched(world, name, 2)
    contain(world, 3, "a", LODASH)
    world.set_windows(40, "DAYS_7", "DAYS_7")
    world.machine[0] = day(45)
    longer = WindowWish("DAYS_90", scope=Scope("local", "*"))
    told = world.settings.what_if(ACCOUNT, longer)
    page = world.settings.wakeable(ACCOUNT, longer, 2, "")
    assert (told.watched, told.wakeable, len(page.rows)) == (0, 3, 2)
    first = page.rows[0]
    assert first == WakeableImage(first.image_id, "local", "app", digest("a"), day(92), "push")
    assert len(world.settings.wakeable(ACCOUNT, longer, 2, page.next).rows) == 1
    world.settings.request(ACCOUNT, WindowWish("DAYS_90", scope=longer.scope), wakes=True)
    world.set_frequency("MANUAL")
    world.apply_settings(46)
    assert world.clocks("a")[-1] is False  # a repository that is off is not woken
    world.set_frequency("SCAN_ON_PUSH")
    world.settings.request(ACCOUNT, WindowWish(scope=longer.scope), wakes=True)  # by hand, hence without a push
    world.apply_settings(47)
    world.apply_settings(47)  # nothing waits any more
    assert world.intervals("a")[-1] == (47, "forever", "woken by the change of windows", "")
    assert (world.clocks("a")[-1], world.clocks("off")[-1]) == (True, True)
    world.tell(48, deleted("b", 48))
    world.settings.request(ACCOUNT, WindowWish(scope=longer.scope), wakes=True)
    world.apply_settings(49)
    assert world.intervals("b")[-1][-1] == "monitoring ended: the image was deleted"


def test_a_wish_to_wake_is_superseded_with_its_change(world: World) -> None:
    watched(world, "a", 2)
    world.set_windows(40, "DAYS_7", "DAYS_7")
    world.settings.request(ACCOUNT, WindowWish("DAYS_90"), wakes=True)
    world.settings.request(ACCOUNT, WindowWish(None, "DAYS_14"))
    world.apply_settings(46)
    assert world.clocks("a")[-1] is False
