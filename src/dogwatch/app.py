"""The one place where rooms are handed to each other, and where a process of Dogwatch begins and ends.

`build(settings)` gives an `App`; inside `with app:` everything is connected. Long, because the wiring stands in one
file; in order: adapters (what a port asks for → what a room offers, no decisions), child entry points, the App.

Imports of heavy rooms stand inside functions: a child that indexes layers needs no feeds, and `serve` parses nothing.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from dogwatch import __version__
from dogwatch.flow.ports import Isolation, NoticeReading, Outside, PollOutcome, ReadNotice
from dogwatch.flow.queue import JobQueue
from dogwatch.model.errors import ContentError, FeedUnavailableError, ForbiddenError, RegistryError
from dogwatch.model.feeds import FeedChanges
from dogwatch.model.images import Descriptor, Layer, Resolved
from dogwatch.model.monitoring import RescanSetting
from dogwatch.model.registries import ManifestToResolve, Notice, Registry, RegistryAccess, TagListing
from dogwatch.model.times import parse_rfc3339
from dogwatch.settings import Settings, process_environment
from dogwatch.store.clock import ProductClock, machine_now
from dogwatch.store.connection import Database
from dogwatch.store.events import EventStore
from dogwatch.store.findings import FindingStore
from dogwatch.store.images import ImageStore
from dogwatch.store.inventories import InventoryStore
from dogwatch.store.journal import JournalStore
from dogwatch.store.migrations import migrate
from dogwatch.store.registries import RegistryStore
from dogwatch.store.settings import RescanSettings
from dogwatch.store.watch import WatchStore

if TYPE_CHECKING:
    from dogwatch.advisories import FeedState
    from dogwatch.flow.children import ChildPool
    from dogwatch.flow.worker import JobWorker
    from dogwatch.registry.check import Check
    from dogwatch.registry.client import RegistryClient

_CHILD_CONNECTIONS = 2  # a child does one thing at a time; the clock asks beside it


# --- adapters ---------------------------------------------------------------------------------------------------------


class RegistryRoom:
    """Implements `flow.ports.Registries` and `LayerReader` with the registry and inventory rooms; one client each."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._clients: dict[int, tuple[RegistryAccess, RegistryClient]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for _, client in self._clients.values():
                client.close()
            self._clients.clear()

    def client(self, registry: Registry) -> RegistryClient:
        """Return the registry's client; it keeps connections and tokens between jobs."""
        from dogwatch.registry.client import RegistryClient

        with self._lock:
            access, client = self._clients.get(registry.id, (None, None))
            if client is None or access != registry.access:
                if client is not None:
                    client.close()
                client = RegistryClient(registry.access, self._environment, _user_agent())
                self._clients[registry.id] = registry.access, client
            return client

    def check_access(self, access: RegistryAccess) -> None:
        """Refuse an address or credentials that can never work.

        Raises:
            ConfigError: with the reason.
        """
        from dogwatch.registry.client import RegistryClient

        RegistryClient(access, self._environment, _user_agent()).close()

    def read_notice(self, registry: Registry, content_type: str, body: bytes) -> ReadNotice:
        """Parse a webhook body."""
        from dogwatch.registry.catalogue import adapter_for

        parsed = adapter_for(registry.kind).parse_events(content_type, body, registry.access.username)
        return ReadNotice(parsed.events, tuple(map(str, parsed.refused)))

    def resolve(self, registry: Registry, repository: str, reference: str) -> Resolved:
        """Fetch and parse a manifest with everything behind it."""
        from dogwatch.registry.resolve import resolve

        return resolve(self.client(registry), repository, reference)

    def poll(self, registry: Registry) -> PollOutcome:
        """List repositories and tags; what was seen before the registry broke off counts."""
        from dogwatch.registry.catalogue import adapter_for

        listings: list[TagListing] = []
        failures: list[tuple[str, str]] = []
        try:
            for seen in adapter_for(registry.kind).list_tags(self.client(registry)):
                if isinstance(seen, TagListing):
                    listings.append(seen)
                else:
                    failures.append((seen.repository, seen.reason))
        except (RegistryError, ContentError) as error:
            if not listings:
                raise
            failures.append(("the rest", error.message))
        return PollOutcome(tuple(listings), tuple(failures))

    def read_layer(self, registry: Registry, repository: str, layer: Layer) -> bytes:
        """Read a layer from its registry; returns encoded evidence."""
        from dogwatch.inventory import encode_evidence, read_layer

        descriptor = Descriptor(layer.media_type, layer.digest, layer.size_bytes)
        with self.client(registry).open_blob(repository, descriptor) as blob:
            return encode_evidence(read_layer(blob, layer))


