"""Gaps that follow from feeds: computed when somebody asks, so they come and go with the feeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from dogwatch.model.gaps import CONSEQUENCES, Gap, GapKind
from dogwatch.model.packages import Package
from dogwatch.model.views import GapView, ImageQuery
from dogwatch.store.image_views import ImageViews
from dogwatch.store.journal import JournalStore
from tests.builders.contents import advisory, contain, publish
from tests.builders.watching import ACCOUNT, World, day, image, pushed

DAY = timedelta(days=1)
EXPECTED = [("osv", "Debian", DAY), ("osv", "npm", DAY)]
OPENSSL = Package("Debian:12", "openssl", "3.0.7-1", source_name="openssl", source_version="3.0.7-1")
LODASH = Package("npm", "lodash", "4.17.20")
REQUESTS = Package("PyPI", "requests", "2.30.0")
BASH = Package("Ubuntu:22.04:LTS", "bash", "5.1", source_name="bash", source_version="5.1")
UNSUPPORTED = Gap(GapKind.DISTRIBUTION_UNSUPPORTED, "etc/os-release", "Ubuntu 22.04 LTS (Ubuntu:22.04:LTS)")


def holding(world: World, name: str, *packages: Package, gaps: tuple[Gap, ...] = ()) -> None:
    world.tell(1, pushed(name, 1))
    world.resolve(1, image(name))
    contain(world, 1, name, *packages, gaps=gaps)


def bring(world: World, now: float, ecosystem: str) -> None:
    """Let a feed bring an advisory that concerns nobody here."""
    publish(world, now, ecosystem, advisory(f"A-{ecosystem}", ecosystem, "unheard-of", now))


def gaps(world: World, now: float, expected: Sequence[tuple[str, str, timedelta]] = EXPECTED) -> list[GapView]:
    """Return the gaps of all images; their number is what counts of images say."""
    views = ImageViews(world.database, lambda _: expected)
    found = [gap for one in views.images(ImageQuery(ACCOUNT), day(now)).rows for gap in one.gaps]
    assert sum(one.gaps for one in views.count_coverage(ImageQuery(ACCOUNT), day(now))) == len(found)
    assert sum(one.gaps for one in views.coverage_of_all(day(now))) == len(found)
    return found


def gap(kind: GapKind, detail: str) -> GapView:
    return GapView(kind, "", detail, CONSEQUENCES[kind])


def test_packages_whose_feed_was_never_imported_are_a_gap_until_it_is(world: World) -> None:
    holding(world, "a", OPENSSL, LODASH)
    holding(world, "b", LODASH)
    publish(world, 1, "npm")  # it answered, and had nothing at all
    debian = gap(GapKind.FEED_MISSING, "osv Debian: nothing was imported yet")
    npm = gap(GapKind.FEED_MISSING, "osv npm: nothing was imported yet")
    assert gaps(world, 2) == [debian, npm, npm]
    bring(world, 2, "npm")
    assert gaps(world, 2) == [debian]
    JournalStore(world.database).record_checked("osv", "Debian", day(2), "no such folder")
    assert gaps(world, 2) == [gap(GapKind.FEED_MISSING, "osv Debian: nothing was imported yet: no such folder")]
    bring(world, 2, "Debian")
    assert gaps(world, 2) == []
    assert world.rows("SELECT count(*) FROM gap") == [(0,)]


def test_another_source_that_was_never_imported_is_no_gap_where_one_speaks_for_its_ecosystem(world: World) -> None:
    expected = [*EXPECTED, ("tracker", "Debian:12", DAY), ("tracker", "npm:x", DAY)]
    bring(world, 2, "Debian")
    holding(world, "a", OPENSSL, LODASH)
    assert gaps(world, 2, expected) == [
        gap(GapKind.FEED_MISSING, "osv npm: nothing was imported yet"),
        gap(GapKind.FEED_MISSING, "tracker npm:x: nothing was imported yet"),
    ]


def test_a_feed_past_its_expected_age_is_a_gap_of_the_images_that_depend_on_it(world: World) -> None:
    bring(world, 2, "Debian")
    bring(world, 2.5, "npm")
    holding(world, "a", OPENSSL, LODASH)
    holding(world, "b", LODASH)
    assert gaps(world, 3) == []
    JournalStore(world.database).record_checked("osv", "Debian", day(3), "status 503")
    assert gaps(world, 3.25) == [gap(GapKind.FEED_STALE, "osv Debian: last answered 2026-01-03 00:00 UTC: status 503")]
    JournalStore(world.database).record_checked("osv", "Debian", day(3.25))
    assert gaps(world, 3.25) == []


@pytest.mark.parametrize("expected", [EXPECTED, ()])
def test_an_ecosystem_whose_feed_is_not_switched_on_is_a_gap(
    world: World, expected: Sequence[tuple[str, str, timedelta]]
) -> None:
    bring(world, 2, "npm")
    holding(world, "a", REQUESTS)
    assert gaps(world, 2, expected) == [gap(GapKind.FEED_MISSING, "PyPI: no feed is switched on")]


def test_an_ecosystem_that_has_no_feed_is_a_gap(world: World) -> None:
    holding(world, "a", Package("Conda", "zlib", "1.3.1"))
    assert gaps(world, 2) == [gap(GapKind.FEED_MISSING, "Conda: nobody publishes advisories for it")]


def test_a_feed_that_was_switched_off_grows_old(world: World) -> None:
    bring(world, 2, "npm")
    holding(world, "a", LODASH)
    assert gaps(world, 2, EXPECTED[:1]) == [
        gap(GapKind.FEED_STALE, "osv npm: switched off, last asked 2026-01-03 00:00 UTC")
    ]


def test_a_distribution_that_no_feed_covers_is_said_once(world: World) -> None:
    bring(world, 2, "npm")
    holding(world, "a", BASH, LODASH, gaps=(UNSUPPORTED,))
    shown = GapView(UNSUPPORTED.kind, UNSUPPORTED.path, UNSUPPORTED.detail, UNSUPPORTED.consequence)
    assert gaps(world, 2) == [shown]
    assert gaps(world, 5) == [shown, gap(GapKind.FEED_STALE, "osv npm: last answered 2026-01-03 00:00 UTC")]
    assert gaps(world, 2, ()) == [
        shown,
        gap(GapKind.FEED_STALE, "osv npm: switched off, last asked 2026-01-03 00:00 UTC"),
    ]


def test_a_distribution_that_nobody_speaks_of_is_a_gap_all_the_same(world: World) -> None:
    holding(world, "a", BASH)
    assert gaps(world, 2) == [gap(GapKind.FEED_MISSING, "Ubuntu: no feed is switched on")]
