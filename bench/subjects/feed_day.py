"""A real day of a feed, against many images whose packages have real names."""

from __future__ import annotations

from bench.advisories import open_bucket
from bench.bed import Bed
from bench.figures import Figure, Section
from bench.million.world import LARGEST, described, filled, vacuum
from bench.timing import seconds_of
from bench.world import count, world_of
from dogwatch.app import App
from dogwatch.flow.feeds import update_feed
from dogwatch.matching import key_package
from dogwatch.model.views import ImageQuery
from dogwatch.store.packages import package_digest

_FEED = "PyPI"  # the one of ours that changes on most of the seven days
_MADE = "CREATE TEMP TABLE given (number bigint, name text, version text, key bytea, digest bytea) ON COMMIT DROP"
_RENAME = """
UPDATE package
SET name = given.name, match_name = given.name, version = given.version, match_version = given.version, key = given.key,
    digest = given.digest
FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM package WHERE ecosystem = 'PyPI') AS made
JOIN given ON given.number = made.number
WHERE package.id = made.id
"""


def measure(bed: Bed) -> Section:
    """Give packages real names, import the feed, then play the days on which it changed."""
    if bed.shared is None:
        raise RuntimeError("a day of a feed needs DOGWATCH_SHARED")
    world = filled(bed, bed.images)
    bucket = open_bucket(bed.shared, bed.folder / "feed-day")
    days: list[float] = []
    records = 0
    with bed.opened(world.moved, DOGWATCH_FEED_MIRROR=str(bucket.folder)) as app:
        named = _give_names(bed, app)
        vacuum(world.moved, "package")
        imported = seconds_of(lambda: update_feed(app.outside, "osv", _FEED))
        exposures = count(app.database, "SELECT count(*) FROM exposure WHERE to_at = '9999-12-31Z'")
        vacuum(world.moved, "exposure", "set_exposure", "match", "affected_range")
        for day in sorted((bed.shared / "osv-daily").glob("*.tar.xz")):
            before = bucket.listed(_FEED)
            bucket.lay_over(day)
            changed = set(bucket.listed(_FEED).items()) - set(before.items())
            if changed:
                records += len(changed)
                days.append(seconds_of(lambda: _play(app)))
    return Section(
        "A day of a feed",
        f"{described(bed.images)} {named:,} of their PyPI packages were given names and versions that real advisories "
        f"name; {exposures:,} exposures are open after the import. Played are the {len(days)} days of 2026-07-16 to "
        f"2026-07-22 on which {_FEED} changed, {records} records together: fetched, journalled, matched, committed, "
        "and then one page of images with their findings by severity, which counts what is true now.",
        (
            Figure(f"import of {_FEED} into it", "s", (imported,)),
            Figure("a day, counts included", "s", tuple(days), "< 60 s (at 1,000,000)"),
        ),
    )


def _play(app: App) -> None:
    update_feed(app.outside, "osv", _FEED)
    app.views.images(ImageQuery(LARGEST))


def _give_names(bed: Bed, app: App) -> int:
    """Rename made-up packages to real ones, as many as there are of either."""
    real = [key_package(one) for one in world_of(bed).packages[0] if one.ecosystem == _FEED]
    with app.database.transaction() as connection:
        connection.execute(_MADE)
        with connection.cursor() as cursor, cursor.copy("COPY given FROM STDIN") as copy:
            for number, one in enumerate(real, start=1):
                digest = package_digest(one.package)
                copy.write_row((number, one.match_name, one.match_version, one.key, digest))
        return connection.execute(_RENAME).rowcount
