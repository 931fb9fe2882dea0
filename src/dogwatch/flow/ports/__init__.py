"""What `flow` needs from the outer rooms, stated by `flow`. `app` hands it over; the type checker proves the fit."""

from dogwatch.flow.ports.images import BillStore, EventStore, EvidenceStore, ImageStore, InventoryStore, RegistryStore
from dogwatch.flow.ports.journal import AuditStore, FactStore, JournalStore, KnowledgeStore, RekeyingStore
from dogwatch.flow.ports.outside import Bundles, Clock, Feeds, LayerReader, Outside, Registries
from dogwatch.flow.ports.watch import (
    JournalPruning,
    LifecycleStore,
    RetentionStore,
    ScanCounts,
    ScanningWork,
    WatchStore,
)
from dogwatch.flow.ports.work import Defer, Isolation

__all__ = [
    "AuditStore",
    "BillStore",
    "Bundles",
    "Clock",
    "Defer",
    "EventStore",
    "EvidenceStore",
    "FactStore",
    "Feeds",
    "ImageStore",
    "InventoryStore",
    "Isolation",
    "JournalPruning",
    "JournalStore",
    "KnowledgeStore",
    "LayerReader",
    "LifecycleStore",
    "Outside",
    "Registries",
    "RegistryStore",
    "RekeyingStore",
    "RetentionStore",
    "ScanCounts",
    "ScanningWork",
    "WatchStore",
]
