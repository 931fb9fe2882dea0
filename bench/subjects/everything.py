"""Everything against everything: all stored packages meet all stored ranges, from scratch."""

from __future__ import annotations

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.packages import PACKAGES, choose_packages, store_packages
from bench.world import match_all, world_of

_HEAVY = ", kernels and browsers among them"  # in real feeds


def measure(bed: Bed) -> Section:
    """Match and resolve everything twice, each time in a copy in which nothing has met yet; then many more, once."""
    world = world_of(bed)
    first, second = world.matched_seconds, match_all(bed, bed.copy(world.unmatched, "everything"))[0]
    many = (_many(bed),) if bed.images > PACKAGES else ()
    return Section(
        "Everything against everything",
        f"{world.package_count:,} distinct package versions ({len(world.packages[0]):,} of names that advisories "
        f"know, up to ten versions of each{_HEAVY if bed.shared else ''}) and {world.ranges:,} affected ranges of "
        f"{bed.feeds_in_words}; {world.pairs:,} exposures come of it. Measured is one transaction: the join, what "
        "cannot be compared, resolution in Python, commit. More package versions are more of names that no advisory "
        "knows, as in life.",
        (Figure("matches and exposures of everything", "s", (first, second)), *many),
    )


def _many(bed: Bed) -> Figure:
    """Measure as many package versions as the large databases have images."""
    named, others = choose_packages(bed.bucket, bed.images)
    address = bed.copy(bed.imported, "everything-many")
    with bed.opened(address) as app:
        store_packages(app.database, [*named, *others], app.clock.now())
    seconds, _ = match_all(bed, address)
    return Figure(f"the same, {bed.images:,} package versions", "s", (seconds,), "< 60 (at 1,000,000)")
