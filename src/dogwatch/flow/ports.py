"""What `flow` needs from the outer rooms, stated by `flow`. `app` hands it over; the type checker proves the fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from dogwatch.inventory import LayerEvidence
from dogwatch.model.audits import Audit
from dogwatch.model.bundles import BundledFeed, FeedContent
from dogwatch.model.facts import FactChanges
from dogwatch.model.feeds import FeedChanges, ParsedRecord, Publication, StoredDocument
from dogwatch.model.images import BaseImage, KeptEvidence, Layer, Resolved, ResolvedImage
from dogwatch.model.images import ImageToIndex as ImageToIndex
from dogwatch.model.monitoring import SettingStatus
from dogwatch.model.packages import Inventory, Provenance
from dogwatch.model.progress import Tell, tell_nobody
from dogwatch.model.registries import ManifestToResolve as ManifestToResolve
from dogwatch.model.registries import Notice as Notice
from dogwatch.model.registries import NoticeReading, PollOutcome, ReadNotice, Registry, TagListing


class Clock(Protocol):
    """The product's one clock. A demonstration may move it ahead of the machine's."""

    def now(self) -> datetime:
        """The present, aware UTC."""

    def of(self, outside: datetime) -> datetime:
        """Carry a time that the outside world (a registry) gave into the product's time."""


# --- registries -------------------------------------------------------------------------------------------------------


class Registries(Protocol):
    """Talks to registries. Raises RegistryError and ContentError as the error tree says."""

    def read_notice(self, registry: Registry, content_type: str, body: bytes) -> ReadNotice:
        """Parse a webhook body; never raises for bad content, which is a problem in the result."""

    def resolve(self, registry: Registry, repository: str, reference: str) -> Resolved:
        """Fetch and parse a manifest by tag or digest, with everything behind it."""

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


# --- the store --------------------------------------------------------------------------------------------------------


class RegistryStore(Protocol):
    """Registries as stored."""

    def load(self, registry_id: int) -> Registry:
        """The registry, or NotFoundError where it is unknown or removed."""

    def load_all(self) -> tuple[Registry, ...]:
        """Every registry that is not removed, of all accounts, by id."""

    def record_poll(self, registry_id: int, at: datetime, problem: str) -> None:
        """Remember when a poll ended; an empty problem means that it saw everything."""


class EventStore(Protocol):
    """Notices and events: stored first, understood after, each exactly once."""

    def load_notices(self, limit: int) -> tuple[Notice, ...]:
        """The oldest unread notices."""

    def save_readings(self, readings: Sequence[NoticeReading]) -> int:
        """Save the events of notices, and mark these as read, in one transaction. Returns how many events were new.

        An event is new by its external id; its time is clamped to when the notice was received.
        """

    def apply_events(self, limit: int, now: datetime) -> tuple[int, tuple[ManifestToResolve, ...]]:
        """Let the oldest waiting events move clocks, tags and monitoring of what is known.

        Returns how many were taken in, and the manifests that were pushed or pulled and are not known. Idempotent; own
        reads move nothing; several callers at once share the work.
        """

    def load_unresolved(self, now: datetime, limit: int) -> tuple[ManifestToResolve, ...]:
        """Manifests that were named and whose turn to be resolved has come (again): the safety net under lost jobs."""

    def save_listing(self, registry_id: int, listing: TagListing, seen_at: datetime) -> tuple[ManifestToResolve, ...]:
        """Take in what polling saw of a repository, and return the manifests that are not known.

        New tags and digests become pushes with origin poll, tags that are gone become deletions.
        """


class EvidenceStore(Protocol):
    """Keeps what was found in layers."""

    def load_evidence(
        self, account_id: str, layers: Sequence[Layer], fingerprint: str
    ) -> Mapping[tuple[str, str], KeptEvidence]:
        """Evidence already kept, by digest and diff ID: that of this fingerprint, or else the newest."""

    def adopt_evidence(self, account_id: str, layer: Layer, made_by: str, fingerprint: str) -> None:
        """Let evidence made under one fingerprint count as made under another."""

    def save_evidence(self, account_id: str, layer: Layer, fingerprint: str, evidence: bytes, now: datetime) -> None:
        """Keep the reading of one layer."""


class ImageStore(EvidenceStore, Protocol):
    """Images, layers, inventories."""

    def save_resolved(self, registry_id: int, repository: str, resolved: Resolved, now: datetime) -> tuple[int, ...]:
        """Record what a manifest turned out to be, and return the ids of watched images that have no inventory yet.

        The events waiting for it are replayed, and monitoring begins where its clocks say so. Idempotent.
        """

    def save_unresolved(
        self, registry_id: int, repository: str, digest: str, status_reason: str, problem: str, now: datetime
    ) -> None:
        """Remember that a manifest could not be resolved, and why."""

    def find_base(self, account_id: str, image: ResolvedImage) -> BaseImage:
        """What an image was built on, of those that the account watches or watched."""

    def load_to_index(self, image_id: int, fingerprint: str) -> ImageToIndex | None:
        """The image's layers, or None when nothing is left to do; an inventory its chain has is then attached."""

    def load_waiting(self, fingerprint: str, now: datetime, limit: int) -> tuple[int, ...]:
        """Watched images without an inventory by these extractors, oldest first: the safety net under lost jobs.

        What failed is there when its turn has come: less and less often, and only where another attempt may help.
        """

    def load_to_reread(self, fingerprint: str, now: datetime, limit: int) -> tuple[int, ...]:
        """One watched image for each chain whose inventory other extractors made; those of most images first."""

    def record_failure(self, image_id: int, fingerprint: str, status_reason: str, problem: str, now: datetime) -> None:
        """Mark an image as failed (model.monitoring.StatusReason), with the problem in words."""

    def record_delay(self, image_id: int, problem: str) -> None:
        """Say with an image that waits for another attempt why it does."""


