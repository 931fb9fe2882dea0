"""All sources behind one door: what `flow` asks for, by source and ecosystem. Knows where the mirror and the spool are.

Decides nothing about content (`source` and its implementations do) and nothing about when (`flow` does).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dogwatch.advisories.catalogue import FACT_SOURCES, SOURCES
from dogwatch.advisories.documents import StoredDocuments
from dogwatch.advisories.fact_source import FactFiles, FactSource, FactState
from dogwatch.advisories.kept_downloads import keeping_downloads
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.location import open_mirror
from dogwatch.advisories.mirror import FeedMirror
from dogwatch.advisories.operator_documents import reread_documents
from dogwatch.advisories.source import AdvisorySource, Changes, FeedState, FetchRequest, Outdated
from dogwatch.advisories.spool import spool_folder
from dogwatch.model.errors import ConfigError, FeedUnavailableError
from dogwatch.model.facts import CATALOGUE, FactChanges
from dogwatch.model.feeds import OPERATOR_SOURCES, FeedChanges, ParsedRecord, StoredDocument
from dogwatch.model.progress import Progress, Tell, Unit, tell_nobody
from dogwatch.versions import family_of, speaks_for

FOUND = "found"
"""Among the feeds that are switched on: those of every ecosystem of which packages were found."""

ALL_FACTS = "all"
"""Among the sources of facts that are switched off: every one."""


@dataclass(frozen=True, slots=True)
class FeedReader:
    """Fetches and parses the feeds that are switched on.

    `location` is a folder or a URL of a mirror, or empty for what publishers serve; `spool` a folder of ours;
    `ecosystems` the feeds that are switched on, with `FOUND` for those of what was found; empty for all there are.
    `facts` are the sources of facts that are switched on.
    """

    location: str
    spool: Path
    ecosystems: Sequence[str] = ()
    catalogue: tuple[AdvisorySource, ...] = SOURCES
    limits: FeedLimits = FEED_LIMITS
    facts: tuple[FactSource, ...] = ()

    def sources(self, found: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
        """Return (source, ecosystem) of every feed that is switched on, those of facts last.

        Args:
            found: ecosystems of which packages were found, releases included.

        Raises:
            ConfigError: no source has an ecosystem that is switched on.
        """
        facts = tuple((source.name, CATALOGUE) for source in self.facts if self._has(source.name))
        if not self.ecosystems:
            every = ((source, ecosystem) for source in self.catalogue for ecosystem in source.ecosystems)
            return (*((source.name, each) for source, each in every if self._has(source.folder)), *facts)
        feeds: dict[tuple[str, str], None] = {}
        for wanted in self.ecosystems:
            if wanted != FOUND:
                feeds |= dict.fromkeys(self._switched_on(wanted, found))
        if FOUND in self.ecosystems:
            covered = {family_of(ecosystem) for _, ecosystem in feeds}
            for family in sorted({family_of(ecosystem) for ecosystem in found} - covered):
                feeds |= dict.fromkeys(self._offered(family, found))
        return (*feeds, *facts)

    def has_source(self, source: str, ecosystem: str) -> bool:
        """Whether there is such a source of advisories in this version, and it speaks for the ecosystem."""
        return any(each.name == source and each.covers(ecosystem) for each in self.catalogue)

    def _has(self, folder: str) -> bool:
        """Say whether a source with a folder of its own is there; only of a mirror in a folder is it known unasked."""
        is_folder = bool(self.location) and "://" not in self.location
        return not (is_folder and folder) or Path(self._location_of(folder, "")).is_dir()

    def _switched_on(self, wanted: str, found: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield the feeds of an ecosystem that the settings name."""
        if not any(source.covers(wanted) for source in self.catalogue):
            raise ConfigError("DOGWATCH_FEEDS", f"no source has {wanted!r}")
        yield from self._offered(wanted, found)

    def _offered(self, wanted: str, found: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield the feeds of an ecosystem; of a source that has one for each release, those of the releases found."""
        for source in self.catalogue:
            if source.covers(wanted) and self._has(source.folder):
                releases = sorted(each for each in found if each != wanted and speaks_for(wanted, each))
                is_whole = wanted == family_of(wanted) and source.by_release
                yield from (
                    (source.name, each) for each in (releases if is_whole else (wanted,)) if source.covers(each)
                )

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

        A feed that no source has any more lists nothing.

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
        if not self.has_source(source, ecosystem):
            yield FeedChanges({}, iter(()), tuple(record_id for record_id, _ in known))
            return
        speaker = next(each for each in self.catalogue if each.name == source)
        previous = FeedState.from_mapping(state)
        location = self._location_of(speaker.folder, speaker.public_location)
        with self._opened(location, (source, ecosystem), speaker.folder, now, tell) as (mirror, spool):
            asked = FetchRequest(ecosystem, previous, known, mirror=mirror, spool=spool, now=now, confirmed=confirmed)
            result = speaker.fetch(asked)
            if isinstance(result, Outdated):
                raise FeedUnavailableError(source, mirror.describe(ecosystem), f"an older state: {result.reason}")
            if isinstance(result, Changes):
                records = _counted(speaker.parse(result), ecosystem, len(result) + len(result.refused), tell)
                told, is_dated = result.state.to_mapping(), speaker.dates_records
                yield FeedChanges(told, records, result.removed, is_dated=is_dated)
            elif previous is not None and replace(result.state, checked_at=previous.checked_at) == previous:
                yield None
            else:
                yield FeedChanges(result.state.to_mapping(), iter(()), ())

    @contextmanager
    def _opened(
        self, location: str, feed: tuple[str, str], folder: str, now: datetime, tell: Tell
    ) -> Iterator[tuple[FeedMirror, Path]]:
        """Open a mirror that keeps what is downloaded, and a spool, for one fetch of a feed (source and ecosystem).

        Files of which two sources are made are kept for both.
        """
        source, ecosystem = feed
        folders = [*(one.folder for one in self.catalogue if one.folder), *(one.name for one in self.facts)]
        is_shared = folders.count(folder) > 1
        kept_as = folder if is_shared else f"{source}/{ecosystem}"
        opened = open_mirror(location, source=source, limits=self.limits, tell=tell)
        with (
            spool_folder(self.spool) as spool,
            closing(opened),
            keeping_downloads(opened, self.spool, kept_as, now, is_shared) as mirror,
        ):
            yield mirror, spool

    def reread(self, source: str, documents: Iterable[StoredDocument]) -> Iterator[ParsedRecord]:
        """Parse documents that were published once more; none of a source that is not in the catalogue any more."""
        if source in OPERATOR_SOURCES:
            return reread_documents(source, documents)
        speaker = next((each for each in self.catalogue if each.name == source), None)
        if speaker is None:
            return iter(())
        return speaker.parse(Changes(FeedState(), (StoredDocuments(documents),), (), (), (), self.spool))

    def _location_of(self, folder: str, public: str) -> str:
        """Return where a source is read from: a mirror has a folder for each, beside the export in the OSV format."""
        if not self.location:
            return public
        return f"{self.location.rstrip('/')}/{folder}" if folder else self.location

    @contextmanager
    def fetch_facts(
        self, source: str, state: Mapping[str, str], now: datetime, confirmed: bool = False, tell: Tell = tell_nobody
    ) -> Iterator[FactChanges | None]:
        """Bring the facts that changed for the time of a block; None when nothing did.

        Args:
            source: of facts, by its name.
            state: what the last applied changes said; empty before the first.
            now: the present.
            confirmed: believe a file that is older or much shorter than before.
            tell: hears how far large files have come.

        Raises:
            As `fetch`.
        """
        speaker = next(each for each in self.facts if each.name == source)
        location = self._location_of(source, speaker.public_location)
        with self._opened(location, (source, CATALOGUE), source, now, tell) as (mirror, spool):
            files = FactFiles(source, mirror, spool, self.limits)
            yield speaker.fetch_facts(FactState.from_mapping(state), files, now, confirmed)


def choose_facts(switched_off: Collection[str]) -> tuple[FactSource, ...]:
    """Return the sources of facts that are not switched off.

    Raises:
        ConfigError: a name that no source has.
    """
    unknown = set(switched_off) - {source.name for source in FACT_SOURCES} - {ALL_FACTS}
    if unknown:
        raise ConfigError("DOGWATCH_FACTS_OFF", f"no source of facts is named {min(unknown)!r}")
    return () if ALL_FACTS in switched_off else tuple(one for one in FACT_SOURCES if one.name not in switched_off)


def _counted(records: Iterator[ParsedRecord], ecosystem: str, total: int, tell: Tell) -> Iterator[ParsedRecord]:
    """Yield records and tell how many were taken; behind the last one begins what takes no count."""
    for number, record in enumerate(records, 1):
        yield record
        tell(Progress(f"reading the advisories for {ecosystem}", number, total, Unit.RECORDS))
    tell(Progress(f"taking in the advisories for {ecosystem}"))
