"""Counting a day's scans as the original bills them: what an hourly count costs at the end of a day."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from functools import partial

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.million.world import FEW, described, filled, vacuum
from bench.timing import milliseconds_of, rounds
from bench.world import count
from dogwatch.advisories import parse_advisory
from dogwatch.app.process import App
from dogwatch.model.feeds import FeedChanges, ParsedRecord
from dogwatch.versions import family_of
from tests.builders.advisories import encode_record, osv_record

_ROUNDS = 5
_SEED = 1
_HOURS = 24
_NAMES = (("PyPI", "made-up-", 0, 12_000, 5), ("npm", "made-up-", 12_000, 28_000, 10), ("Debian:12", "lib", 0, 180, 1))
"""Of each ecosystem: how its names begin, the numbers to draw from, and advisories an hour."""


def measure(bed: Bed) -> Section:
    """Publish a day of advisories, then count its scans, over few images and over many."""
    figures, words, revisions = [], "", 0
    for images in dict.fromkeys((FEW, bed.images)):
        world = filled(bed, images)
        day = (world.now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        with world.opened(to_change=True) as app:
            revisions = _publish_day(app, day)
            vacuum(world.moved, "affected_range", "revision", "monitoring")
            took = rounds(_ROUNDS, partial(milliseconds_of, partial(_count, app, day)))
            advised, without = (
                count(app.database, f"SELECT coalesce(sum({column}), 0) FROM scan_day WHERE day = %s", day.date())
                for column in ("advised", "advised_without_windows")
            )
        figures.append(Figure(f"a day counted whole, {images:,} images", "ms", took))
        words += f" Of {images:,} images {advised:,} are re-scans, without windows {without:,}."
    return Section(
        "Counting scans",
        f"{described(bed.images)} The day has {revisions} revisions; libraries of every base image of a release are "
        f"among what they name.{words} A count comes once an hour and counts the whole day; this is a day's last.",
        tuple(figures),
    )


def _publish_day(app: App, day: datetime) -> int:
    """Publish new advisories hour by hour, a revision for each ecosystem; returns how many revisions."""
    numbers = random.Random(_SEED)
    for hour in range(_HOURS):
        at = day + timedelta(hours=hour)
        for ecosystem, beginning, first, last, many in _NAMES:
            drawn = sorted(numbers.sample(range(first, last), many))
            records = [_record(ecosystem, f"{beginning}{number}", at) for number in drawn]
            app.outside.journal_store.publish("osv", family_of(ecosystem), FeedChanges({}, iter(records), ()), at)
    return _HOURS * len(_NAMES)


def _record(ecosystem: str, name: str, at: datetime) -> ParsedRecord:
    advisory = f"BENCH-{at:%m%d%H}-{name}"
    modified = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    document = encode_record(osv_record(advisory, ecosystem=ecosystem, name=name, fixed="0.0.1", modified=modified))
    return ParsedRecord(advisory, at, document, parse_advisory(document))


def _count(app: App, day: datetime) -> None:
    """Count the day from its beginning, whatever was counted before."""
    with app.database.transaction() as connection:
        connection.execute("UPDATE scan_count SET counted_until = %s", (day,))
    app.outside.scan_counts.count_day(day + timedelta(days=1))