def _user_agent() -> str:
    from dogwatch.registry.adapter import OWN_PRODUCT

    return f"{OWN_PRODUCT}/{__version__}"


class FeedRoom:
    """Implements `flow.ports.Feeds` with the advisories room."""

    def __init__(self, location: str, ecosystems: Sequence[str], spool: Path) -> None:
        self._location = location
        self._ecosystems = ecosystems
        self._spool = spool

    def sources(self) -> Iterable[tuple[str, str]]:
        """Return (source, ecosystem) of every feed that is switched on."""
        from dogwatch.advisories import SOURCES

        return [(one.name, name) for one in SOURCES for name in one.ecosystems if name in self._ecosystems]

    @contextmanager
    def fetch(
        self,
        source: str,
        ecosystem: str,
        state: Mapping[str, str],
        known: Iterable[tuple[str, datetime]],
        now: datetime,
    ) -> Iterator[FeedChanges | None]:
        """Bring what changed; see the port."""
        from dogwatch.advisories import SOURCES, Changes, Outdated, open_mirror

        one = next(each for each in SOURCES if each.name == source)
        previous = _decode_feed_state(state)
        self._spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        mirror = open_mirror(self._location, source=source)
        try:
            result = one.fetch(ecosystem, previous, known, mirror=mirror, spool=self._spool, now=now)
            if isinstance(result, Changes):
                try:
                    yield FeedChanges(_encode_feed_state(result.state), one.parse(result), result.removed)
                finally:
                    result.discard()
            elif isinstance(result, Outdated):
                raise FeedUnavailableError(source, mirror.describe(ecosystem), f"a mirror that lags: {result.reason}")
            elif _encode_feed_state(result.state) != dict(state):
                yield FeedChanges(_encode_feed_state(result.state), iter(()), ())
            else:
                yield None
        finally:
            mirror.close()


def _encode_feed_state(state: FeedState) -> dict[str, str]:
    """Write a feed's memory as texts; when it was last asked stands beside it in the store."""
    fields = asdict(state)
    del fields["checked_at"]
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name, value in fields.items()
        if value is not None
    }


def _decode_feed_state(state: Mapping[str, str]) -> FeedState | None:
    from dogwatch.advisories import FeedState

    if not state:
        return None
    moments = {name: parse_rfc3339(state[name]) for name in ("newest_modified_at", "changed_at") if name in state}
    return FeedState(
        state["listing_fingerprint"], state["archive_fingerprint"], records=int(state["records"]), **moments
    )


class EventRoom:
    """Implements `flow.ports.EventStore` with the store's, which has a word of its own for a read notice."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def load_notices(self, limit: int) -> tuple[Notice, ...]:
        """Return the oldest unread notices."""
        return self._store.load_notices(limit)

    def save_readings(self, readings: Sequence[NoticeReading]) -> int:
        """Save what was read."""
        from dogwatch.store import notices

        return self._store.save_readings(
            [
                notices.NoticeReading(each.notice_id, each.registry_id, each.received_at, each.events, each.problem)
                for each in readings
            ]
        )

    def apply_events(self, limit: int, now: datetime) -> tuple[int, tuple[ManifestToResolve, ...]]:
        """Let the oldest waiting events take their effect."""
        return self._store.apply_events(limit, now)

    def save_listing(self, registry_id: int, listing: TagListing, seen_at: datetime) -> tuple[ManifestToResolve, ...]:
        """Take in what polling saw."""
        return self._store.save_listing(registry_id, listing, seen_at)


# --- children ---------------------------------------------------------------------------------------------------------


class InChildren:
    """Implements `flow.ports.Isolation`: each step in a child process that is wired by its own `Outside`."""

    def __init__(self, settings: Settings, dsn: str, indexing: ChildPool, importing: ChildPool) -> None:
        self._settings = settings
        self._dsn = dsn
        self._indexing = indexing
        self._importing = importing

    def index(self, image_id: int) -> None:
        """Index an image in a child."""
        self._indexing.run("index", index_in_child, self._settings, self._dsn, image_id)

    def update_feed(self, source: str, ecosystem: str) -> None:
        """Import a feed in a child."""
        self._importing.run("update_feed", update_feed_in_child, self._settings, self._dsn, source, ecosystem)


class InProcess:
    """Implements `flow.ports.Isolation` without any: for tools that read what they made themselves."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def index(self, image_id: int) -> None:
        """Index an image here."""
        from dogwatch.flow.index import index_image

        index_image(self._outside, image_id)

    def update_feed(self, source: str, ecosystem: str) -> None:
        """Import a feed here."""
        from dogwatch.flow.feeds import update_feed

        update_feed(self._outside, source, ecosystem)


