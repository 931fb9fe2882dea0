"""Real days of all feeds, against many images whose packages have real names."""

from __future__ import annotations

import time

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.million.world import LARGEST, described, filled, vacuum
from bench.states import State, all_ecosystems, play_states
from bench.timing import seconds_of
from bench.world import count, world_of
from dogwatch.app.process import App
from dogwatch.flow.feeds import update_feed
from dogwatch.matching import key_package
from dogwatch.model.views import ImageQuery
from dogwatch.store.packages import package_digest

_NAMED = "PyPI"  # its packages get real names: the feed that changes on each of the seven days
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
    """Give packages real names, import all feeds, then play the days, each with all feeds that changed on it."""
    if bed.shared is None:
        raise RuntimeError("a day of all feeds needs DOGWATCH_SHARED")
    world = filled(bed, bed.images)
    mirror = bed.folder / "feed-day"
    states = play_states(bed.shared, mirror, all_ecosystems(bed.shared), everything=True)
    days: list[float] = []
    records = 0
    with bed.opened(world.moved, DOGWATCH_FEED_MIRROR=str(mirror), DOGWATCH_FACTS_OFF="nvd") as app:
        named = _give_names(bed, app)
        vacuum(world.moved, "package")
        base = next(states)
        imported = seconds_of(lambda: _update(app, base))
        exposures = count(app.database, "SELECT count(*) FROM exposure WHERE to_at = '9999-12-31Z'")
        vacuum(world.moved, "exposure", "set_exposure", "match", "affected_range")
        for state in states:
            begun = time.perf_counter()
            records += _update(app, state)
            app.views.images(ImageQuery(LARGEST))
            days.append(time.perf_counter() - begun)
    return Section(
        "A day of all feeds",
        f"{described(bed.images)} {named:,} of their {_NAMED} packages were given names and versions that real "
        f"advisories name; {exposures:,} exposures are open after the import of all {len(base.changed)} feeds (of "
        "`./dev bench all-feeds`). Played are the days of 2026-07-16 to 2026-07-22, each with all feeds that changed, "
        f"{records:,} records together: fetched, journalled, matched, committed, and then one page of images with "
        "their findings by severity, which counts what is true now.",
        (
            Figure("import of all feeds into it", "s", (imported,)),
            Figure("a day of all feeds, counts included", "s", tuple(days), "< 60 s (at 1,000,000)"),
        ),
    )


def _update(app: App, state: State) -> int:
    """Import what changed; returns how many records did."""
    records = 0
    for source, ecosystem in state.changed:
        publication = update_feed(app.outside, source, ecosystem, confirmed=True)
        if publication is not None:
            records += publication.added + publication.changed + publication.ended
    return records


def _give_names(bed: Bed, app: App) -> int:
    """Rename made-up packages to real ones, as many as there are of either."""
    real = [key_package(one) for one in world_of(bed).packages[0] if one.ecosystem == _NAMED]
    with app.database.transaction() as connection:
        connection.execute(_MADE)
        with connection.cursor() as cursor, cursor.copy("COPY given FROM STDIN") as copy:
            for number, one in enumerate(real, start=1):
                digest = package_digest(one.package)
                copy.write_row((number, one.match_name, one.match_version, one.key, digest))
        return connection.execute(_RENAME).rowcount
