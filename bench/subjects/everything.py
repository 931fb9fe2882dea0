"""Everything against everything: all stored packages meet all stored ranges, from scratch."""

from __future__ import annotations

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.world import world_of

_HEAVY = ", kernels and browsers among them"  # in real feeds


def measure(bed: Bed) -> Section:
    """Match and resolve everything twice, each time in a copy in which nothing has met yet."""
    world = world_of(bed)
    first, second = world.matched_seconds, world.match_all(bed.copy(world.unmatched, "everything"))[0]
    return Section(
        "Everything against everything",
        f"{world.package_count:,} distinct package versions ({len(world.packages[0]):,} of names that advisories "
        f"know, up to ten versions of each{_HEAVY if bed.shared else ''}) and {world.ranges:,} affected ranges of "
        f"{bed.feeds_in_words}; {world.pairs:,} exposures come of it. Measured is one transaction: the join, what "
        "cannot be compared, resolution in Python, commit.",
        (Figure("matches and exposures of everything", "s", (first, second)),),
    )