def index_in_child(settings: Settings, dsn: str, image_id: int) -> None:
    """Index an image; called in a child process."""
    from dogwatch.flow.index import index_image

    index_image(_child_outside(settings, dsn), image_id)


def update_feed_in_child(settings: Settings, dsn: str, source: str, ecosystem: str) -> None:
    """Import a feed; called in a child process."""
    from dogwatch.flow.feeds import update_feed

    update_feed(_child_outside(settings, dsn), source, ecosystem)


@lru_cache(maxsize=1)
def _child_outside(settings: Settings, dsn: str) -> Outside:
    """Connect a child once, for all its works."""
    database = Database(dsn, _CHILD_CONNECTIONS)
    database.open()
    return _connect(settings, database, ProductClock(database), RegistryRoom(process_environment()))


def _connect(settings: Settings, database: Database, clock: ProductClock, registries: RegistryRoom) -> Outside:
    """Hand the rooms to `flow`."""
    return Outside(
        clock=clock,
        registries=registries,
        layers=registries,
        feeds=FeedRoom(settings.feed_mirror, settings.feeds, settings.data / "spool"),
        registry_store=RegistryStore(database, clock),
        event_store=EventRoom(EventStore(database)),
        image_store=ImageStore(database),
        inventory_store=InventoryStore(database),
        watch_store=WatchStore(database),
        journal_store=JournalStore(database),
    )


# --- the app ----------------------------------------------------------------------------------------------------------


def build(settings: Settings, *, machine: Callable[[], datetime] = machine_now, isolated: bool = True) -> App:
    """Return an app that is not open yet.

    Args:
        settings: what the operator decided.
        machine: the machine's clock, for tests.
        isolated: whether layers and feeds are read in child processes.
    """
    return App(settings, machine, isolated)


