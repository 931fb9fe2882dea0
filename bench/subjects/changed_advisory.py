"""One changed advisory: until its exposures are committed, with few images and with many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.million.world import FEW, LARGEST, described, filled
from bench.timing import milliseconds_of
from dogwatch.advisories import parse_advisory
from dogwatch.app.process import App
from dogwatch.model.feeds import FeedChanges, ParsedRecord
from dogwatch.model.views import FindingQuery
from dogwatch.versions import family_of
from tests.builders.advisories import encode_record, osv_record

_ROUNDS = 15
_PAGES = 5
_CONCERNED_NAMES = (("ordinary", "made-up-700", "PyPI"), ("in every base", "lib1", "Debian:12"))
"""A PyPI name that some applications have, and a source package of every base image of a release."""


def measure(bed: Bed) -> Section:
    """Publish changes of one advisory over few images and over many; of an ordinary package, then of a common one."""
    figures, words = [], []
    for kind, name, ecosystem in _CONCERNED_NAMES:
        few = _play(bed, FEW, name, ecosystem)
        many = _play(bed, bed.images, name, ecosystem)
        words.append(f"{kind}: {many.versions} versions, in {many.sets:,} sets, {many.images:,} watched images")
        middle = median(few.published)
        goal = "≤ 2" if kind == "ordinary" else ""  # the design expects the other to grow with distinct sets
        figures += [
            Figure(f"{kind}: exposures committed, {FEW:,} images", "ms", few.published),
            Figure(
                f"{kind}: exposures committed, {bed.images:,} images", "ms", many.published, "< 100 ms (at 1,000,000)"
            ),
            Figure(f"{kind}: ratio to the median of few", "×", tuple(x / middle for x in many.published), goal),
            Figure(f"{kind}: first page of its findings", "ms", many.pages, "< 50 ms (at 1,000,000)"),
        ]
    return Section(
        "One changed advisory",
        f"{described(bed.images)} Concerned are, {'; '.join(words)}. Each change alters the outcome for all versions. "
        "Measured is `JournalStore.publish`: stage, journal, end and begin ranges, regroup, join, resolve, commit. "
        "Fetching is no part of it. Distinct versions and sets grow with the images as well, if more slowly.",
        tuple(figures),
    )


@dataclass(frozen=True, slots=True)
class _Played:
    """Milliseconds, and whom it concerned."""

    published: tuple[float, ...]
    pages: tuple[float, ...]
    versions: int
    sets: int
    images: int


def _play(bed: Bed, images: int, name: str, ecosystem: str) -> _Played:
    with filled(bed, images).opened(to_change=True) as app:
        _publish(app, name, ecosystem, 0)
        published = tuple(_publish(app, name, ecosystem, number + 1) for number in range(_ROUNDS))
        query = FindingQuery(LARGEST, texts={"vulnerability": [("EQUALS", _advisory(name))]})
        pages = tuple(milliseconds_of(lambda: app.views.findings(query)) for _ in range(_PAGES))
        with app.database.transaction() as connection:
            row = connection.execute(_CONCERNED.encode(), {"name": name, "ecosystem": ecosystem}).fetchone()
    assert row is not None  # an aggregate always gives a row
    return _Played(published, pages, *row)


_CONCERNED = """
SELECT count(DISTINCT package.id), count(DISTINCT set_package.set_id), count(DISTINCT monitoring.image_id)
FROM package
JOIN set_package ON set_package.package_id = package.id
JOIN inventory_set ON inventory_set.set_id = set_package.set_id
JOIN monitoring ON monitoring.inventory_id = inventory_set.inventory_id AND monitoring.to_at = '9999-12-31Z'
WHERE package.ecosystem = %(ecosystem)s AND package.match_name = %(name)s
"""


def _advisory(name: str) -> str:
    return f"BENCH-2026-{name}"


def _publish(app: App, name: str, ecosystem: str, number: int) -> float:
    """Change the advisory: it names another fix each time; returns milliseconds."""
    modified = datetime(2026, 8, 1, tzinfo=UTC) + timedelta(minutes=number)
    document = encode_record(
        osv_record(
            _advisory(name),
            ecosystem=ecosystem,
            name=name,
            fixed=f"9999.{number}",
            modified=modified.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
    )
    journal, feed = app.outside.journal_store, family_of(ecosystem)
    record = ParsedRecord(_advisory(name), modified, document, parse_advisory(document))
    changes = FeedChanges(journal.feed_state("osv", feed), iter([record]), ())
    return milliseconds_of(lambda: journal.publish("osv", feed, changes, app.clock.now()))
