"""The one place where rooms are handed to each other, and where a process of Dogwatch begins and ends.

`build(settings)` gives an `App`; inside `with app:` everything is connected. Longer than others, because all wiring
stands in one file; in order: what crosses rooms, child entry points, the App.

Imports of heavy rooms stand inside functions: a child that indexes layers needs no feeds, and `serve` parses nothing.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Self, overload

import structlog

from dogwatch import __version__
from dogwatch.demonstration import (
    SOURCE,
    Demonstration,
    DemonstrationFolder,
    FeedsWithSample,
    Notifications,
    SampleRegistry,
    build_samples,
)
from dogwatch.flow.ports import Isolation, Outside
from dogwatch.flow.queue import JobQueue
from dogwatch.flow.threads import in_thread
from dogwatch.model.errors import (
    ConfigError,
    ForbiddenError,
    StoreUnavailableError,
)
from dogwatch.model.images import Layer
from dogwatch.model.monitoring import RescanSetting
from dogwatch.model.registries import Registry, RegistryAccess
from dogwatch.settings import Demo, Settings, process_environment
from dogwatch.store.clock import ProductClock, machine_now
from dogwatch.store.connection import Database
from dogwatch.store.events import EventStore
from dogwatch.store.images import ImageStore
from dogwatch.store.inventories import InventoryStore
from dogwatch.store.journal import JournalStore
from dogwatch.store.migrations import migrate
from dogwatch.store.registries import RegistryStore
from dogwatch.store.retention import RetentionStore
from dogwatch.store.settings import RescanSettings
from dogwatch.store.views import Views
from dogwatch.store.watch import WatchStore

if TYPE_CHECKING:
    from pathlib import Path

    from dogwatch.advisories import FeedReader
    from dogwatch.flow.children import ChildPool
    from dogwatch.flow.worker import JobWorker
    from dogwatch.model.judgements import Choice, Report
    from dogwatch.model.targets import Target
    from dogwatch.registry.check import Check
    from dogwatch.registry.watched import WatchedRegistries
    from dogwatch.serve.http import Application, Served
    from dogwatch.serve.messages import AsgiApplication
    from dogwatch.serve.ports import AccessKey
    from dogwatch.store.notice_writer import NoticeWriter

_GATHER_SECONDS = 0.02  # between two looks at arrived notices: many are read at once, and one within 100 ms
_BACKLOG = 2048  # connections that wait to be accepted while the loop is busy: a registry's burst
_CHILD_CONNECTIONS = 2  # a child does one thing at a time; the clock asks beside it

_log = structlog.stdlib.get_logger("dogwatch.app")


class LayerReading:
    """Implements `flow.ports.LayerReader`: a stream from the registry room, read by the inventory room."""

    def __init__(self, registries: WatchedRegistries) -> None:
        self._registries = registries

    def read_layer(self, registry: Registry, repository: str, layer: Layer) -> bytes:
        """Read a layer; returns encoded evidence."""
        from dogwatch.inventory import encode_evidence, read_layer

        with self._registries.open_layer(registry, repository, layer) as blob:
            return encode_evidence(read_layer(blob, layer))


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
    return _connect(settings, database, ProductClock(database), _watched_registries())


def _connect(settings: Settings, database: Database, clock: ProductClock, registries: WatchedRegistries) -> Outside:
    """Hand the rooms to `flow`."""
    journal = JournalStore(database)
    return Outside(
        clock=clock,
        registries=registries,
        layers=LayerReading(registries),
        feeds=_feeds(settings, journal),
        registry_store=RegistryStore(database, clock),
        event_store=EventStore(database),
        image_store=ImageStore(database),
        inventory_store=InventoryStore(database),
        watch_store=WatchStore(database),
        retention_store=RetentionStore(database),
        journal_store=journal,
    )


def _watched_registries() -> WatchedRegistries:
    from dogwatch.registry.watched import WatchedRegistries

    return WatchedRegistries(process_environment(), __version__)


def _feed_reader(settings: Settings) -> FeedReader:
    from dogwatch.advisories import FeedReader

    return FeedReader(settings.feed_mirror, settings.data / "spool", settings.feeds)


def _feeds(settings: Settings, journal: JournalStore) -> FeedsWithSample:
    """Return the feeds that are switched on, with the demonstration's sample beside them."""
    real = _feed_reader(settings)

    def read_sample(mirror: Path) -> FeedReader:
        from dogwatch.advisories import FeedReader, OsvSource

        speaker = OsvSource(name=SOURCE, licence="facts in words of our own, a sample that comes with Dogwatch")
        return FeedReader(str(mirror), settings.data / "spool", catalogue=(speaker,))

    def has_imported(ecosystem: str) -> bool:
        return any(journal.feed_state(source, each) for source, each in real.sources() if each == ecosystem)

    folder = DemonstrationFolder(settings.data)
    return FeedsWithSample(real, folder, read_sample, has_imported, settings.demo is not Demo.OFF)


