"""What one process of Dogwatch opens and closes: the database, the rooms, and the children that run steps apart."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Self

from dogwatch.app.once import made_once
from dogwatch.model.costs import PriceTable
from dogwatch.model.errors import ConfigError
from dogwatch.settings import Demo, Settings
from dogwatch.store.address import complete_address
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database
from dogwatch.store.migrations import migrate
from dogwatch.store.registries import RegistryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from types import TracebackType

    from dogwatch.app.deeds import ImageDeeds
    from dogwatch.app.documents import OperatorDocuments
    from dogwatch.app.usage import Usage
    from dogwatch.demonstration import Demonstration
    from dogwatch.flow.ports import Isolation, Outside
    from dogwatch.flow.queue import JobQueue
    from dogwatch.model.progress import Tell
    from dogwatch.registry.watched import WatchedRegistries
    from dogwatch.store.costs import CostStore
    from dogwatch.store.exclusions import ExclusionStore
    from dogwatch.store.lifecycle import LifecycleStore
    from dogwatch.store.scanning import AccountSwitches, ScanningStore
    from dogwatch.store.settings import RescanSettings
    from dogwatch.store.views import Views


class Opened:
    """What a process has between `open` and `close`: the database, and the rooms, each made when first asked for."""

    dsn: str
    clock: ProductClock
    database: Database
    registries: RegistryStore

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
            self.clock = ProductClock(self.database, self.machine_now)
            self.registries = RegistryStore(self.database, self.clock)
            self.registries.ensure_account(self.settings.account)
            self._opened = opening.pop_all()

    def close(self) -> None:
        """Let go of everything, the database server last; may be called twice."""
        self._opened.close()

    @made_once
    def queue(self) -> JobQueue:
        """What puts jobs in."""
        from dogwatch.flow.queue import JobQueue

        queue = JobQueue(self.dsn)
        queue.open()
        self._opened.callback(queue.close)
        return queue

    @made_once
    def outside(self) -> Outside:
        """The rooms as `flow` wants them handed over."""
        from dogwatch.app.connections import connect

        return connect(self.settings, self.database, self.clock, self._watched)

    @made_once
    def rescan_settings(self) -> RescanSettings:
        """How long images are watched."""
        from dogwatch.store.settings import RescanSettings

        return RescanSettings(self.database, self.clock, self._prices)

    @made_once
    def lifecycle(self) -> LifecycleStore:
        """Lifecycle rules."""
        from dogwatch.store.lifecycle import LifecycleStore

        return LifecycleStore(self.database, self.clock)

    @made_once
    def deeds(self) -> ImageDeeds:
        """Deeds on images."""
        from dogwatch.app.deeds import ImageDeeds

        return ImageDeeds(self.database, self.clock, self.queue)

    @made_once
    def exclusions(self) -> ExclusionStore:
        """Whose events move no clock."""
        from dogwatch.store.exclusions import ExclusionStore

        return ExclusionStore(self.database, self.clock)

    @made_once
    def scanning(self) -> ScanningStore:
        """Which repositories are scanned."""
        from dogwatch.store.scanning import ScanningStore

        return ScanningStore(self.database, self.clock)

    @made_once
    def accounts(self) -> AccountSwitches:
        """Whether accounts are scanned at all."""
        from dogwatch.store.scanning import AccountSwitches

        return AccountSwitches(self.database, self.clock)

    @made_once
    def usage(self) -> Usage:
        """Where images are seen running."""
        from dogwatch.app.usage import Usage

        return Usage(self.database, self.clock, self.queue)

    @made_once
    def costs(self) -> CostStore:
        """What scans would cost."""
        from dogwatch.store.costs import CostStore

        return CostStore(self.database, self.clock, self._prices)

    @made_once
    def documents(self) -> OperatorDocuments:
        """Advisories of the operator's own."""
        from dogwatch.app.documents import OperatorDocuments

        return OperatorDocuments(self.database, self.clock)

    @made_once
    def views(self) -> Views:
        """All that is read for lists."""
        from dogwatch.app.feeds import expect_feeds
        from dogwatch.store.views import Views

        return Views(self.database, self.clock, expect_feeds(self.settings, self.database))

    @made_once
    def demonstration(self) -> Demonstration:
        """The sample registry and the clock that may be moved."""
        from dogwatch.demonstration import Demonstration, DemonstrationFolder

        return Demonstration(
            DemonstrationFolder(self.settings.data),
            self.registries,
            self.clock,
            self.queue,
            (self.settings.account, self.settings.region),
            is_on=self.settings.demo is not Demo.OFF,
            is_clock_free=self.settings.demo is Demo.ON,
        )

    @made_once
    def _watched(self) -> WatchedRegistries:
        """What talks to registries."""
        from dogwatch.app.connections import watched_registries

        watched = watched_registries()
        self._opened.callback(watched.close)
        return watched

    @property
    def _prices(self) -> PriceTable:
        return PriceTable(self.settings.price_initial_scan, self.settings.price_rescan)

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
        from dogwatch.app.children import InChildren, InProcess, Pools
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
