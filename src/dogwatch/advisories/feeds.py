"""All sources behind one door: what `flow` asks for, by source and ecosystem. Knows where the mirror and the spool are.

Decides nothing about content (`source` and its implementations do) and nothing about when (`flow` does).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
from dogwatch.model.feeds import FeedChanges, ParsedRecord
from dogwatch.model.progress import Progress, Tell, Unit, tell_nobody
from dogwatch.versions import family_of, speaks_for

FOUND = "found"
"""Among the feeds that are switched on: those of every ecosystem of which packages were found."""


@dataclass(frozen=True, slots=True)
class FeedReader:
    """Fetches and parses the feeds that are switched on.

    `location` is a folder or a URL of a mirror, or empty for what publishers serve; `spool` a folder of ours;
    `ecosystems` the feeds that are switched on, with `FOUND` for those of what was found; empty for all there are.
    """

    location: str
    spool: Path
    ecosystems: Sequence[str] = ()
    catalogue: tuple[AdvisorySource, ...] = SOURCES
    limits: FeedLimits = FEED_LIMITS

    def sources(self, found: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
        """Return (source, ecosystem) of every feed that is switched on.

        Args:
            found: families of ecosystems of which packages were found.

        Raises:
            ConfigError: no source has an ecosystem that is switched on.
        """
        offered = [(source.name, each) for source in self.catalogue for each in source.ecosystems]
        if not self.ecosystems:
            return tuple(offered)
        feeds: dict[tuple[str, str], None] = {}
        for wanted in self.ecosystems:
            if wanted == FOUND:
                continue
            chosen = [(source, wanted) for source, ecosystem in offered if speaks_for(ecosystem, wanted)]
            if not chosen:
                raise ConfigError("DOGWATCH_FEEDS", f"no source has {wanted!r}")
            feeds |= dict.fromkeys(chosen)
        if FOUND in self.ecosystems:
            covered = {family_of(ecosystem) for _, ecosystem in feeds}
            feeds |= dict.fromkeys(feed for feed in offered if feed[1] in found and feed[1] not in covered)
        return tuple(feeds)

    @contextmanager
    def fetch(
        self,
        source: str,
        ecosystem: str,
        state: Mapping[str, str],
        known: Iterable[tuple[str, datetime]],
        now: datetime,
        confirmed: bool = False,
        tell: Tell = tell_nobody,
    ) -> Iterator[FeedChanges | None]:
        """Bring what changed for the time of a block; None when nothing did, not even what is remembered.

        Args:
            source: its name in the catalogue.
            ecosystem: one of the source's.
            state: what the last applied changes said; empty before the first.
            known: (id, modified) of the records held by this feed, as `AdvisorySource.fetch` reads them.
            now: the present.
            confirmed: believe a list that is older or much shorter than before.
            tell: hears how far it has come, while it is fetched and while the records are read.

        Raises:
            FeedUnavailableError: the feed cannot be reached, or shows an older state than we hold.
            FeedRejectedError: it refuses us, or lacks the ecosystem.
            FeedShrunkError: it lost too many records at once.
            MalformedSnapshotError: what it sent cannot be used; also while the records are read.
            LimitExceededError: a file is over a limit.
        """
        speaker = next(each for each in self.catalogue if each.name == source)
        previous = FeedState.from_mapping(state)
        opened = open_mirror(self._location_of(speaker), source=source, limits=self.limits, tell=tell)
        with spool_folder(self.spool) as spool, closing(opened) as mirror:
            result = speaker.fetch(ecosystem, previous, known, mirror=mirror, spool=spool, now=now, confirmed=confirmed)
            if isinstance(result, Outdated):
                raise FeedUnavailableError(source, mirror.describe(ecosystem), f"an older state: {result.reason}")
            if isinstance(result, Changes):
                records = _counted(speaker.parse(result), ecosystem, len(result) + len(result.refused), tell)
                yield FeedChanges(result.state.to_mapping(), records, result.removed)
            elif previous is not None and replace(result.state, checked_at=previous.checked_at) == previous:
                yield None
            else:
                yield FeedChanges(result.state.to_mapping(), iter(()), ())

    def _location_of(self, source: AdvisorySource) -> str:
        """Return where a source is read from: a mirror has a folder for each, beside the export in the OSV format."""
        if not self.location:
            return source.public_location
        return f"{self.location.rstrip('/')}/{source.folder}" if source.folder else self.location


def _counted(records: Iterator[ParsedRecord], ecosystem: str, total: int, tell: Tell) -> Iterator[ParsedRecord]:
    """Yield records and tell how many were taken; behind the last one begins what takes no count."""
    for number, record in enumerate(records, 1):
        yield record
        tell(Progress(f"reading the advisories for {ecosystem}", number, total, Unit.RECORDS))
    tell(Progress(f"taking in the advisories for {ecosystem}"))