class _ExpectedFeeds(Sequence[tuple[str, str, timedelta]]):
    """The feeds that are switched on now, each with the age from which it is stale; a demonstration brings its own."""

    def __init__(self, feeds: FeedsWithSample, reader: FeedReader) -> None:
        self._feeds = feeds
        self._stale_after = {source.name: source.stale_after for source in reader.catalogue}
        self._stale_after[SOURCE] = max(self._stale_after.values())

    def _now(self) -> list[tuple[str, str, timedelta]]:
        return [(source, ecosystem, self._stale_after[source]) for source, ecosystem in self._feeds.sources()]

    def __iter__(self) -> Iterator[tuple[str, str, timedelta]]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    @overload
    def __getitem__(self, place: int) -> tuple[str, str, timedelta]: ...

    @overload
    def __getitem__(self, place: slice) -> list[tuple[str, str, timedelta]]: ...

    def __getitem__(self, place: int | slice) -> tuple[str, str, timedelta] | list[tuple[str, str, timedelta]]:
        return self._now()[place]


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

    `registries`, `rescan_settings`, `views` and the methods here answer and change; `queue` puts jobs in;
    `run_until_idle` does them here, `worker` and `serve` do them until they are told to stop.
    """

    dsn: str
    clock: ProductClock
    database: Database
    outside: Outside
    registries: RegistryStore
    rescan_settings: RescanSettings
    views: Views
    queue: JobQueue
    demonstration: Demonstration

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
            self._watched = _watched_registries()
            opening.callback(self._watched.close)
            self.outside = _connect(self.settings, self.database, self.clock, self._watched)
            self.registries = RegistryStore(self.database, self.clock)
            self.registries.ensure_account(self.settings.account)
            self.rescan_settings = RescanSettings(self.database, self.clock)
            feeds = _feeds(self.settings, JournalStore(self.database))
            self.views = Views(self.database, self.clock, _ExpectedFeeds(feeds, _feed_reader(self.settings)))
            self.demonstration = Demonstration(
                DemonstrationFolder(self.settings.data),
                self.registries,
                self.clock,
                self.queue,
                (self.settings.account, self.settings.region),
                is_on=self.settings.demo is not Demo.OFF,
                is_clock_free=self.settings.demo is Demo.ON,
            )
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
            ForbiddenError: a demonstration moved the clock.
        """
        self._watched.refuse_unusable(access)
        self.demonstration.refuse_real(alias, self._machine())
        registry, secret = self.registries.add(self.settings.account, alias, access, self.settings.region)
        self.queue.poll(registry.id)
        return registry, secret

    def check_registry(self, alias: str) -> tuple[Check, ...]:
        """Try a registry and say what was tried, with real addresses, statuses and errors.

        Raises:
            NotFoundError: no such registry.
            ConfigError: its credentials or CA file are not there.
        """
        return self._watched.check(self.registries.find(self.settings.account, alias))

    def notification_snippet(self, alias: str, webhook_url: str, headers: Mapping[str, str]) -> str:
        """Return the configuration that makes a registry notify us, ready to paste."""
        registry = self.registries.find(self.settings.account, alias)
        return self._watched.notification_snippet(registry, webhook_url, headers)

    def request_windows(
        self, push_window: str | None, activity_window: str | None, activity_mode: str | None
    ) -> RescanSetting:
        """Ask for a change of the account's windows; it is PENDING, and applied by a job within a moment."""
        asked = self.rescan_settings.request(self.settings.account, push_window, activity_window, activity_mode)
        self.queue.pick_up_forgotten()  # finds what is PENDING
        return asked

    def apply_windows(self) -> None:
        """Let changes of windows that wait take effect now, here; a worker that does the same does no harm.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        from dogwatch.flow.rescan import apply_setting_step
        from dogwatch.flow.steps import RepeatLater, run_step

        for setting_id in self.outside.watch_store.load_pending_settings():
            with suppress(RepeatLater):
                run_step(apply_setting_step(self.outside, setting_id))

    def request_feed_updates(self) -> tuple[tuple[str, str], ...]:
        """Queue a look at every feed; returns (source, ecosystem) of each."""
        feeds = tuple(self.outside.feeds.sources())
        for source, ecosystem in feeds:
            self.queue.update_feed(source, ecosystem)
        return feeds

    def update_feeds(self) -> None:
        """Look at every feed now and import what changed; what goes wrong is noted with the feed.

        Raises:
            StoreUnavailableError: that could not be noted either.
        """
        from dogwatch.flow.feeds import update_feed_step
        from dogwatch.flow.steps import RepeatLater, run_step

        with self._isolation() as isolation:
            for source, ecosystem in self.outside.feeds.sources():
                with suppress(RepeatLater):
                    run_step(update_feed_step(self.outside, isolation, source, ecosystem))

    def advance_clock(self, by: timedelta) -> datetime:
        """Move the product's clock ahead, sweep, and return its present. Only in a demonstration.

        Raises:
            ForbiddenError: this is none.
        """
        if self.settings.demo is not Demo.ON:
            raise ForbiddenError("move the clock", "only with DOGWATCH_DEMO=1")
        now = self.clock.advance_everywhere(by)
        self.queue.sweep()
        return now

    def update_sample(self) -> None:
        """Look at the demonstration's sample of advisories now; here, because it is of our own making.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        from dogwatch.flow.feeds import update_feed_step
        from dogwatch.flow.steps import RepeatLater, run_step

        for source, ecosystem in self.outside.feeds.sources():
            if source == SOURCE:
                with suppress(RepeatLater):
                    run_step(update_feed_step(self.outside, InProcess(self.outside), source, ecosystem))

    def end_demonstration(self) -> None:
        """Stop watching the sample registry and take the sample of advisories away; history stays.

        Raises:
            ForbiddenError: no demonstration has begun.
        """
        self.demonstration.stop()
        self.update_sample()
        self.demonstration.folder.remove()

    def add_access_key(self, role: str) -> AccessKey:
        """Make an access key for the settings' account; needs no database, as the other two."""
        from dogwatch.serve.access_keys import create_access_key
        from dogwatch.serve.ports import Role

        self._make_data_folder()
        return create_access_key(self._access_key_file, self.settings.account, Role(role))

    def access_keys(self) -> tuple[AccessKey, ...]:
        """Return the account's access keys, by id."""
        from dogwatch.serve.access_keys import AccessKeyFile

        keys = AccessKeyFile(self._access_key_file).load()
        return tuple(key for _, key in sorted(keys.items()) if key.account_id == self.settings.account)

    def remove_access_key(self, access_key_id: str) -> None:
        """Take one of the account's access keys away.

        Raises:
            NotFoundError: the account has no such key.
        """
        from dogwatch.serve.access_keys import remove_access_key

        remove_access_key(self._access_key_file, self.settings.account, access_key_id)

    @property
    def _access_key_file(self) -> Path:
        from dogwatch.serve.access_keys import FILE_NAME

        return self.settings.data / FILE_NAME

    def inspect(self, target: Target, choice: Choice, *, update: bool, say: Callable[[str], None]) -> Report:
        """Look at a thing once and report what the stored advisories say of it; it becomes no watched image.

        Args:
            target: what to look at.
            choice: which findings count.
            update: whether feeds that were never imported are imported first, where they speak for what was found.
            say: tells a person what is going on.

        Raises:
            DogwatchError: the target cannot be had or read; the database cannot be reached.
        """
        from dogwatch.flow.inspection import Surroundings, inspect
        from dogwatch.registry.opened import ImageDoor
        from dogwatch.store.judgement import Judge

        registries = self.registries.list(self.settings.account)
        surroundings = Surroundings(
            open_image=ImageDoor(registries, process_environment(), __version__).open,
            evidence=self.outside.image_store,
            judge=Judge(self.database),
            feeds=self.views,
            import_feed=self._import_feed,
            now=self.clock.now,
            account_id=self.settings.account,
            say=say,
        )
        return inspect(surroundings, target, choice, update=update)

    def _import_feed(self, source: str, ecosystem: str) -> None:
        """Import one feed now; what goes wrong is noted with the feed."""
        from dogwatch.flow.feeds import update_feed_step
        from dogwatch.flow.steps import RepeatLater, run_step

        with self._isolation() as isolation, suppress(RepeatLater):
            run_step(update_feed_step(self.outside, isolation, source, ecosystem))

    # work ---------------------------------------------------------------------------------------------------------

    def run_until_idle(self) -> None:
        """Do every job that is due, and those that follow from them, in this process; then return."""
        with self._job_worker() as worker:
            asyncio.run(worker.run_until_idle())

    async def work(self, stop: asyncio.Event) -> None:
        """Do jobs, and what the clock brings, until `stop` is set."""
        with self._job_worker() as worker:
            await in_thread("catch up", self._catch_up)
            await worker.run(stop)

    def worker(self) -> None:
        """Do jobs until SIGTERM or SIGINT: `dogwatch worker`."""

        async def run() -> None:
            await self.work(_stop_on_signals())

        asyncio.run(run())

    def serve(self) -> None:
        """Answer requests and do jobs until SIGTERM or SIGINT: `dogwatch serve`.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        import uvloop

        with (
            _listen(self.settings.listen_host, self.settings.listen_port) as listener,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            try:
                runner.run(self._serve(listener))
            except BaseExceptionGroup as several:
                raise several.exceptions[0] from several  # the first to fail; it ended the others

    async def _serve(self, listener: socket.socket) -> None:
        from dogwatch.serve.http import make_app
        from dogwatch.serve.server import make_server
        from dogwatch.store.notice_writer import NoticeWriter

        stop = _stop_on_signals()
        async with NoticeWriter(self.dsn) as notices, AsyncExitStack() as opened:
            application = make_app(self._served(notices))
            front = opened.enter_context(self._beside_samples(application, listener))
            server = make_server(front, self.settings.listen_host, self.settings.listen_port)
            server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # one order of ending: below

            async def answer() -> None:
                await server.serve(sockets=[listener])
                stop.set()

            async def end() -> None:
                await stop.wait()
                application.begin_shutdown()
                server.should_exit = True

            async with asyncio.TaskGroup() as tasks:
                for each in (answer(), end(), self.work(stop)):
                    tasks.create_task(each)

    def _served(self, notices: NoticeWriter) -> Served:
        """Hand the rooms to `serve`."""
        from dogwatch.serve.access_keys import AccessKeyFile
        from dogwatch.serve.http import Served
        from dogwatch.store.hook_secrets import HookSecrets

        return Served(
            views=self.views,
            rescan=self.rescan_settings,
            registries=self.registries,
            health=self.views,
            hook_secrets=HookSecrets(self.dsn),
            notices=notices,
            credentials=AccessKeyFile(self._access_key_file),
            machine_now=self._machine,
            after_notice=self._after_notice,
            after_setting=self.queue.pick_up_forgotten,
            open_loopback=self.settings.open_loopback,
            account_id=self.settings.account,
            version=__version__,
        )

    @contextmanager
    def _beside_samples(self, application: Application, listener: socket.socket) -> Iterator[AsgiApplication]:
        """Yield the application, with the demonstration's registry beside it where that is offered."""
        if not self.demonstration.is_offered:
            yield application
            return
        port = listener.getsockname()[1]
        url = replace(self.settings, listen_port=port).service_url
        _log.warning(
            "DEMONSTRATION: sample images are offered, no real registry is watched"
            if not self.demonstration.folder.is_begun
            else "DEMONSTRATION: sample images are watched",
            see="dogwatch demo",
            turn_off="DOGWATCH_DEMO=0",
        )
        notifications = Notifications()
        try:
            registry = SampleRegistry(
                build_samples(),
                self.demonstration.folder,
                notifications,
                lambda: self.demonstration.begin(url),
                self._machine,
            )
            yield registry.beside(application)
        finally:
            notifications.close()

    def _after_notice(self) -> None:
        """Have notices read; the caller gathers what comes meanwhile, so a pause here makes one job of many notices."""
        self.queue.read_notices()
        time.sleep(_GATHER_SECONDS)

    def _embedded_server(self) -> AbstractContextManager[str]:
        from dogwatch.store.embedded import EmbeddedServer

        self._make_data_folder()
        return EmbeddedServer(self.settings.data).session()

    def _make_data_folder(self) -> None:
        try:
            self.settings.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = f"cannot make the folder {self.settings.data}: {error.strerror}"
            raise ConfigError("DOGWATCH_DATA", problem) from error

    @contextmanager
    def _isolation(self) -> Iterator[Isolation]:
        """Yield what runs steps apart; its children end with the block."""
        from dogwatch.flow.children import FEED_LIMITS, INDEX_LIMITS, ChildPool

        indexing, importing = ChildPool(self.settings.workers, INDEX_LIMITS), ChildPool(1, FEED_LIMITS)
        try:
            if self._isolated:
                yield InChildren(self.settings, self.dsn, indexing, importing)
            else:
                yield InProcess(self.outside)
        finally:
            indexing.close()
            importing.close()

    @contextmanager
    def _job_worker(self) -> Iterator[JobWorker]:
        """Yield a worker with its steps."""
        from dogwatch.flow.plans import plan_steps
        from dogwatch.flow.worker import JobWorker

        with self._isolation() as isolation:
            plans = plan_steps(self.outside, isolation, self.queue)
            yield JobWorker(self.dsn, plans, self._defer_due, self.settings.workers)

    def _defer_due(self, minute: int) -> None:
        """Queue what the clock brings in this minute."""
        from dogwatch.flow.schedule import Intervals, defer_due

        intervals = Intervals(self.settings.poll_minutes, self.settings.sweep_minutes, self.settings.feed_minutes)
        feeds = self.outside.feeds.sources()
        defer_due(self.queue, intervals, minute, self._registry_ids(), feeds)
        for source, ecosystem in feeds:
            if source == SOURCE:  # costs nothing, and gives way as soon as the real feed is there
                self.queue.update_feed(source, ecosystem)

    def _catch_up(self) -> None:
        """Queue everything once: what happened while nobody was there."""
        from dogwatch.flow.schedule import defer_everything

        try:
            defer_everything(self.queue, self._registry_ids(), self.outside.feeds.sources())
        except StoreUnavailableError as error:
            _log.warning("not caught up; the schedule will", reason=error.message)

    def _registry_ids(self) -> list[int]:
        return [registry.id for registry in self.registries.load_all()]


def _stop_on_signals() -> asyncio.Event:
    """Return an event that the first SIGTERM or SIGINT sets, in the running loop; the second ends the process."""
    stop = asyncio.Event()

    def end() -> None:
        if stop.is_set():
            os._exit(1)  # nothing is lost: children end with us, jobs are taken up again, the database has its guardian
        stop.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, end)
    return stop


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that an address in use is told before anything is started."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigError("DOGWATCH_LISTEN", f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    shown = f"[{host}]" if ":" in host else host
    _log.info("listening", url=f"http://{shown}:{listener.getsockname()[1]}")
    return listener
