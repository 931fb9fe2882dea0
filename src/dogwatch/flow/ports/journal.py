"""Stores of advisories and facts, and of what is known by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from dogwatch.model.audits import Audit
from dogwatch.model.bundles import BundledFeed, FeedContent
from dogwatch.model.facts import FactChanges
from dogwatch.model.feeds import FeedChanges, ParsedRecord, Publication, StoredDocument


class AuditStore(Protocol):
    """Everything that follows from what is stored, held against it."""

    def audit(self) -> Audit:
        """Compute it anew, compare, and keep what differs; corrects nothing, and nobody waits for it."""


class FactStore(Protocol):
    """Facts about CVE ids."""

    def publish_facts(self, source: str, changes: FactChanges, now: datetime) -> Publication:
        """Take over the changes, and resolve anew what is exposed to CVE ids whose scores changed."""


class JournalStore(Protocol):
    """The journal of advisories."""

    def feed_state(self, source: str, ecosystem: str) -> Mapping[str, str]:
        """The source's memory of its last successful fetch; empty before the first."""

    def known(self, source: str, ecosystem: str) -> Mapping[str, datetime]:
        """Record id → modified, as last published from this feed."""

    def publish(self, source: str, ecosystem: str, changes: FeedChanges, now: datetime) -> Publication:
        """Journal the changes as one revision and let them meet the stored packages, in one transaction."""

    def withdraw_due(self, now: datetime) -> None:
        """End what records say whose withdrawal lay ahead when they were published, and has come."""

    def record_checked(self, source: str, ecosystem: str, now: datetime, problem: str = "") -> None:
        """Remember that a feed answered "nothing new", or what went wrong."""

    def found(self) -> tuple[str, ...]:
        """Ecosystems of which packages were ever found, releases included."""

    def note_found(self, ecosystems: Iterable[str], now: datetime) -> None:
        """Remember that packages of these ecosystems were found, where no image is stored for it."""

    def record_loss(self, source: str, ecosystem: str, lost: int) -> None:
        """Remember how many records a feed lost whose loss has to be confirmed, until it answers well again."""


class RekeyingStore(Protocol):
    """Keys of versions that were made by other schemes than this program has."""

    def is_due(self) -> bool:
        """Whether there may be any."""

    def rekey_packages(self, now: datetime) -> int:
        """Key some packages anew and let them meet the stored ranges; returns how many, 0 when all are."""

    def stale_feeds(self) -> tuple[tuple[str, str], ...]:
        """The feeds (source, ecosystem) with affected ranges to be keyed anew."""

    def load_stale_documents(self, source: str, ecosystem: str) -> Iterator[StoredDocument]:
        """The documents of a feed with such ranges, as they were last published."""

    def republish(self, source: str, ecosystem: str, records: Iterable[ParsedRecord], now: datetime) -> Publication:
        """Journal what they say now as one revision, as `JournalStore.publish` does; the feed's state stays."""

    def finish(self, now: datetime) -> None:
        """Remember that there are none."""


class KnowledgeStore(Protocol):
    """What is known of the feeds, to be carried elsewhere."""

    def held_feeds(self) -> tuple[BundledFeed, ...]:
        """Every feed that was imported, with its age and its source's memory."""

    def contents(self) -> AbstractContextManager[Iterator[FeedContent]]:
        """Every feed that was imported with its records, as of one moment."""
