"""One changed advisory: until its exposures are committed, with few images and with many."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bench.bed import ACCOUNT, Bed
from bench.figures import Figure, Section
from bench.timing import milliseconds_of
from bench.world import add_images, count, world_of
from dogwatch.advisories import parse_advisory
from dogwatch.app import App
from dogwatch.model.feeds import FeedChanges, ParsedRecord
from dogwatch.model.views import FindingQuery
from tests.builders.advisories import encode_record, osv_record

_FEW, _MANY = 10_000, 100_000
_ROUNDS = 15
_PAGES = 3
_ADVISORY = "BENCH-2026-1"


def measure(bed: Bed) -> Section:
    """Publish changes of one advisory, add images, and do the same again."""
    world = world_of(bed)
    with bed.opened(bed.copy(world.matched, "changed_advisory")) as app:
        name = _ordinary_name(app)
        now = app.clock.now()
        add_images(app, ACCOUNT, _FEW, now)
        _publish(app, name, 0)
        few = tuple(_publish(app, name, number + 1) for number in range(_ROUNDS))
        add_images(app, "000000000001", _MANY - _FEW, now)
        many = tuple(_publish(app, name, number + _ROUNDS + 1) for number in range(_ROUNDS))
        affected = count(app.database, _AFFECTED_IMAGES, name)
        versions = count(
            app.database, "SELECT count(*) FROM package WHERE match_name = %s AND ecosystem = 'PyPI'", name
        )
        query = FindingQuery("000000000001", texts={"vulnerability": [("EQUALS", _ADVISORY)]})
        pages = tuple(milliseconds_of(lambda: app.views.findings(query)) for _ in range(_PAGES))
    middle_few = Figure("", "", few).middle
    return Section(
        "One changed advisory",
        f"{world.package_count:,} stored package versions; the advisory concerns one PyPI name, stored in {versions} "
        f"versions, that {affected:,} of {_MANY:,} images contain. Each change alters the outcome for all of them. "
        "Measured is `JournalStore.publish`: stage, journal, end and begin ranges, regroup, join, resolve, commit. "
        "Fetching is no part of it.",
        (
            Figure(f"exposures committed, {_FEW:,} images", "ms", few),
            Figure(f"exposures committed, {_MANY:,} images", "ms", many, "< 100 ms (at 1,000,000)"),
            Figure("ratio of many to the median of few", "×", tuple(each / middle_few for each in many), "≤ 2"),
            Figure(f"first page of its findings, {_MANY - _FEW:,} images", "ms", pages, "< 50 ms (at 1,000,000)"),
        ),
        ("Lists are read from the plain view, see decision 1: their time grows with the images of the account.",),
    )


_AFFECTED_IMAGES = """
SELECT count(DISTINCT monitoring.image_id)
FROM package
JOIN set_package ON set_package.package_id = package.id
JOIN inventory_set ON inventory_set.set_id = set_package.set_id
JOIN monitoring ON monitoring.inventory_id = inventory_set.inventory_id
WHERE package.ecosystem = 'PyPI' AND package.match_name = %s
"""


def _ordinary_name(app: App) -> str:
    """Return a PyPI name that advisories know, and that stands in as many package sets as the middle third of names."""
    with app.database.transaction() as connection:
        rows: Sequence[tuple[str]] = connection.execute(
            """
            SELECT package.match_name FROM package JOIN set_package ON set_package.package_id = package.id
            WHERE package.ecosystem = 'PyPI' AND EXISTS (
                SELECT FROM affected_range
                WHERE affected_range.ecosystem = 'PyPI' AND affected_range.name = package.match_name)
            GROUP BY package.match_name ORDER BY count(*), package.match_name
            """
        ).fetchall()
    return random.Random(4).choice(rows[len(rows) // 3 : 2 * len(rows) // 3])[0]


def _publish(app: App, name: str, number: int) -> float:
    """Change the advisory: it names another fix each time; returns milliseconds."""
    modified = datetime(2026, 8, 1, tzinfo=UTC) + timedelta(minutes=number)
    document = encode_record(
        osv_record(_ADVISORY, name=name, fixed=f"9999.{number}", modified=modified.strftime("%Y-%m-%dT%H:%M:%SZ"))
    )
    journal = app.outside.journal_store
    state = journal.feed_state("osv", "PyPI")
    record = ParsedRecord(_ADVISORY, modified, document, parse_advisory(document))
    changes = FeedChanges(state, iter([record]), ())
    return milliseconds_of(lambda: journal.publish("osv", "PyPI", changes, app.clock.now()))
