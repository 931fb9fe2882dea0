"""One process of Dogwatch: what it opens and closes, what callers ask of it, and the work it does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

import structlog

from dogwatch import __version__
from dogwatch.app.children import InChildren, InProcess, examine_in_child
from dogwatch.app.connections import connect, watched_registries
from dogwatch.app.deeds import ImageDeeds
from dogwatch.app.feeds import choose_feeds, expect_feeds
from dogwatch.app.service import serve, stop_on_signals
from dogwatch.app.usage import Usage
from dogwatch.demonstration import (
    Demonstration,
    DemonstrationFolder,
)
from dogwatch.flow.ports import Isolation, Outside
from dogwatch.flow.queue import JobQueue
from dogwatch.flow.threads import in_thread
from dogwatch.model.costs import PriceTable
from dogwatch.model.errors import (
    ConfigError,
    ForbiddenError,
    NotFoundError,
    StoreUnavailableError,
)
from dogwatch.model.facts import CATALOGUE
from dogwatch.model.feeds import SAMPLE_SOURCE
from dogwatch.model.monitoring import RescanSetting
from dogwatch.model.progress import Progress, Tell, tell_nobody
from dogwatch.model.registries import ALL, LookBack, Registry, RegistryAccess
from dogwatch.model.scanning import ScanningConfiguration
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.settings import Demo, Settings
from dogwatch.store.address import complete_address
from dogwatch.store.clock import ProductClock, machine_now
from dogwatch.store.connection import Database
from dogwatch.store.costs import CostStore
from dogwatch.store.exclusions import ExclusionStore
from dogwatch.store.journal import JournalStore
from dogwatch.store.leases import holding
from dogwatch.store.lifecycle import LifecycleStore
from dogwatch.store.migrations import migrate
from dogwatch.store.registries import RegistryStore
from dogwatch.store.scanning import AccountSwitches, ScanningStore
from dogwatch.store.settings import RescanSettings
from dogwatch.store.views import Views

if TYPE_CHECKING:
    from pathlib import Path

    from dogwatch.flow.worker import JobWorker
    from dogwatch.model.accounts import AccountStatus
    from dogwatch.model.audits import Audit
    from dogwatch.model.bills import BillFormat
    from dogwatch.model.deeds import DeedRequest, DeedView
    from dogwatch.model.judgements import Choice, Examined, Report
    from dogwatch.model.targets import Target
    from dogwatch.registry.check import Check
    from dogwatch.serve.ports import AccessKey

_log = structlog.stdlib.get_logger("dogwatch.app")


def build(
    settings: Settings,
    *,
    machine: Callable[[], datetime] = machine_now,
    isolated: bool = True,
    tell: Tell = tell_nobody,
) -> App:
    """Return an app that is not open yet.

    Args:
        settings: what the operator decided.
        machine: the machine's clock, for tests.
        isolated: whether layers and feeds are read in child processes.
        tell: hears how far what takes long has come.
    """
    return App(settings, machine, isolated, tell)


class App:
    """One process of Dogwatch. Attributes are there between `open` and `close`; use it as a context.

    `registries`, `rescan_settings`, `lifecycle`, `views` and the methods here answer and change; `queue` puts jobs in;
    `run_until_idle` does them here, `worker` and `serve` do them until they are told to stop.
    """

    dsn: str
    clock: ProductClock
    database: Database
    outside: Outside
    registries: RegistryStore
    rescan_settings: RescanSettings
    lifecycle: LifecycleStore
    deeds: ImageDeeds
    exclusions: ExclusionStore
    scanning: ScanningStore
    accounts: AccountSwitches
    usage: Usage
    costs: CostStore
    views: Views
    queue: JobQueue
    demonstration: Demonstration

    def __init__(self, settings: Settings, machine: Callable[[], datetime], isolated: bool, tell: Tell) -> None:
        """Keep what was decided; nothing happens yet."""
        self.settings = settings
        self.machine_now = machine
        self._isolated = isolated
        self._tell = tell
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
            self.dsn = complete_address(self.settings.database_url or opening.enter_context(self._embedded_server()))
            migrate(self.dsn)
            self.database = Database(self.dsn)
            self.database.open()
            opening.callback(self.database.close)
            self.queue = JobQueue(self.dsn)
            self.queue.open()
            opening.callback(self.queue.close)
            self.clock = ProductClock(self.database, self.machine_now)
            self._watched = watched_registries()
            opening.callback(self._watched.close)
            self.outside = connect(self.settings, self.database, self.clock, self._watched)
            self.registries = RegistryStore(self.database, self.clock)
            self.registries.ensure_account(self.settings.account)
            prices = PriceTable(self.settings.price_initial_scan, self.settings.price_rescan)
            self.rescan_settings = RescanSettings(self.database, self.clock, prices)
            self.lifecycle = LifecycleStore(self.database, self.clock)
            self.exclusions = ExclusionStore(self.database, self.clock)
            self.scanning = ScanningStore(self.database, self.clock)
            self.accounts = AccountSwitches(self.database, self.clock)
            self.usage = Usage(self.database, self.clock, self.queue)
            self.costs = CostStore(self.database, self.clock, prices)
            self.deeds = ImageDeeds(self.database, self.clock, self.queue)
            feeds = choose_feeds(self.settings, JournalStore(self.database))
            self.views = Views(self.database, self.clock, expect_feeds(self.settings, feeds))
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

    def add_registry(self, alias: str, access: RegistryAccess, look_back: LookBack = ALL) -> tuple[Registry, str]:
        """Watch a registry for the settings' account and look at it at once; returns it and its webhook secret.

        Raises:
            ConfigError: an address or credentials that cannot be used.
            InvalidRequestError, ConflictError: an alias or address that cannot be used, or is used already.
            ForbiddenError: a demonstration moved the clock.
        """
        self._watched.refuse_unusable(access)
        self.demonstration.refuse_real(alias, self.machine_now())
        registry, secret = self.registries.add(self.settings.account, alias, access, self.settings.region, look_back)
        self.queue.poll(registry.id)
        return registry, secret

    def check_registry(self, alias: str, account_id: str = "") -> tuple[Check, ...]:
        """Try a registry and say what was tried, with real addresses, statuses and errors.

        Args:
            alias: the registry's.
            account_id: whose it is; empty: the settings' account's.

        Raises:
            NotFoundError: no such registry.
            ConfigError: its credentials or CA file are not there.
        """
        return self._watched.check(self.registries.find(account_id or self.settings.account, alias))

    def notification_snippet(self, alias: str, webhook_url: str, headers: Mapping[str, str]) -> str:
        """Return the configuration that makes a registry notify us, ready to paste."""
        registry = self.registries.find(self.settings.account, alias)
        return self._watched.notification_snippet(registry, webhook_url, headers)

    def do_deed(self, image_id: int, request: DeedRequest) -> DeedView:
        """Do a deed to an image of the settings' account; see `ImageDeeds.do`."""
        return self.deeds.do(self.settings.account, image_id, request)

    def request_windows(
        self,
        push_window: str | None,
        activity_window: str | None,
        activity_mode: str | None,
        scope: Scope = ACCOUNT_SCOPE,
        *,
        wakes: bool = False,
    ) -> RescanSetting:
        """Ask for a change of the windows of a scope; it is PENDING, and applied by a job within a moment."""
        wish = (push_window, activity_window, activity_mode, scope)
        asked = self.rescan_settings.request(self.settings.account, *wish, wakes=wakes)
        self.queue.pick_up_forgotten()  # finds what is PENDING
        return asked

    def inherit_windows(self, administrator_id: str) -> RescanSetting:
        """Give the settings' account the windows of another one; PENDING as any change."""
        asked = self.rescan_settings.inherit(self.settings.account, administrator_id)
        self.queue.pick_up_forgotten()
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

    def change_scanning(self, wanted: ScanningConfiguration) -> ScanningConfiguration:
        """Ask for other rules of the settings' account; PENDING, and applied by a job within a moment."""
        asked = self.scanning.change(self.settings.account, wanted)
        self.queue.pick_up_forgotten()
        return asked

    def switch_account(self, *, is_on: bool) -> AccountStatus:
        """Ask for the settings' account to be switched on or off; applied by a job within a moment."""
        asked = self.accounts.switch(self.settings.account, is_on=is_on)
        self.queue.pick_up_forgotten()
        return asked

    def apply_scanning(self) -> None:
        """Let changes of what is scanned that wait take effect now, here; a worker that does the same does no harm.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        from dogwatch.flow.scanning import apply_scanning_step
        from dogwatch.flow.steps import RepeatLater, run_step

        for account_id in self.outside.scanning_work.load_pending():
            with suppress(RepeatLater):
                run_step(apply_scanning_step(self.outside, account_id))

    def lifecycle_preset(self, name: str) -> str:
        """Return the text of a lifecycle policy by its name.

        Raises:
            NotFoundError: no such preset.
        """
        from dogwatch.windows.lifecycle import preset_policy

        return preset_policy(name)

    def count_to_reread(self) -> int:
        """Return how many watched images were read by other extractors, and wait to be read again."""
        from dogwatch.inventory import FINGERPRINT

        return self.views.count_to_reread(FINGERPRINT)

    def request_feed_updates(self) -> tuple[tuple[str, str], ...]:
        """Queue a look at every feed; returns (source, ecosystem) of each."""
        feeds = self._feeds()
        for source, ecosystem in feeds:
            self.queue.update_feed(source, ecosystem)
        return feeds

    def update_feeds(self, confirmed: Collection[tuple[str, str]] = ()) -> bool:
        """Look at every feed now and import what changed; what goes wrong is noted with the feed. True: it is done.

        Args:
            confirmed: (source, ecosystem) of feeds that are believed this once, although they lost most of their
                records or show an older state than is held.

        Raises:
            NotFoundError: a confirmed feed is not switched on; then none is looked at.
            StoreUnavailableError: what went wrong could not be noted either.
        """
        feeds = self._feeds()
        for source, ecosystem in confirmed:
            if (source, ecosystem) not in feeds:
                raise NotFoundError("feed", f"{source}/{ecosystem}")
        with self._isolation() as isolation:
            self._look_at(feeds, isolation, confirmed)
        return True

    def audit(self) -> Audit:
        """Hold what is stored against what follows from it, now, in a process of its own; corrects nothing.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        with self._isolation() as isolation:
            return isolation.audit()

    def advance_clock(self, by: timedelta) -> datetime:
        """Move the product's clock ahead, sweep, and return its present. Only in a demonstration.

        Raises:
            ForbiddenError: this is none.
        """
        if self.settings.demo is not Demo.ON:
            raise ForbiddenError("move the clock", "only with DOGWATCH_DEMO=1")
        now = self.clock.advance_everywhere(by)
        self.queue.sweep()
        self.queue.evaluate_policies()
        self.queue.count_scans()
        return now

    def update_sample(self) -> None:
        """Look at the demonstration's sample of advisories now; here, because it is of our own making.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        samples = [feed for feed in self._feeds() if feed[0] == SAMPLE_SOURCE]
        self._look_at(samples, InProcess(self.outside, self.queue))

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
        return create_access_key(self.access_key_file, self.settings.account, Role(role))

    def access_keys(self) -> tuple[AccessKey, ...]:
        """Return the account's access keys, by id."""
        from dogwatch.serve.access_keys import AccessKeyFile

        keys = AccessKeyFile(self.access_key_file).load()
        return tuple(key for _, key in sorted(keys.items()) if key.account_id == self.settings.account)

    def remove_access_key(self, access_key_id: str) -> None:
        """Take one of the account's access keys away.

        Raises:
            NotFoundError: the account has no such key.
        """
        from dogwatch.serve.access_keys import remove_access_key

        remove_access_key(self.access_key_file, self.settings.account, access_key_id)

    @property
    def access_key_file(self) -> Path:
        """Where access keys stand."""
        from dogwatch.serve.access_keys import FILE_NAME

        return self.settings.data / FILE_NAME

    def inspect(self, target: Target, choice: Choice, *, update: bool) -> Report:
        """Look at a thing once and report what the stored advisories say of it; it becomes no watched image.

        Args:
            target: what to look at.
            choice: which findings count.
            update: whether feeds that were never imported are imported first, where they speak for what was found.

        Raises:
            DogwatchError: the target cannot be had or read; the database cannot be reached.
        """
        from dogwatch.flow.inspection import Surroundings, inspect
        from dogwatch.store.judgement import Judge

        surroundings = Surroundings(
            examine=self._examine,
            judge=Judge(self.database),
            feeds=self.views,
            note_found=self._note_found,
            import_feed=self._import_feed,
            now=self.clock.now,
            tell=self._tell,
        )
        return inspect(surroundings, target, choice, update=update)

    def write_bill(self, image_id: int, form: BillFormat) -> str:
        """Return what a watched image contains, as a bill of materials.

        Raises:
            NotFoundError: the settings' account has no such image, or it was not looked at yet.
        """
        return self._written(self.views.contents(self.settings.account, image_id), form)

    def write_target_bills(self, target: Target, forms: Collection[BillFormat]) -> Mapping[BillFormat, str]:
        """Read a thing that nobody watches once, and return what it contains as bills of materials.

        Raises:
            DogwatchError: the target cannot be had or read.
        """
        examined = self._examine(target)
        return {form: self._written(examined, form) for form in forms}

    def _written(self, examined: Examined, form: BillFormat) -> str:
        from dogwatch.inventory.bills.documents import write_bill

        return write_bill(examined, form, self.clock.now(), __version__)

    def _examine(self, target: Target) -> Examined:
        """Find out what a thing contains, in a child process: it was written by anybody."""
        from dogwatch.app.examination import examine_here
        from dogwatch.flow.children import EXAMINE_LIMITS, ChildPool

        if not self._isolated:
            return examine_here(self._tell, self.settings, self.outside, target)
        with closing(ChildPool(1, EXAMINE_LIMITS)) as children:
            return children.run_telling("the scan", self._tell, examine_in_child, self.settings, self.dsn, target)

    def _note_found(self, ecosystems: Iterable[str]) -> None:
        """Want the feeds of what was found."""
        self.outside.journal_store.note_found(ecosystems, self.clock.now())

    def _import_feed(self, source: str, ecosystem: str) -> None:
        """Import one feed now; what goes wrong is noted with the feed."""
        with self._isolation() as isolation:
            self._look_at([(source, ecosystem)], isolation)

    def _look_at(
        self,
        feeds: Iterable[tuple[str, str]],
        isolation: Isolation,
        confirmed: Collection[tuple[str, str]] = (),
    ) -> None:
        """Look at feeds, each (source, ecosystem), one after the other; confirmed ones are believed this once."""
        from dogwatch.flow.feeds import update_feed_step
        from dogwatch.flow.steps import RepeatLater, run_step

        for feed in feeds:
            what = f"facts of {feed[0]}" if feed[1] == CATALOGUE else f"advisories of {feed[1]}"
            self._tell(Progress(f"asking for the {what}"))
            with suppress(RepeatLater):
                run_step(update_feed_step(self.outside, isolation, *feed, confirmed=feed in confirmed))

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
            await self.work(stop_on_signals())

        asyncio.run(run())

    def serve(self) -> None:
        """Answer requests and do jobs until SIGTERM or SIGINT: `dogwatch serve`.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        serve(self)

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
        from dogwatch.flow.children import FEED_LIMITS, INDEX_LIMITS, NOTICE_LIMITS, ChildPool

        reading = ChildPool(1, NOTICE_LIMITS)
        indexing, importing = ChildPool(self.settings.workers, INDEX_LIMITS), ChildPool(1, FEED_LIMITS)
        auditing = ChildPool(1, FEED_LIMITS)  # a pool of its own: an import does not wait for an audit
        try:
            if self._isolated:
                yield InChildren(self.settings, self.dsn, reading, indexing, importing, auditing, self._tell)
            else:
                yield InProcess(self.outside, self.queue, self._tell)
        finally:
            for pool in (reading, indexing, importing, auditing):
                pool.close()

    @contextmanager
    def _job_worker(self) -> Iterator[JobWorker]:
        """Yield a worker with its steps."""
        from dogwatch.flow.plans import plan_steps
        from dogwatch.flow.worker import JobWorker

        with self._isolation() as isolation:
            plans = plan_steps(self.outside, isolation, self.queue)
            yield JobWorker(self.dsn, plans, self._defer_due, self.settings.workers, holding)

    def _defer_due(self, minute: int) -> None:
        """Queue what the clock brings in this minute."""
        from dogwatch.flow.schedule import Intervals, defer_due

        intervals = Intervals(self.settings.poll_minutes, self.settings.sweep_minutes, self.settings.feed_minutes)
        feeds = self._feeds()
        defer_due(self.queue, intervals, minute, self._registry_ids(), feeds)
        for source, ecosystem in feeds:
            if source == SAMPLE_SOURCE:  # costs nothing, and gives way as soon as the real feed is there
                self.queue.update_feed(source, ecosystem)
        for feed in self.views.feeds():
            if feed.is_untried:  # packages of a new ecosystem were found a moment ago
                self.queue.update_feed(feed.source, feed.ecosystem)

    def _feeds(self) -> tuple[tuple[str, str], ...]:
        """Return (source, ecosystem) of every feed that is switched on, those of what was found among them."""
        return tuple(self.outside.feeds.sources(self.outside.journal_store.found()))

    def _catch_up(self) -> None:
        """Queue everything once: what happened while nobody was there."""
        from dogwatch.flow.schedule import defer_everything

        try:
            defer_everything(self.queue, self._registry_ids(), self._feeds())
        except StoreUnavailableError as error:
            _log.warning("not caught up; the schedule will", reason=error.message)

    def _registry_ids(self) -> list[int]:
        return [registry.id for registry in self.registries.load_all()]
