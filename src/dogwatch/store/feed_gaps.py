"""Gaps that follow from feeds: packages of an ecosystem whose feed was never imported, or is too old.

Computed when somebody asks and never stored: they come and go with the feeds, and no image has to be touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from dogwatch.model.feeds import SAMPLE_SOURCE
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import DATABASE_SOURCES
from dogwatch.model.views import FeedView
from dogwatch.store.feeds import ExpectedFeeds, read_feed_views
from dogwatch.store.queries import load_queries
from dogwatch.versions import family_of, scheme_of, speaks_for

_SQL = load_queries("feeds")

SAID_OF_DISTRIBUTION = (str(GapKind.DISTRIBUTION_UNSUPPORTED), str(GapKind.RELEASE_UNKNOWN))
"""Where an inventory has one of these, it is told already that nobody judges the distribution's packages."""


@dataclass(frozen=True, slots=True)
class FeedGaps:
    """What is wrong with the feeds, by family of ecosystems; a family without a feed is not there."""

    by_family: Mapping[str, tuple[Gap, ...]] = field(default_factory=dict)

    def of(self, families: Iterable[tuple[str, bool]]) -> tuple[Gap, ...]:
        """Return the gaps of an inventory.

        Args:
            families: those of its packages, each with whether it is told already that nobody judges them.
        """
        found: list[Gap] = []
        for family, is_told in sorted(families):
            if family in self.by_family:
                found += self.by_family[family]
            elif not is_told:
                why = "no feed is switched on" if scheme_of(family) else "nobody publishes advisories for it"
                found.append(Gap(GapKind.FEED_MISSING, "", f"{family}: {why}"))
        return tuple(found)

    @property
    def columns(self) -> dict[str, object]:
        """The same for SQL: families that have a feed, and how many gaps follow for each."""
        return {
            "families": list(self.by_family),
            "family_gaps": [len(gaps) for gaps in self.by_family.values()],
            "database_sources": list(DATABASE_SOURCES),
            "said_of_distribution": list(SAID_OF_DISTRIBUTION),
        }


def load_feed_gaps(connection: psycopg.Connection, expected: ExpectedFeeds, now: datetime) -> FeedGaps:
    """Find out what is wrong with feeds: those that are switched on, and those whose advisories are still in force."""
    found: dict[str, tuple[Gap, ...]] = {}
    views = read_feed_views(connection, expected, now)
    imported = [one for one in views if not one.missing and one.source != SAMPLE_SOURCE]
    for view in views:
        family = family_of(view.ecosystem)
        is_spoken_for = any(speaks_for(one.ecosystem, view.ecosystem) for one in imported)
        gaps = () if view.missing and is_spoken_for else gaps_of_feed(view)
        found[family] = found.get(family, ()) + gaps
    switched_on = {(view.source, view.ecosystem) for view in views}
    for source, ecosystem, records, _, checked_at, *_ in connection.execute(_SQL["load_feeds"]).fetchall():
        if (source, ecosystem) not in switched_on and records:
            gap = Gap(GapKind.FEED_STALE, "", f"{source} {ecosystem}: switched off, last asked {_minute(checked_at)}")
            found[family_of(ecosystem)] = (*found.get(family_of(ecosystem), ()), gap)
    return FeedGaps(found)


def gaps_of_feed(view: FeedView) -> tuple[Gap, ...]:
    """Return what is wrong with a feed that is switched on, for the packages it speaks of."""
    name = f"{view.source} {view.ecosystem}"
    why = f": {view.problem}" if view.problem else ""
    if view.missing:
        return (Gap(GapKind.FEED_MISSING, "", f"{name}: nothing was imported yet{why}"),)
    if view.stale:
        return (Gap(GapKind.FEED_STALE, "", f"{name}: last answered {_minute(view.checked_at)}{why}"),)
    return ()


def _minute(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
