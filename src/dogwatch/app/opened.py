"""What one process of Dogwatch opens and closes: the database, the rooms, and the children that run steps apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from types import TracebackType
from typing import Self

from dogwatch.app.children import InChildren, InProcess, Pools
from dogwatch.app.connections import connect, watched_registries
from dogwatch.app.deeds import ImageDeeds
from dogwatch.app.documents import OperatorDocuments
from dogwatch.app.feeds import choose_feeds, expect_feeds
from dogwatch.app.usage import Usage
from dogwatch.demonstration import Demonstration, DemonstrationFolder
from dogwatch.flow.ports import Isolation, Outside
from dogwatch.flow.queue import JobQueue
from dogwatch.model.costs import PriceTable
from dogwatch.model.errors import ConfigError
from dogwatch.model.progress import Tell
from dogwatch.settings import Demo, Settings
from dogwatch.store.address import complete_address
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database
from dogwatch.store.costs import CostStore
from dogwatch.store.exclusions import ExclusionStore
from dogwatch.store.journal import JournalStore
from dogwatch.store.lifecycle import LifecycleStore
from dogwatch.store.migrations import migrate
from dogwatch.store.registries import RegistryStore
from dogwatch.store.scanning import AccountSwitches, ScanningStore
from dogwatch.store.settings import RescanSettings
from dogwatch.store.views import Views


class Opened:
    """What a process has between `open` and `close`: the database and the rooms, handed to each other."""

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
    documents: OperatorDocuments
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
            self.documents = OperatorDocuments(self.database, self.clock)
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
        from dogwatch.flow.children import BILL_LIMITS, FEED_LIMITS, INDEX_LIMITS, NOTICE_LIMITS, ChildPool

        pools = Pools(
            reading=ChildPool(1, NOTICE_LIMITS),
            indexing=ChildPool(self.settings.workers, INDEX_LIMITS),
            importing=ChildPool(1, FEED_LIMITS),
            auditing=ChildPool(1, FEED_LIMITS),
            looking=ChildPool(1, BILL_LIMITS),
        )
        try:
            if self._isolated:
                yield InChildren(self.settings, self.dsn, pools, self._tell)
            else:
                yield InProcess(self.outside, self.queue, self._tell)
        finally:
            pools.close()
