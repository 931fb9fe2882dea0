"""The rooms handed to `flow`."""

from __future__ import annotations

from functools import partial
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from dogwatch import __version__
from dogwatch.app.feeds import choose_feeds
from dogwatch.flow.ahead import open_ahead
from dogwatch.flow.ports import Outside
from dogwatch.settings import Settings, process_environment
from dogwatch.store.audit import AuditStore
from dogwatch.store.bills import BillStore
from dogwatch.store.costs import ScanCounts
from dogwatch.store.events import EventStore
from dogwatch.store.facts import FactStore
from dogwatch.store.images import ImageStore
from dogwatch.store.inventories import InventoryStore
from dogwatch.store.journal import JournalStore
from dogwatch.store.lifecycle import LifecycleStore
from dogwatch.store.pruning import JournalPruning
from dogwatch.store.registries import RegistryStore
from dogwatch.store.rekeying import RekeyingStore
from dogwatch.store.retention import RetentionStore
from dogwatch.store.scanning_work import ScanningWork
from dogwatch.store.watch import WatchStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dogwatch.inventory.evidence import LayerEvidence
    from dogwatch.model.images import Layer
    from dogwatch.model.registries import Registry
    from dogwatch.registry.watched import WatchedRegistries
    from dogwatch.store.clock import ProductClock
    from dogwatch.store.connection import Database


class LayerReading:
    """Implements `flow.ports.LayerReader`: a stream from the registry room, read by the inventory room."""

    def __init__(self, registries: WatchedRegistries) -> None:
        self._registries = registries

    def read_layers(
        self, registry: Registry, repository: str, layers: Sequence[Layer]
    ) -> Iterator[tuple[Layer, LayerEvidence]]:
        """Read layers one by one; the next ones are opened meanwhile."""
        from dogwatch.inventory.layer import read_layer

        for layer, blob in open_ahead(partial(self._registries.open_layer, registry, repository), layers):
            yield layer, read_layer(blob, layer, make_spool=TemporaryFile)


def connect(settings: Settings, database: Database, clock: ProductClock, registries: WatchedRegistries) -> Outside:
    """Hand the rooms to `flow`."""
    return Outside(
        clock=clock,
        registries=registries,
        layers=LayerReading(registries),
        feeds=choose_feeds(settings, database),
        registry_store=RegistryStore(database, clock),
        event_store=EventStore(database),
        image_store=ImageStore(database),
        inventory_store=InventoryStore(database),
        bill_store=BillStore(database),
        watch_store=WatchStore(database),
        scanning_work=ScanningWork(database),
        retention_store=RetentionStore(database),
        journal_pruning=JournalPruning(database),
        history_days=settings.history_days,
        lifecycle_store=LifecycleStore(database, clock),
        scan_counts=ScanCounts(database),
        audit_store=AuditStore(database, clock.now),
        journal_store=JournalStore(database),
        fact_store=FactStore(database),
        rekeying_store=RekeyingStore(database),
    )


def watched_registries() -> WatchedRegistries:
    """Return what talks to registries, with credentials from the process's environment."""
    from dogwatch.registry.watched import WatchedRegistries

    return WatchedRegistries(process_environment(), __version__)
