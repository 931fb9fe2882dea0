from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dogwatch.model.errors import InvalidRequestError, StoreUnavailableError
from dogwatch.model.times import FOREVER
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database
from tests.builders.watching import START, World


def test_the_product_clock_is_the_machines_until_it_is_moved(world: World) -> None:
    assert world.clock.now() == START
    world.machine[0] = START + timedelta(hours=1)
    assert world.clock.now() == START + timedelta(hours=1)


def test_moving_it_ahead_adds_up_and_carries_outside_times_along(world: World) -> None:
    assert world.clock.advance(timedelta(days=31)) == START + timedelta(days=31)
    assert world.clock.advance(timedelta(days=365, microseconds=1)) == START + timedelta(days=396, microseconds=1)
    outside = datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=2)))
    assert world.clock.of(outside) == datetime(2027, 2, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_another_process_sees_the_same_present(world: World) -> None:
    other = ProductClock(world.database, lambda: START)
    world.clock.advance(timedelta(days=90))
    assert other.now() == START + timedelta(days=90)


def test_it_never_goes_back(world: World) -> None:
    with pytest.raises(InvalidRequestError):
        world.clock.advance(-timedelta(microseconds=1))


def test_the_far_end_stays_the_far_end(world: World) -> None:
    world.clock.advance(timedelta(days=36500))
    assert world.clock.of(datetime(9999, 6, 1, tzinfo=UTC)) == FOREVER
    assert world.clock.of(datetime.max.replace(tzinfo=UTC)) == FOREVER


def test_while_the_database_is_away_time_goes_on_as_last_known(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dogwatch.store.connection._POOL_WAIT_SECONDS", 0.2)
    monkeypatch.setattr("dogwatch.store.clock._FRESH_SECONDS", 0.0)
    world.clock.advance(timedelta(days=1))
    world.database.close()
    assert world.clock.now() == START + timedelta(days=1)


def test_a_clock_that_never_was_read_does_not_guess(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr("dogwatch.store.connection._POOL_WAIT_SECONDS", 0.2)
    database = Database(f"host={tmp_path} dbname=none")
    database.open()
    try:
        with pytest.raises(StoreUnavailableError):
            ProductClock(database).now()
    finally:
        database.close()


def test_a_move_that_reached_everybody_is_seen_by_a_clock_that_had_just_read_the_old_shift(
    database: str,
) -> None:
    opened = Database(database)
    opened.open()
    try:
        machine = datetime(2026, 7, 1, tzinfo=UTC)
        mover, other = ProductClock(opened, lambda: machine), ProductClock(opened, lambda: machine)
        assert other.now() == machine
        assert mover.advance_everywhere(timedelta(days=91)) == machine + timedelta(days=91)
        assert other.now() == machine + timedelta(days=91)
    finally:
        opened.close()


def test_a_machine_that_is_set_back_makes_it_stand_still_until_it_has_caught_up(world: World) -> None:
    assert world.clock.now() == START
    seen = []
    for minutes in (10, -40, 5, 11):
        world.machine[0] = START + timedelta(minutes=minutes)
        seen.append(world.clock.now() - START)
    assert seen == [timedelta(minutes=10)] * 3 + [timedelta(minutes=11)]


def test_a_process_that_starts_behind_what_was_recorded_stands_still_as_well(world: World) -> None:
    recorded_at = START + timedelta(minutes=30)
    with world.database.transaction() as connection:
        connection.execute("INSERT INTO revision VALUES (1, 'osv', 'npm', %s, 1, 0, 0)", [recorded_at])
    assert ProductClock(world.database, lambda: START).now() == recorded_at


def test_a_machine_that_was_far_ahead_for_a_moment_does_not_stop_everything(world: World) -> None:
    world.machine[0] = START + timedelta(days=365)
    assert world.clock.now() == START + timedelta(days=365)
    world.machine[0] = START
    assert world.clock.now() == START
