"""Scans as the original bills them: what counts as a first scan, as a re-scan, and as neither."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import psycopg
import pytest

from dogwatch.model.costs import AccountScans, Costs, MonthOfScans, PriceTable, RescanRate, Scans
from dogwatch.model.deeds import Deed, DeedRequest
from dogwatch.model.packages import Package
from dogwatch.model.registries import RegistryAccess
from dogwatch.store.costs import CostStore, ScanCounts
from dogwatch.store.deeds import DeedStore
from tests.builders.contents import advisory, contain, publish
from tests.builders.watching import ACCOUNT, World, as_day, day, deleted, digest, image, pulled, pushed

LODASH = Package("npm", "lodash", "4.17.20")
REQUESTS = Package("PyPI", "requests", "2.0.0")
PRICES = PriceTable(Decimal("0.09"), Decimal("0.01"))


def watch(world: World, name: str, at: float, *packages: Package) -> None:
    """Push an image and read what it contains."""
    world.tell(at, pushed(name, at))
    world.resolve(at, image(name))
    contain(world, at, name, *packages)


def warn(world: World, at: float, package: str = "lodash", ecosystem: str = "npm") -> None:
    """Publish a new advisory on every version of a package."""
    publish(world, at, ecosystem, advisory(f"A-{at}", ecosystem, package, at))


def count(world: World, until: float) -> None:
    """End what is over and count, as the job does."""
    world.watch.end_expired(day(until), 1_000)
    while ScanCounts(world.database).count_day(day(until)):
        pass


def counted(world: World) -> list[tuple[object, ...]]:
    """Return (day, first scans, woken, advised, the last two without windows) of the days that have any."""
    rows = world.rows(
        "SELECT day - '2026-01-01'::date, initial, woken, advised, woken_without_windows, advised_without_windows "
        "FROM scan_day WHERE initial + woken + advised_without_windows > 0 ORDER BY day, registry_id"
    )
    return [tuple(row) for row in rows]


def do(world: World, at: float, name: str, deed: Deed) -> None:
    (number,) = world.rows("SELECT id FROM image WHERE digest = %s", digest(name))[0]
    assert isinstance(number, int)
    DeedStore(world.database).do(ACCOUNT, number, DeedRequest(deed, "somebody", "because"), day(at))


def test_what_is_read_first_what_wakes_and_what_an_advisory_concerns_are_scans(world: World) -> None:
    watch(world, "a", 1.1, LODASH)
    watch(world, "b", 1.2, REQUESTS)
    watch(world, "a again", 1.3, LODASH)  # the same content under another digest
    for at in (2.3, 2.5, 2.7):  # a day is counted once, however many advisories it has
        warn(world, at)
    world.tell(20, pulled("b", 20))  # moves a clock and nothing else
    warn(world, 25, "left-pad")  # concerns nobody
    warn(world, 40)  # by now only b is watched
    world.tell(41.1, pulled("a", 41.1))
    warn(world, 41.2)
    warn(world, 42, "requests", "PyPI")
    count(world, 60)
    assert counted(world) == [
        (1, 3, 0, 0, 0, 0),
        (2, 0, 0, 2, 0, 2),
        (40, 0, 0, 0, 0, 2),
        (41, 0, 1, 1, 0, 2),
        (42, 0, 0, 1, 0, 1),
    ]


def test_what_follows_no_advisory_is_never_scanned_again_but_by_a_push(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.set_frequency("SCAN_ON_PUSH")
    contain(world, 1, "a", LODASH)
    warn(world, 2)
    world.tell(3, pushed("a", 3))
    world.watch.end_expired(day(60), 9)
    warn(world, 60)
    world.tell(61, pulled("a", 61))
    world.tell(62, pushed("a", 62))  # every push is a scan there, with or without windows
    count(world, 63)
    assert counted(world) == [(1, 1, 0, 0, 0, 0), (3, 0, 1, 0, 1, 0), (62, 0, 1, 0, 1, 0)]


def test_what_is_deleted_archived_or_forgotten_would_not_be_scanned_without_windows_either(world: World) -> None:
    for name in ("stays", "deleted", "forgotten", "archived"):
        watch(world, name, 1, LODASH)
    world.tell(2, deleted("deleted", 2))
    do(world, 2, "forgotten", Deed.FORGET)
    warn(world, 3)
    count(world, 45)
    do(world, 46, "archived", Deed.ARCHIVE)  # its windows are over by then
    warn(world, 50)
    world.tell(51, pushed("deleted", 51))
    count(world, 60)
    assert counted(world) == [(1, 4, 0, 0, 0, 0), (3, 0, 0, 2, 0, 2), (50, 0, 0, 0, 0, 1), (51, 0, 1, 0, 1, 0)]


def test_our_own_better_reading_is_no_scan_and_a_withdrawn_advisory_asks_for_none(world: World) -> None:
    watch(world, "a", 1, LODASH)
    contain(world, 2, "a", LODASH, REQUESTS, fingerprint="two")
    warn(world, 3, "requests", "PyPI")
    publish(world, 4, "PyPI", advisory("A-3", "PyPI", "requests", 4, withdrawn=True))
    count(world, 5)
    assert counted(world) == [(1, 1, 0, 0, 0, 0), (3, 0, 0, 1, 0, 1)]


def test_a_day_is_counted_anew_until_it_is_over_whoever_counts_and_however_late(world: World) -> None:
    watch(world, "a", 1.1, LODASH)
    count(world, 1.05)
    assert counted(world) == []
    count(world, 1.2)
    assert counted(world) == [(1, 1, 0, 0, 0, 0)]
    watch(world, "b", 1.3, LODASH)
    warn(world, 1.4)
    warn(world, 20)
    for until in (1.5, 1.5, 50, 50):
        count(world, until)
    in_parts = counted(world)
    assert in_parts == [(1, 2, 0, 2, 0, 2), (20, 0, 0, 2, 0, 2)]
    world.rows("UPDATE scan_count SET counted_until = NULL RETURNING true")
    count(world, 50)
    assert counted(world) == in_parts


def test_a_count_that_breaks_off_leaves_what_was(world: World) -> None:
    watch(world, "a", 1, LODASH)
    count(world, 1.5)
    warn(world, 1.6)
    (before,) = world.rows("SELECT counted_until FROM scan_count")
    assert as_day(before[0]) == 1.5
    with world.database.transaction() as connection:
        connection.execute("ALTER TABLE scan_count ADD CHECK (counted_until < '2026-01-02 15:00Z')")
    with pytest.raises(psycopg.errors.CheckViolation):
        count(world, 1.7)
    assert (counted(world), world.rows("SELECT counted_until FROM scan_count")) == ([(1, 1, 0, 0, 0, 0)], [before])


def test_costs_are_told_by_registry_and_month_of_utc(world: World) -> None:
    registry, _ = world.registries.add(ACCOUNT, "second", RegistryAccess("https://second.example"), "eu-west-1")
    world.registries.add("999999999999", "foreign", RegistryAccess("https://foreign.example"), "eu-west-1")
    second = replace(world, registry=registry)
    store = CostStore(world.database, world.clock, PRICES)
    assert store.load(ACCOUNT) == Costs(PRICES, None, 0, ())
    watch(world, "a", 30.9, LODASH)
    watch(second, "b", 31, LODASH)
    warn(world, 30.99)
    warn(world, 31.5)
    world.tell(32, pushed("unread", -10))
    world.resolve(32, image("unread"))  # known, but outside its windows from the beginning
    count(world, 32.5)
    january, february = date(2026, 1, 1), date(2026, 2, 1)
    assert store.load(ACCOUNT) == Costs(
        PRICES,
        day(32.5),
        1,
        (
            MonthOfScans("local", february, Scans(0, 1), Scans(0, 1)),
            MonthOfScans("second", february, Scans(1, 1), Scans(1, 1)),
            MonthOfScans("local", january, Scans(1, 1), Scans(1, 1)),
        ),
        RescanRate(),  # two days tell no month
    )
    recent: list[AccountScans] = []
    for at in (32.5, 59.9, 60, 61):
        world.machine[0] = day(at)
        recent += store.load_recent([ACCOUNT, "888888888888"])
    assert recent == [AccountScans(ACCOUNT, one) for one in (Scans(2, 3), Scans(2, 3), Scans(1, 2), Scans(0, 0))]
    assert store.load_recent(["999999999999"]) == (AccountScans("999999999999", Scans()),)


def test_a_week_of_days_tells_how_often_advisories_ask_for_re_scans(world: World) -> None:
    watch(world, "a", 30.9, LODASH)
    watch(world, "b", 31, LODASH)
    warn(world, 31.5)
    store = CostStore(world.database, world.clock, PRICES)
    count(world, 35.9)
    assert store.load(ACCOUNT).rate == RescanRate()
    count(world, 36.1)
    assert store.load(ACCOUNT).rate == RescanRate(2, 13)
