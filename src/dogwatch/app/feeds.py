"""The feeds that are switched on, with the demonstration's sample beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, overload

from dogwatch.demonstration import DemonstrationFolder, FeedsWithSample
from dogwatch.model.feeds import SAMPLE_SOURCE
from dogwatch.settings import Demo, Settings
from dogwatch.store.journal import JournalStore

if TYPE_CHECKING:
    from pathlib import Path

    from dogwatch.advisories import FeedReader


def read_feeds(settings: Settings) -> FeedReader:
    """Return what reads the real feeds that are switched on."""
    from dogwatch.advisories import FeedReader

    return FeedReader(settings.feed_mirror, settings.data / "spool", settings.feeds)


def choose_feeds(settings: Settings, journal: JournalStore) -> FeedsWithSample:
    """Return the feeds that are switched on, with the demonstration's sample beside them."""
    real = read_feeds(settings)

    def read_sample(mirror: Path) -> FeedReader:
        from dogwatch.advisories import FeedReader, OsvSource

        speaker = OsvSource(name=SAMPLE_SOURCE, licence="facts in words of our own, a sample that comes with Dogwatch")
        return FeedReader(str(mirror), settings.data / "spool", catalogue=(speaker,))

    def has_imported(ecosystem: str) -> bool:
        return any(journal.feed_state(source, each) for source, each in real.sources() if each == ecosystem)

    folder = DemonstrationFolder(settings.data)
    return FeedsWithSample(real, folder, read_sample, has_imported, settings.demo is not Demo.OFF)


class ExpectedFeeds(Sequence[tuple[str, str, timedelta]]):
    """The feeds that are switched on now, each with the age from which it is stale; a demonstration brings its own."""

    def __init__(self, feeds: FeedsWithSample, reader: FeedReader) -> None:
        self._feeds = feeds
        self._stale_after = {source.name: source.stale_after for source in reader.catalogue}
        self._stale_after[SAMPLE_SOURCE] = max(self._stale_after.values())

    def _now(self) -> list[tuple[str, str, timedelta]]:
        return [(source, ecosystem, self._stale_after[source]) for source, ecosystem in self._feeds.sources()]

    def __iter__(self) -> Iterator[tuple[str, str, timedelta]]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    @overload
    def __getitem__(self, place: int) -> tuple[str, str, timedelta]: ...

    @overload
    def __getitem__(self, place: slice) -> list[tuple[str, str, timedelta]]: ...

    def __getitem__(self, place: int | slice) -> tuple[str, str, timedelta] | list[tuple[str, str, timedelta]]:
        return self._now()[place]