class App:
    """One process of Dogwatch. Attributes are there between `open` and `close`; use it as a context.

    `registries`, `rescan_settings` and the stores behind `outside` answer and change; `queue` puts jobs in;
    `run_until_idle` does them here, `worker` and `serve` do them until they are told to stop.
    """

    dsn: str
    clock: ProductClock
    database: Database
    outside: Outside
    registries: RegistryStore
    rescan_settings: RescanSettings
    findings: FindingStore
    queue: JobQueue

    def __init__(self, settings: Settings, machine: Callable[[], datetime], isolated: bool) -> None:
        """Keep what was decided; nothing happens yet."""
        self.settings = settings
        self._machine = machine
        self._isolated = isolated
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Reach the database, starting the embedded server if it is ours, bring its schema up to date, connect rooms.

        Raises:
            ConfigError: the operator has to act.
            StoreUnavailableError: the database cannot be reached or started.
        """
        with ExitStack() as opening:
            self.dsn = self.settings.database_url or opening.enter_context(self._embedded_server())
            migrate(self.dsn)
            self.database = Database(self.dsn)
            self.database.open()
            opening.callback(self.database.close)
            self.queue = JobQueue(self.dsn)
            self.queue.open()
            opening.callback(self.queue.close)
            self.clock = ProductClock(self.database, self._machine)
            self._registry_room = RegistryRoom(process_environment())
            opening.callback(self._registry_room.close)
            self.outside = _connect(self.settings, self.database, self.clock, self._registry_room)
            self.registries = RegistryStore(self.database, self.clock)
            self.registries.ensure_account(self.settings.account)
            self.rescan_settings = RescanSettings(self.database, self.clock)
            self.findings = FindingStore(self.database)
            self._opened = opening.pop_all()

    def close(self) -> None:
        """Let go of everything, the database server last; may be called twice."""
        self._opened.close()

    # what callers ask for -----------------------------------------------------------------------------------------

    def add_registry(self, alias: str, access: RegistryAccess) -> tuple[Registry, str]:
        """Watch a registry for the settings' account and look at it at once; returns it and its webhook secret.

        Raises:
            ConfigError: an address or credentials that cannot be used.
            InvalidRequestError, ConflictError: an alias or address that cannot be used, or is used already.
        """
        self._registry_room.check_access(access)
        registry, secret = self.registries.add(self.settings.account, alias, access, self.settings.region)
        self.queue.poll(registry.id)
        return registry, secret

    def check_registry(self, alias: str) -> tuple[Check, ...]:
        """Try a registry and say what was tried, with real addresses, statuses and errors.

        Raises:
            NotFoundError: no such registry.
            ConfigError: its credentials or CA file are not there.
        """
        from dogwatch.registry.check import check_registry

        return check_registry(self._registry_room.client(self.registries.find(self.settings.account, alias)))

    def notification_snippet(self, alias: str, webhook_url: str, headers: Mapping[str, str]) -> str:
        """Return the configuration that makes a registry notify us, ready to paste."""
        from dogwatch.registry.catalogue import adapter_for

        registry = self.registries.find(self.settings.account, alias)
        return adapter_for(registry.kind).notification_snippet(webhook_url, headers)

    def request_windows(
        self, push_window: str | None, activity_window: str | None, activity_mode: str | None
    ) -> RescanSetting:
        """Ask for a change of the account's windows; it is PENDING, and applied by a job within a moment."""
        asked = self.rescan_settings.request(self.settings.account, push_window, activity_window, activity_mode)
        self.queue.pick_up_forgotten()  # finds what is PENDING
        return asked

    def request_feed_updates(self) -> tuple[tuple[str, str], ...]:
        """Queue a look at every feed; returns (source, ecosystem) of each."""
        feeds = tuple(self.outside.feeds.sources())
        for source, ecosystem in feeds:
            self.queue.update_feed(source, ecosystem)
        return feeds

    def advance_clock(self, by: timedelta) -> datetime:
        """Move the product's clock ahead, sweep, and return its present. Only in a demonstration.

        Raises:
            ForbiddenError: this is none.
        """
        if not self.settings.demo:
            raise ForbiddenError("move the clock", "only with DOGWATCH_DEMO=1")
        now = self.clock.advance(by)
        self.queue.sweep()
        return now

    # work ---------------------------------------------------------------------------------------------------------

    def run_until_idle(self) -> None:
        """Do every job that is due, and those that follow from them, in this process; then return."""
        with self._job_worker() as worker:
            asyncio.run(worker.run_until_idle())

    def worker(self) -> None:
        """Do jobs until SIGTERM or SIGINT: `dogwatch worker`."""

        async def run() -> None:
            stop = _stop_on_signals()
            with self._job_worker() as worker:
                await worker.run(stop)

        asyncio.run(run())

    def _embedded_server(self) -> AbstractContextManager[str]:
        from dogwatch.store.embedded import EmbeddedServer

        self.settings.data.mkdir(parents=True, exist_ok=True)
        return EmbeddedServer(self.settings.data).session()

    @contextmanager
    def _job_worker(self) -> Iterator[JobWorker]:
        """Yield a worker with its steps and children; the children end with the block."""
        from dogwatch.flow.children import FEED_LIMITS, INDEX_LIMITS, ChildPool
        from dogwatch.flow.plans import plan_steps
        from dogwatch.flow.worker import JobWorker

        indexing, importing = ChildPool(self.settings.workers, INDEX_LIMITS), ChildPool(1, FEED_LIMITS)
        isolation: Isolation = (
            InChildren(self.settings, self.dsn, indexing, importing) if self._isolated else InProcess(self.outside)
        )
        try:
            plans = plan_steps(self.outside, isolation, self.queue)
            yield JobWorker(self.dsn, plans, self._defer_due, self.settings.workers)
        finally:
            indexing.close()
            importing.close()

    def _defer_due(self, minute: int) -> None:
        """Queue what the clock brings in this minute."""
        from dogwatch.flow.schedule import Intervals, defer_due

        intervals = Intervals(self.settings.poll_minutes, self.settings.sweep_minutes, self.settings.feed_minutes)
        defer_due(self.queue, intervals, minute, self._registry_ids(), self.outside.feeds.sources())

    def _defer_everything(self) -> None:
        """Queue everything once: what happened while nobody was there is caught up with."""
        from dogwatch.flow.schedule import defer_everything

        defer_everything(self.queue, self._registry_ids(), self.outside.feeds.sources())

    def _registry_ids(self) -> list[int]:
        return [registry.id for registry in self.registries.load_all()]


def _stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set, in the running loop."""
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    return stop
