"""Bundles behind one door: write one, look into one, and bring what differs, as a fetch of the feed itself would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dogwatch.advisories.bundles.keys import TRUSTED_KEYS, read_signing_key, read_trusted_keys
from dogwatch.advisories.bundles.layout import DOCUMENTS, Section
from dogwatch.advisories.bundles.reading import Bundle, check_bundle, open_bundle, read_records
from dogwatch.advisories.bundles.writing import write_bundle
from dogwatch.advisories.catalogue import FACT_SOURCES, SOURCES
from dogwatch.advisories.documents import StoredDocuments
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.listing import Listing, compare_listing, to_ticks
from dogwatch.advisories.source import AdvisorySource, Changes, FeedState
from dogwatch.model.bundles import BundledFeed, FeedContent
from dogwatch.model.errors import ConfigError, FeedShrunkError, NotFoundError
from dogwatch.model.facts import CATALOGUE, FactChanges, FactKind
from dogwatch.model.feeds import FeedChanges, StoredDocument


@dataclass(frozen=True, slots=True)
class BundleCarrier:
    """Writes and reads bundles. Implements `flow.ports.Bundles`.

    `trusted` is a PEM file with the public keys of those whose bundles are believed; empty where none is named.
    """

    trusted: str = ""
    limits: FeedLimits = FEED_LIMITS

    def can_carry(self, feed: BundledFeed) -> bool:
        """Whether this version reads such a feed, and it has to be brought: a table of our own is everywhere."""
        if feed.ecosystem == CATALOGUE:
            return any(source.name == feed.source for source in FACT_SOURCES)
        speaker = _speaker(feed.source)
        return speaker is not None and bool(speaker.public_location) and speaker.covers(feed.ecosystem)

    def write(self, path: Path, key: Path, contents: Iterable[FeedContent]) -> tuple[BundledFeed, ...]:
        """Write a bundle, signed with the key of a PEM file; see `write_bundle`.

        Raises:
            ConfigError: the key cannot be used, or the file not be written.
        """
        return write_bundle(path, read_signing_key(key), contents)

    def check(self, path: Path) -> tuple[BundledFeed, ...]:
        """Return the feeds of a bundle after every byte of it was compared with what was signed.

        Raises:
            BundleRefusedError: it is not whole, or not signed by somebody who is trusted.
            ConfigError: nobody is trusted, or the keys cannot be read.
        """
        bundle = self._open(path)
        check_bundle(bundle)
        return tuple(section.feed for section in bundle.sections)

    def refuse_shrunk(self, path: Path, feed: BundledFeed, held_records: int) -> None:
        """Raise FeedShrunkError where a feed has so few records that too many of those held must be lost."""
        self._refuse_lost(path, feed, held_records - feed.records, held_records)

    def bring(
        self, path: Path, feed: BundledFeed, known: Iterable[tuple[str, datetime]], confirmed: bool = False
    ) -> FeedChanges:
        """Return what a bundle says of a feed of advisories and is not known: new, newer, and no longer listed.

        The section is read twice, because what is no longer listed is known in the end only. Of a feed that does not
        date its records every one is handed on: what says the same as before is found when it is published.

        Raises:
            BundleRefusedError: see `check`; also while the records are read.
            FeedShrunkError: it lost too many records at once.
        """
        bundle = self._open(path)
        section = _section(bundle, feed)
        speaker = _speaker(feed.source)
        assert speaker is not None  # `can_carry` was asked
        modified = {one.id: to_ticks(one.listed_at) for one in _documents(bundle, section)}
        compared = compare_listing(Listing(modified, None, 0), known)
        if not confirmed:
            self._refuse_lost(path, feed, len(compared.removed), compared.known_records)
        is_dated = speaker.dates_records
        documents = _documents(bundle, section)
        differing = (one for one in documents if one.id in compared.changed) if is_dated else documents
        parsed = speaker.parse(Changes(FeedState(), (StoredDocuments(differing),), (), (), (), path.parent))
        removed = tuple(name for name, _ in compared.removed)
        return FeedChanges(feed.state, parsed, removed, feed.checked_at, confirmed, is_dated)

    def bring_facts(self, path: Path, feed: BundledFeed, confirmed: bool = False) -> FactChanges:
        """Return what a bundle says of a feed of facts.

        Raises:
            BundleRefusedError: see `check`; also while the facts are read.
        """
        bundle = self._open(path)
        section = _section(bundle, feed)
        facts = (one for one in read_records(bundle, section) if not isinstance(one, StoredDocument))
        return FactChanges(FactKind(section.kind), feed.state, facts, feed.checked_at, confirmed)

    def _refuse_lost(self, path: Path, feed: BundledFeed, lost: int, held: int) -> None:
        most = self.limits.max_shrink_percent
        if held >= self.limits.shrink_floor_records and lost * 100 > held * most:
            raise FeedShrunkError(feed.source, str(path), lost, held, most)

    def _open(self, path: Path) -> Bundle:
        if not self.trusted:
            raise ConfigError(TRUSTED_KEYS, "a file with the public keys of those whose bundles are believed is needed")
        return open_bundle(path, read_trusted_keys(Path(self.trusted)))


def _speaker(source: str) -> AdvisorySource | None:
    return next((each for each in SOURCES if each.name == source), None)


def _section(bundle: Bundle, feed: BundledFeed) -> Section:
    """Return a feed's section: of documents for a feed of advisories, of facts for the other."""
    found = next((each for each in bundle.sections if each.feed == feed), None)
    if found is None:
        raise NotFoundError("feed in the bundle", f"{feed.source}/{feed.ecosystem}")
    if (found.kind == DOCUMENTS) is (feed.ecosystem == CATALOGUE):
        bundle.refuse(f"what it has of {feed.source}/{feed.ecosystem} are {found.kind}")
    return found


def _documents(bundle: Bundle, section: Section) -> Iterator[StoredDocument]:
    return (one for one in read_records(bundle, section) if isinstance(one, StoredDocument))
