"""A watched registry in a fresh database, moments in days, and manifests from one letter each."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dogwatch.model.images import (
    NOTHING_TOLD,
    Descriptor,
    ImageConfig,
    Layer,
    OtherArtifact,
    Platform,
    ResolvedImage,
    ResolvedIndex,
    ToldBase,
    UnresolvedChild,
)
from dogwatch.model.registries import EventKind, EventOrigin, ManifestToResolve, Registry, RegistryAccess, RegistryEvent
from dogwatch.model.what_if import WindowWish
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database
from dogwatch.store.events import EventStore
from dogwatch.store.images import ImageStore
from dogwatch.store.notices import insert_events
from dogwatch.store.registries import RegistryStore
from dogwatch.store.scanning_work import ScanningWork
from dogwatch.store.settings import RescanSettings
from dogwatch.store.watch import WatchStore, attach_inventory

ACCOUNT = "123456789012"
START = datetime(2026, 1, 1, tzinfo=UTC)
IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
_NUMBERS = itertools.count(1)


def no_feeds(_found: Collection[str]) -> tuple[tuple[str, str, timedelta], ...]:
    """Expect no feed at all, whatever was found."""
    return ()


def day(number: float) -> datetime:
    """Return the start of a day, counted from 2026-01-01."""
    return START + timedelta(days=number)


def digest(name: str) -> str:
    """Return a digest that belongs to the name."""
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()


def image(
    name: str, *, layers: Sequence[str] = (), architecture: str = "amd64", told: ToldBase = NOTHING_TOLD
) -> ResolvedImage:
    """Return a manifest named by its digest; images with the same layers share a chain (its own layer by default)."""
    stack = tuple(
        Layer(digest(f"blob {each}"), digest(f"diff {each}"), "application/vnd.oci.image.layer.v1.tar+gzip", 1000, each)
        for each in layers or [name]
    )
    config = ImageConfig(digest(f"config {name}"), Platform("linux", architecture), tuple(x.diff_id for x in stack))
    return ResolvedImage(digest(name), IMAGE_TYPE, 500, config, stack, told)


def index(name: str, images: Sequence[ResolvedImage], *, missing: Sequence[str] = ()) -> ResolvedIndex:
    """Return an index over images; `missing` names children that the registry does not have."""
    unresolved = tuple(
        UnresolvedChild(Descriptor(IMAGE_TYPE, digest(each), 500), "not there", is_gone=True) for each in missing
    )
    return ResolvedIndex(digest(name), INDEX_TYPE, 700, tuple(images), (), unresolved)


def signature(name: str, of: str) -> OtherArtifact:
    """Return a signature of what is named `of`."""
    return OtherArtifact(digest(name), IMAGE_TYPE, 300, "application/vnd.example.signature", digest(of))


def event(
    kind: EventKind, name: str, at: float, *, tag: str = "", by: str = "", own: bool = False, event_id: str = ""
) -> RegistryEvent:
    """Return an event of the manifest named so on a day; an empty name is for a deleted tag."""
    return RegistryEvent(
        kind,
        "app",
        digest(name) if name else "",
        tag,
        day(at),
        event_id or f"event-{next(_NUMBERS)}",
        actor=by,
        own=own,
    )


def pushed(name: str, at: float, tag: str = "") -> RegistryEvent:
    """Return a push."""
    return event(EventKind.PUSHED, name, at, tag=tag)


def pulled(name: str, at: float, by: str = "") -> RegistryEvent:
    """Return a pull."""
    return event(EventKind.PULLED, name, at, by=by)


def deleted(name: str, at: float, tag: str = "") -> RegistryEvent:
    """Return a deletion, by digest or (without a name) of a tag."""
    return event(EventKind.DELETED, name, at, tag=tag)


@dataclass
class World:
    """One account with one registry, and the stores over one database."""

    dsn: str
    database: Database
    registry: Registry
    secret: str
    clock: ProductClock
    registries: RegistryStore
    events: EventStore
    images: ImageStore
    watch: WatchStore
    settings: RescanSettings
    machine: list[datetime] = field(default_factory=list)

    def hear(self, now: float, *events: RegistryEvent, origin: EventOrigin = EventOrigin.WEBHOOK) -> int:
        """Save events as received on a day; returns how many were new."""
        with self.database.transaction() as connection:
            heard = [(self.registry.id, day(now), each) for each in events]
            return insert_events(connection, origin, heard, waits=True)

    def apply(self, now: float) -> tuple[ManifestToResolve, ...]:
        """Apply all that waits; returns what has to be resolved."""
        found: list[ManifestToResolve] = []
        while True:
            count, manifests = self.events.apply_events(1000, day(now))
            found += manifests
            if not count:
                return tuple(found)

    def tell(self, now: float, *events: RegistryEvent) -> tuple[ManifestToResolve, ...]:
        """Hear and apply."""
        self.hear(now, *events)
        return self.apply(now)

    def resolve(self, now: float, resolved: ResolvedImage | ResolvedIndex | OtherArtifact) -> tuple[int, ...]:
        """Save what a manifest turned out to be."""
        return self.images.save_resolved(self.registry.id, "app", resolved, day(now))

    def manifest(self, name: str) -> ManifestToResolve:
        """Return a manifest as the stores name it."""
        return ManifestToResolve(self.registry.id, "app", digest(name))

    def set_windows(self, now: float, push: str, activity: str, mode: str = "LAST_PULL_DATE") -> None:
        """Change the windows and apply the change."""
        self.settings.request(ACCOUNT, WindowWish(push, activity, mode))
        self.apply_settings(now)

    def apply_settings(self, now: float) -> None:
        """Apply the changes that wait."""
        for setting_id in self.watch.load_pending_settings():
            self.watch.apply_setting(setting_id, day(now))

    def apply_scanning(self, now: float) -> None:
        """Apply the changes of what is scanned that wait."""
        work = ScanningWork(self.database)
        for account_id in work.load_pending():
            work.apply(account_id, day(now))

    def set_frequency(self, frequency: str) -> None:
        """Set the scan frequency of the repository."""
        with self.database.transaction() as connection:
            connection.execute("UPDATE repository SET scan_frequency = %s", (frequency,))

    def attach(self, now: float, name: str, inventory: str = "inventory", fingerprint: str = "one") -> int:
        """Give an (empty) inventory to an image's chain; returns its id."""
        with self.database.transaction() as connection:
            row = connection.execute(
                """
                INSERT INTO inventory (digest, distribution, release, pretty_name, ecosystem, recorded_at)
                VALUES (sha256(%s::text::bytea), 'debian', '12', 'Debian GNU/Linux 12 (bookworm)', 'Debian:12', %s)
                ON CONFLICT (digest) DO UPDATE SET release = excluded.release RETURNING id
                """,
                (inventory, day(now)),
            ).fetchone()
            chain = connection.execute("SELECT chain_id FROM image WHERE digest = %s", (digest(name),)).fetchone()
            assert row is not None
            assert chain is not None
            attach_inventory(connection, chain[0], row[0], fingerprint, day(now))
            return int(row[0])

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Run a query and return its rows."""
        with self.database.transaction() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def clocks(self, name: str) -> tuple[object, ...]:
        """Return (pushed, pulled, by whom, until, held by, watched), moments in days."""
        rows = self.rows(
            "SELECT pushed_at, pulled_at, pulled_by, watched_until, held_by, watched FROM clocks "
            "JOIN image ON image.id = image_id WHERE digest = %s",
            digest(name),
        )
        return tuple(as_day(value) for value in rows[0]) if rows else ()

    def intervals(self, name: str) -> list[tuple[object, ...]]:
        """Return (from, to, why it began, why it ended), moments in days."""
        rows = self.rows(
            "SELECT from_at, to_at, begin_reason, end_reason FROM monitoring "
            "JOIN image ON image.id = image_id WHERE digest = %s ORDER BY monitoring.id",
            digest(name),
        )
        return [tuple(as_day(value) for value in row) for row in rows]

    def tags(self) -> dict[object, object]:
        """Return where the tags point."""
        return {row[0]: row[1] for row in self.rows("SELECT name, digest FROM tag")}


def as_day(value: object) -> object:
    """Turn a moment into days since 2026-01-01; the far end into "forever"; leave the rest."""
    if not isinstance(value, datetime):
        return value
    return "forever" if value.year == 9999 else (value - START) / timedelta(days=1)


def open_world(dsn: str, *, push: str = "DAYS_30", activity: str = "DAYS_30") -> World:
    """Make an account with a registry, whose machine clock stands at `machine[0]` (2026-01-01)."""
    access = RegistryAccess("https://registry.example")
    world = _world(dsn, lambda registries: registries.add(ACCOUNT, "local", access, "eu-west-1"))
    world.set_windows(0, push, activity)
    return world


def reopen_world(dsn: str) -> World:
    """Return the world that another process made in this database; its secret is not known here."""
    return _world(dsn, lambda registries: (registries.find(ACCOUNT, "local"), ""))


def _world(dsn: str, registry_of: Callable[[RegistryStore], tuple[Registry, str]]) -> World:
    database = Database(dsn, max_connections=6)
    database.open()
    machine = [START]
    clock = ProductClock(database, lambda: machine[0])
    registries = RegistryStore(database, clock)
    registry, secret = registry_of(registries)
    return World(
        dsn,
        database,
        registry,
        secret,
        clock,
        registries,
        EventStore(database),
        ImageStore(database),
        WatchStore(database),
        RescanSettings(database, clock),
        machine,
    )