class InventoryStore(Protocol):
    """Inventories, where new packages meet the stored ranges."""

    def save_inventory(
        self, chain_id: int, fingerprint: str, inventory: Inventory, provenance: Sequence[Provenance], now: datetime
    ) -> None:
        """Save an inventory and let its new packages meet the stored ranges, in one transaction.

        New packages with keys, sets, inventory, matches and exposures of the new packages, the chain's provenance, and
        the inventory attached to every image of the chain (its monitoring goes on with it).
        """


class WatchStore(Protocol):
    """Windows at work on all images."""

    def end_expired(self, now: datetime, limit: int) -> int:
        """End monitoring of images past their deadline, at the deadline. Returns how many ended."""

    def load_pending_settings(self) -> tuple[int, ...]:
        """Ids of window changes that are still PENDING, oldest first."""

    def apply_setting(self, setting_id: int, now: datetime) -> SettingStatus:
        """Compute every deadline of the account anew and end what is over; wakes nothing. PENDING becomes SUCCESS."""

    def fail_setting(self, setting_id: int, problem: str, now: datetime) -> None:
        """PENDING becomes FAILED."""


class ScanningWork(Protocol):
    """Changes of which repositories are scanned, and whether an account is, at work on all images."""

    def load_pending(self) -> tuple[str, ...]:
        """The accounts with a change that waits."""

    def apply(self, account_id: str, now: datetime) -> None:
        """Let what waits take effect; idempotent."""

    def fail(self, account_id: str, problem: str) -> None:
        """Let what waits wait no longer; what was in force stays so."""


class LifecycleStore(Protocol):
    """Lifecycle policies at work: proposals, nothing else."""

    def load_due(self, now: datetime) -> tuple[int, ...]:
        """The repositories whose policy was not evaluated for a day."""

    def evaluate_policy(self, repository_id: int, now: datetime) -> None:
        """Evaluate a repository's policy and keep what it came to; idempotent."""


class RetentionStore(Protocol):
    """What is not kept for ever."""

    def delete_notices(self, received_before: datetime) -> None:
        """Delete notices that were read and came before a moment."""

    def delete_pulls(self, received_before: datetime) -> None:
        """Delete pulls that came before a moment and that no clock can miss. Pushes and deletions stay."""


class JournalPruning(Protocol):
    """The journal, as far as nobody can ask for it any more."""

    def prune(self, horizon: datetime) -> None:
        """Delete what no answer as of a moment or later rests on; earlier questions are refused from then on."""


class ScanCounts(Protocol):
    """Scans as the original bills them."""

    def count_day(self, until: datetime) -> bool:
        """Count the oldest day that is not counted to its end, up to before a moment; returns whether there is more."""


class AuditStore(Protocol):
    """Everything that follows from what is stored, held against it."""

    def audit(self) -> Audit:
        """Compute it anew, compare, and keep what differs; corrects nothing, and nobody waits for it."""


# --- advisories -------------------------------------------------------------------------------------------------------


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

    def bring_facts(self, path: Path, feed: BundledFeed) -> FactChanges:
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


class Defer(Protocol):
    """Puts jobs into the queue; each is idempotent, and a waiting twin is not queued twice.

    Raises StoreUnavailableError.
    """

    def read_notices(self) -> None:
        """Read the waiting notices, now."""

    def resolve(self, manifest: ManifestToResolve) -> None:
        """Resolve a manifest."""

    def index(self, image_id: int) -> None:
        """Index an image."""

    def poll(self, registry_id: int) -> None:
        """Ask a registry what it holds."""

    def sweep(self) -> None:
        """End what has expired."""

    def apply_setting(self, setting_id: int) -> None:
        """Apply a change of windows."""

    def apply_scanning(self, account_id: str) -> None:
        """Apply what an account changed of what is scanned."""

    def update_feed(self, source: str, ecosystem: str) -> None:
        """Look at a feed, and import what changed."""

    def delete_old(self) -> None:
        """Delete what is past its time."""

    def evaluate_policies(self) -> None:
        """Evaluate the lifecycle policies whose day is over."""

    def count_scans(self) -> None:
        """Count scans as the original bills them."""

    def audit(self) -> None:
        """Hold what is stored against what follows from it."""

    def reread(self) -> None:
        """Read images again that older extractors read."""

    def rekey(self) -> None:
        """Make version keys anew, where the schemes changed."""

    def pick_up_forgotten(self) -> None:
        """Look for work that no job is there for."""

    def for_lost_work(self) -> Defer:
        """Return the same queue, which gives no second job to what has one in progress."""


class Isolation(Protocol):
    """Runs the steps that read hostile bytes away from the service: in child processes, with limits.

    Raises whatever the step raises; StepCrashedError when the child died, LimitExceededError when it took too much.
    """

    def read_notices(self) -> None:
        """`notices.read_notices`, apart."""

    def index(self, image_id: int) -> None:
        """`index.index_image`, apart."""

    def reread(self, image_id: int) -> int:
        """`index.index_image`, apart, where it takes no place from what is indexed for the first time."""

    def update_feed(self, source: str, ecosystem: str, confirmed: bool = False) -> None:
        """`feeds.update_feed`, apart."""

    def audit(self) -> Audit:
        """`audit.audit`, apart: all names of all documents at once take more memory than a service should."""

    def rekey(self) -> None:
        """`rekeying.rekey`, apart: it parses the documents of whole feeds."""
