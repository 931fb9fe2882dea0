"""The feeds that are switched on, with the demonstration's sample beside them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dogwatch.model.facts import CATALOGUE
from dogwatch.model.feeds import OPERATOR_SOURCES, SAMPLE_SOURCE
from dogwatch.settings import Demo, Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import timedelta
    from pathlib import Path

    from dogwatch.advisories import FeedReader
    from dogwatch.demonstration import FeedsWithSample
    from dogwatch.model.bundles import BundledFeed
    from dogwatch.store.connection import Database
    from dogwatch.store.feeds import ExpectedFeeds


def read_feeds(settings: Settings) -> FeedReader:
    """Return what reads the real feeds that are switched on."""
    from dogwatch.advisories import FeedReader, choose_facts

    facts = choose_facts(settings.facts_off)
    location = "" if settings.is_without_feeds else settings.feed_mirror  # they are expected, as without a mirror
    return FeedReader(location, settings.data / "spool", settings.feeds, facts=facts)


def choose_feeds(settings: Settings, database: Database) -> FeedsWithSample:
    """Return the feeds that are switched on, with the demonstration's sample beside them."""
    from dogwatch.demonstration import DemonstrationFolder, FeedsWithSample

    real = read_feeds(settings)

    def read_sample(mirror: Path) -> FeedReader:
        from dogwatch.advisories import FeedReader, OsvSource

        speaker = OsvSource(name=SAMPLE_SOURCE, licence="facts in words of our own, a sample that comes with Dogwatch")
        return FeedReader(str(mirror), settings.data / "spool", catalogue=(speaker,))

    def has_imported(ecosystem: str) -> bool:
        from dogwatch.store.journal import JournalStore

        journal = JournalStore(database)
        return any(journal.feed_state(source.name, ecosystem) for source in real.catalogue)

    folder = DemonstrationFolder(settings.data)
    return FeedsWithSample(real, folder, read_sample, has_imported, settings.demo is not Demo.OFF)


def asked_feeds(settings: Settings, feeds: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return those of the feeds that are asked for: all, or where bundles bring them, what comes with the program."""
    if not settings.is_without_feeds:
        return tuple(feeds)
    own = {SAMPLE_SOURCE, *(source.name for source in read_feeds(settings).catalogue if not source.public_location)}
    return tuple(feed for feed in feeds if feed[0] in own)


def find_abandoned(settings: Settings, held: Iterable[BundledFeed]) -> tuple[tuple[str, str], ...]:
    """Return the feeds with records in force which no source of this version has: they are to be taken back."""
    reader = read_feeds(settings)
    apart = {SAMPLE_SOURCE, *OPERATOR_SOURCES}
    return tuple(
        (one.source, one.ecosystem)
        for one in held
        if one.records and one.ecosystem != CATALOGUE and one.source not in apart
        if not reader.has_source(one.source, one.ecosystem)
    )


def expect_feeds(settings: Settings, database: Database) -> ExpectedFeeds:
    """Return the feeds that are switched on now, each with the age from which it is stale, by what was found."""

    @lru_cache(maxsize=1)
    def choose() -> tuple[FeedsWithSample, dict[str, timedelta]]:
        reader = read_feeds(settings)
        stale_after = {source.name: source.stale_after for source in reader.catalogue}
        stale_after[SAMPLE_SOURCE] = max(stale_after.values())
        stale_after |= {source.name: source.stale_after for source in reader.facts}
        return choose_feeds(settings, database), stale_after

    def expected(found: Collection[str]) -> list[tuple[str, str, timedelta]]:
        feeds, stale_after = choose()
        return [(source, ecosystem, stale_after[source]) for source, ecosystem in feeds.sources(found)]

    return expected
