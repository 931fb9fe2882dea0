"""All sources behind one door: what `flow` asks for, by source and ecosystem. Knows where the mirror and the spool are.

Decides nothing about content (`source` and its implementations do) and nothing about when (`flow` does).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dogwatch.advisories.catalogue import SOURCES
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.location import open_mirror
from dogwatch.advisories.source import AdvisorySource, Changes, FeedState, Outdated
from dogwatch.advisories.spool import spool_folder
from dogwatch.model.errors import ConfigError, FeedUnavailableError
from dogwatch.model.feeds import FeedChanges


@dataclass(frozen=True, slots=True)
class FeedReader:
    """Fetches and parses the feeds that are switched on.

    `location` is a folder, a URL, or empty for the public export; `spool` a folder of ours; `ecosystems` the feeds that
    are switched on, empty for all there are.
    """

    location: str
    spool: Path
    ecosystems: Sequence[str] = ()
    catalogue: tuple[AdvisorySource, ...] = SOURCES
    limits: FeedLimits = FEED_LIMITS

    def sources(self) -> tuple[tuple[str, str], ...]:
        """Return (source, ecosystem) of every feed that is switched on.

        Raises:
            ConfigError: no source has an ecosystem that is switched on.
        """
        offered = tuple((source.name, each) for source in self.catalogue for each in source.ecosystems)
        for wanted in self.ecosystems:
            if wanted not in {ecosystem for _, ecosystem in offered}:
                raise ConfigError("DOGWATCH_FEEDS", f"no source has {wanted!r}")
        return tuple(feed for feed in offered if not self.ecosystems or feed[1] in self.ecosystems)

    @contextmanager
    def fetch(
        self,
        source: str,
        ecosystem: str,
        state: Mapping[str, str],
        known: Iterable[tuple[str, datetime]],
        now: datetime,
        confirmed: bool = False,
    ) -> Iterator[FeedChanges | None]:
        """Bring what changed for the time of a block; None when nothing did, not even what is remembered.

        Args:
            source: its name in the catalogue.
            ecosystem: one of the source's.
            state: what the last applied changes said; empty before the first.
            known: (id, modified) of the records held by this feed, as `AdvisorySource.fetch` reads them.
            now: the present.
            confirmed: believe a list that is older or much shorter than before.

        Raises:
            FeedUnavailableError: the feed cannot be reached, or shows an older state than we hold.
            FeedRejectedError: it refuses us, or lacks the ecosystem.
            FeedShrunkError: it lost too many records at once.
            MalformedSnapshotError: what it sent cannot be used; also while the records are read.
            LimitExceededError: a file is over a limit.
        """
        speaker = next(each for each in self.catalogue if each.name == source)
        previous = FeedState.from_mapping(state)
        opened = open_mirror(self.location, source=source, limits=self.limits)
        with spool_folder(self.spool) as spool, closing(opened) as mirror:
            result = speaker.fetch(ecosystem, previous, known, mirror=mirror, spool=spool, now=now, confirmed=confirmed)
            if isinstance(result, Outdated):
                raise FeedUnavailableError(source, mirror.describe(ecosystem), f"an older state: {result.reason}")
            if isinstance(result, Changes):
                yield FeedChanges(result.state.to_mapping(), speaker.parse(result), result.removed)
            elif previous is not None and replace(result.state, checked_at=previous.checked_at) == previous:
                yield None
            else:
                yield FeedChanges(result.state.to_mapping(), iter(()), ())
