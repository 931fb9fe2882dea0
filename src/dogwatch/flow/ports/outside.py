"""What a step is given: the world outside the process, and the stores."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from dogwatch.flow.ports.images import BillStore, EventStore, ImageStore, InventoryStore, RegistryStore
from dogwatch.flow.ports.journal import AuditStore, FactStore, JournalStore, RekeyingStore
from dogwatch.flow.ports.watch import (
    JournalPruning,
    LifecycleStore,
    RetentionStore,
    ScanCounts,
    ScanningWork,
    WatchStore,
)
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.model.bills import Attachments
from dogwatch.model.bundles import BundledFeed, FeedContent
from dogwatch.model.facts import FactChanges
from dogwatch.model.feeds import FeedChanges, ParsedRecord, StoredDocument
from dogwatch.model.images import Layer, Resolved
from dogwatch.model.progress import Tell, tell_nobody
from dogwatch.model.registries import PollOutcome, ReadNotice, Registry


class Clock(Protocol):
    """The product's one clock. A demonstration may move it ahead of the machine's."""

    def now(self) -> datetime:
        """The present, aware UTC."""

    def of(self, outside: datetime) -> datetime:
        """Carry a time that the outside world (a registry) gave into the product's time."""


class Registries(Protocol):
    """Talks to registries. Raises RegistryError and ContentError as the error tree says."""

    def read_notice(self, registry: Registry, content_type: str, body: bytes) -> ReadNotice:
        """Parse a webhook body; never raises for bad content, which is a problem in the result."""

    def resolve(self, registry: Registry, repository: str, reference: str) -> Resolved:
        """Fetch and parse a manifest by tag or digest, with everything behind it."""

    def attachments(self, registry: Registry, repository: str, digest: str, indexes: Iterable[str]) -> Attachments:
        """Fetch the bills of materials that are attached to an image, also those in indexes that name it.

        What another attempt may bring is an error; what is not to be had is a gap.
        """

    def poll(self, registry: Registry) -> PollOutcome:
        """List repositories and tags with their digests (HEAD only: nothing here counts as a pull)."""


class LayerReader(Protocol):
    """Reads layers, each once."""

    def read_layers(
        self, registry: Registry, repository: str, layers: Sequence[Layer]
    ) -> Iterator[tuple[Layer, LayerEvidence]]:
        """Stream the blobs in their order, verify digests and diff IDs, extract; what is read may be kept at once.

        Raises:
            RegistryError, ContentError: the blob cannot be had, or cannot be read to its end.
        """


class Feeds(Protocol):
    """Talks to feeds of advisories."""

    def sources(self, found: Collection[str] = ()) -> Iterable[tuple[str, str]]:
        """(source, ecosystem) of every feed that is switched on, feeds of facts (CATALOGUE) among them.

        Args:
            found: ecosystems of which packages were found; their feeds may be on just because of that.
        """

    def fetch(
        self,
        source: str,
        ecosystem: str,
        state: Mapping[str, str],
        known: Iterable[tuple[str, datetime]],
        now: datetime,
        confirmed: bool = False,
        tell: Tell = tell_nobody,
    ) -> AbstractContextManager[FeedChanges | None]:
        """What changed since `state`; None when nothing did. What it left on disk is deleted with the end of the block.

        `known` is (record id, modified), read at most once and not at all when the feed has not changed. `confirmed`
        believes a feed that lost most of its records, or shows an older state. `tell` hears how far it has come.

        Raises:
            FeedError: it cannot be had, or shows an older state than we hold; FeedShrunkError: it lost too much.
            MalformedSnapshotError, LimitExceededError: what it sent cannot be used.
        """

    def reread(self, source: str, documents: Iterable[StoredDocument]) -> Iterator[ParsedRecord]:
        """Parse stored documents of a source once more; none where there is no such source any more."""

    def fetch_facts(
        self, source: str, state: Mapping[str, str], now: datetime, confirmed: bool = False, tell: Tell = tell_nobody
    ) -> AbstractContextManager[FactChanges | None]:
        """What changed of facts about CVE ids; as `fetch`."""


class Bundles(Protocol):
    """Files that carry what is known of the feeds.

    Raises BundleRefusedError for a file that cannot be believed, ConfigError for keys that cannot be used.
    """

    def can_carry(self, feed: BundledFeed) -> bool:
        """Whether this version reads such a feed, and does not bring it along itself."""

    def write(self, path: Path, key: Path, contents: Iterable[FeedContent]) -> tuple[BundledFeed, ...]:
        """Write a bundle, signed with a key; returns what it holds."""

    def check(self, path: Path) -> tuple[BundledFeed, ...]:
        """The feeds of a bundle, every byte of which was compared with what somebody trusted has signed."""

    def refuse_shrunk(self, path: Path, feed: BundledFeed, held_records: int) -> None:
        """Raise FeedShrunkError where so few records can only mean that too many of those held were lost."""

    def bring(
        self, path: Path, feed: BundledFeed, known: Iterable[tuple[str, datetime]], confirmed: bool = False
    ) -> FeedChanges:
        """What it says of a feed of advisories and is not known; `known` and `confirmed` as of `Feeds.fetch`."""

    def bring_facts(self, path: Path, feed: BundledFeed, confirmed: bool = False) -> FactChanges:
        """What it says of a feed of facts."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything `flow` works with."""

    clock: Clock
    registries: Registries
    layers: LayerReader
    feeds: Feeds
    registry_store: RegistryStore
    event_store: EventStore
    image_store: ImageStore
    inventory_store: InventoryStore
    bill_store: BillStore
    watch_store: WatchStore
    scanning_work: ScanningWork
    retention_store: RetentionStore
    journal_pruning: JournalPruning
    history_days: int
    lifecycle_store: LifecycleStore
    scan_counts: ScanCounts
    audit_store: AuditStore
    journal_store: JournalStore
    fact_store: FactStore
    rekeying_store: RekeyingStore
