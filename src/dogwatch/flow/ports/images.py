"""Stores of what registries tell, and of what images hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dogwatch.model.bills import BillsToRead, Witnessed
from dogwatch.model.images import BaseImage, ImageToIndex, KeptEvidence, Layer, Resolved, ResolvedImage
from dogwatch.model.packages import Inventory, Provenance
from dogwatch.model.registries import ManifestToResolve, Notice, NoticeReading, Registry, TagListing


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


class BillStore(Protocol):
    """Bills of materials that are attached to watched images, and what they add to these."""

    def load_due(self, now: datetime, limit: int) -> tuple[int, ...]:
        """Images whose bills are to be looked at, those first that an event asks for."""

    def load(self, image_id: int) -> BillsToRead | None:
        """One of them, with what was found in it; None where there is nothing to look at."""

    def save(self, looked: BillsToRead, witnessed: Witnessed, next_at: datetime, now: datetime) -> None:
        """Store what the bills say, in place of what they said.

        Nothing happens where the image's layers were read anew meanwhile: it is among those due.
        """

    def fail(self, image_id: int, problem: str, now: datetime) -> None:
        """Keep what the bills said when they could be had, and say with the image that they cannot."""

    def forget(self, looked: BillsToRead, now: datetime) -> None:
        """Leave to an image what its layers hold."""
