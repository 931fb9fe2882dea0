from __future__ import annotations

from dataclasses import replace

import pytest

from dogwatch.model.accounts import AccountState, AccountStatus
from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.monitoring import ScanFrequency, SettingStatus
from dogwatch.model.scanning import ScanningConfiguration, ScanningRule
from dogwatch.store.scanning import AccountSwitches, ScanningStore
from dogwatch.store.scanning_work import ScanningWork
from tests.builders.watching import ACCOUNT, World, day, digest, image, pulled, pushed

CONTINUOUS, ON_PUSH = ScanFrequency.CONTINUOUS, ScanFrequency.ON_PUSH
OFF = "monitoring ended: its repository is no longer scanned"
ACCOUNT_OFF = "monitoring ended: scanning is switched off for its account"
CHANGED = "scan frequency changed"


def change(world: World, at: float, frequency: ScanFrequency, *filters: str) -> None:
    world.machine[0] = day(at)
    rules = (ScanningRule(frequency, filters),)
    ScanningStore(world.database, world.clock).change(ACCOUNT, ScanningConfiguration(rules=rules))
    world.apply_scanning(at)


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


def rules_of(frequency: ScanFrequency, *filters: str) -> ScanningConfiguration:
    return ScanningConfiguration(rules=(ScanningRule(frequency, filters),))


def test_rules_wait_for_a_job_and_a_newer_change_takes_their_place(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    store, work = ScanningStore(world.database, world.clock), ScanningWork(world.database)
    none, push = rules_of(CONTINUOUS, "other"), rules_of(ON_PUSH, "app")
    assert store.change(ACCOUNT, none) == store.load(ACCOUNT) == replace(none, status=SettingStatus.PENDING)
    world.tell(2, pushed("b", 2))
    assert world.clocks("a")[-1] is True, "nothing moves before the job"
    store.change(ACCOUNT, push)
    assert work.load_pending() == (ACCOUNT,)
    world.apply_scanning(3)
    assert (store.load(ACCOUNT), work.load_pending(), world.clocks("a")[-1]) == (push, (), True)
    store.change(ACCOUNT, none)
    work.fail(ACCOUNT, "no disk")
    assert (store.load(ACCOUNT), work.load_pending()) == (replace(push, status=SettingStatus.FAILED), ())


def test_an_account_that_is_switched_off_watches_nothing_and_still_hears(world: World) -> None:
    world.tell(1, pushed("a", 1), pushed("old", 1))
    for name in ("a", "old"):
        world.resolve(1, image(name))
    accounts = AccountSwitches(world.database, world.clock)
    world.machine[0] = day(2)
    assert accounts.switch(ACCOUNT, is_on=False) == AccountStatus(ACCOUNT, AccountState.DISABLING, day(2))
    assert world.clocks("a")[-1] is True
    world.apply_scanning(2)
    world.apply_scanning(2)
    assert accounts.switch(ACCOUNT, is_on=False) == AccountStatus(ACCOUNT, AccountState.DISABLED, day(2))
    world.tell(20, pulled("a", 20), pushed("new", 20), pulled("unseen", 20))
    for name in ("new", "unseen"):
        world.resolve(20, image(name))
    assert (world.clocks("a"), world.clocks("new")[-1]) == ((1, 20, "", 50, "pull", False), False)
    world.machine[0] = day(40)
    accounts.switch(ACCOUNT, is_on=True)
    world.apply_scanning(40)
    assert accounts.status(ACCOUNT) == AccountStatus(ACCOUNT, AccountState.ENABLED, day(40))
    on = (40, "forever", "scanning switched on", "")
    assert world.intervals("a") == [(1, 2, "pushed", ACCOUNT_OFF), on]
    assert (world.intervals("new"), world.intervals("unseen")) == ([on], [on])
    assert world.intervals("old") == [(1, 2, "pushed", ACCOUNT_OFF)]


def test_a_switch_that_fails_leaves_the_account_as_it_was_and_says_so(world: World) -> None:
    accounts, work = AccountSwitches(world.database, world.clock), ScanningWork(world.database)
    world.machine[0] = day(1)
    accounts.switch(ACCOUNT, is_on=False)
    work.fail(ACCOUNT, "no disk")
    assert accounts.status(ACCOUNT) == AccountStatus(ACCOUNT, AccountState.ENABLED, day(1), "no disk")
    accounts.switch(ACCOUNT, is_on=False)
    accounts.switch(ACCOUNT, is_on=True)
    assert (work.load_pending(), accounts.status(ACCOUNT).state) == ((ACCOUNT,), AccountState.ENABLING)
    world.apply_scanning(1)
    assert (work.load_pending(), accounts.status(ACCOUNT).state) == ((), AccountState.ENABLED)
    with pytest.raises(NotFoundError):
        accounts.switch("000000000009", is_on=True)
