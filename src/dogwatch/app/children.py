"""Steps that run apart: in a child process, or here for who reads what they made themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dogwatch.flow.progress import calmly
from dogwatch.model.progress import IDLE, Tell, tell_nobody
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database
from dogwatch.store.leases import held_lease, holding

if TYPE_CHECKING:
    from dogwatch.flow.children import ChildPool
    from dogwatch.flow.ports import Defer, Outside
    from dogwatch.model.audits import Audit
    from dogwatch.model.jobs import Lease
    from dogwatch.model.judgements import Examined
    from dogwatch.model.targets import Target
    from dogwatch.settings import Settings

_CHILD_CONNECTIONS = 2  # a child does one thing at a time; the clock asks beside it


@dataclass(frozen=True, slots=True)
class Pools:
    """Child processes by what they do, so that no kind of work waits for another."""

    reading: ChildPool
    indexing: ChildPool
    importing: ChildPool
    auditing: ChildPool
    looking: ChildPool

    def close(self) -> None:
        """End all children."""
        for pool in (self.reading, self.indexing, self.importing, self.auditing, self.looking):
            pool.close()


class InChildren:
    """Implements `flow.ports.Isolation`: each step in a child process that is wired by its own `Outside`."""

    def __init__(
        self,
        settings: Settings,
        dsn: str,
        pools: Pools,
        tell: Tell = tell_nobody,
    ) -> None:
        self._settings = settings
        self._dsn = dsn
        self._pools = pools
        self._tell = tell

    def read_notices(self) -> None:
        """Read the waiting notices in a child."""
        self._pools.reading.run("read_notices", read_notices_in_child, self._settings, self._dsn, held_lease())

    def index(self, image_id: int) -> None:
        """Index an image in a child."""
        self._pools.indexing.run("index", index_in_child, self._settings, self._dsn, held_lease(), image_id)

    def reread(self, image_id: int) -> int:
        """Index an image in a child, but not in one of those for what is new."""
        return self._pools.auditing.run("reread", index_in_child, self._settings, self._dsn, held_lease(), image_id)

    def read_bills(self, image_id: int) -> None:
        """Look at an image's bills in a child."""
        self._pools.looking.run("read_bills", read_bills_in_child, self._settings, self._dsn, held_lease(), image_id)

    def update_feed(self, source: str, ecosystem: str, confirmed: bool = False) -> None:
        """Import a feed in a child."""
        feed = (source, ecosystem, confirmed)
        try:
            self._pools.importing.run_telling(
                "update_feed", self._tell, update_feed_in_child, self._settings, self._dsn, held_lease(), *feed
            )
        finally:
            self._tell(IDLE)

    def rekey(self) -> None:
        """Make version keys anew in a child."""
        self._pools.importing.run("rekey", rekey_in_child, self._settings, self._dsn, held_lease())

    def audit(self) -> Audit:
        """Audit in a child."""
        return self._pools.auditing.run("audit", audit_in_child, self._settings, self._dsn)


class InProcess:
    """Implements `flow.ports.Isolation` without any: for tools that read what they made themselves."""

    def __init__(self, outside: Outside, defer: Defer, tell: Tell = tell_nobody) -> None:
        self._outside = outside
        self._defer = defer
        self._tell = tell

    def read_notices(self) -> None:
        """Read the waiting notices here."""
        from dogwatch.flow.notices import read_notices

        read_notices(self._outside, self._defer)

    def index(self, image_id: int) -> None:
        """Index an image here."""
        from dogwatch.flow.index import index_image

        index_image(self._outside, image_id)

    def reread(self, image_id: int) -> int:
        """Index an image here."""
        from dogwatch.flow.index import index_image

        return index_image(self._outside, image_id)

    def read_bills(self, image_id: int) -> None:
        """Look at an image's bills here."""
        from dogwatch.flow.bills import read_bills_of

        read_bills_of(self._outside, image_id)

    def update_feed(self, source: str, ecosystem: str, confirmed: bool = False) -> None:
        """Import a feed here."""
        from dogwatch.flow.feeds import update_feed

        update_feed(self._outside, source, ecosystem, confirmed, self._tell)

    def rekey(self) -> None:
        """Make version keys anew here."""
        from dogwatch.flow.rekeying import rekey

        rekey(self._outside)

    def audit(self) -> Audit:
        """Audit here."""
        from dogwatch.flow.audit import audit

        return audit(self._outside)


def read_notices_in_child(settings: Settings, dsn: str, lease: Lease | None) -> None:
    """Read the waiting notices; called in a child process, for the job that its parent holds."""
    from dogwatch.flow.notices import read_notices

    with holding(lease):
        read_notices(child_outside(settings, dsn), _child_queue(dsn))


def index_in_child(settings: Settings, dsn: str, lease: Lease | None, image_id: int) -> int:
    """Index an image, and return how many bytes it took; called in a child process, for its parent's job."""
    from dogwatch.flow.index import index_image

    with holding(lease):
        return index_image(child_outside(settings, dsn), image_id)


def read_bills_in_child(settings: Settings, dsn: str, lease: Lease | None, image_id: int) -> None:
    """Look at an image's bills; called in a child process, for its parent's job."""
    from dogwatch.flow.bills import read_bills_of

    with holding(lease):
        read_bills_of(child_outside(settings, dsn), image_id)


def update_feed_in_child(
    tell: Tell, settings: Settings, dsn: str, lease: Lease | None, source: str, ecosystem: str, confirmed: bool
) -> None:
    """Import a feed; called in a child process, for the job that its parent holds."""
    from dogwatch.flow.feeds import update_feed

    with holding(lease):
        update_feed(child_outside(settings, dsn), source, ecosystem, confirmed, calmly(tell))


def rekey_in_child(settings: Settings, dsn: str, lease: Lease | None) -> None:
    """Make version keys anew; called in a child process, for the job that its parent holds."""
    from dogwatch.flow.rekeying import rekey

    with holding(lease):
        rekey(child_outside(settings, dsn))


def examine_in_child(tell: Tell, settings: Settings, dsn: str, target: Target) -> Examined:
    """Find out what a thing contains; called in a child process."""
    from dogwatch.app.examination import examine_here

    database = _child_database(dsn)
    return examine_here(calmly(tell), settings, database, ProductClock(database), target)


def audit_in_child(settings: Settings, dsn: str) -> Audit:
    """Audit; called in a child process."""
    from dogwatch.flow.audit import audit

    return audit(child_outside(settings, dsn))


@lru_cache(maxsize=1)
def child_outside(settings: Settings, dsn: str) -> Outside:
    """Connect a child once, for all its works."""
    from dogwatch.app.connections import connect, watched_registries

    database = _child_database(dsn)
    return connect(settings, database, ProductClock(database), watched_registries())


@lru_cache(maxsize=1)
def _child_database(dsn: str) -> Database:
    database = Database(dsn, _CHILD_CONNECTIONS)
    database.open()
    return database


@lru_cache(maxsize=1)
def _child_queue(dsn: str) -> Defer:
    from dogwatch.flow.queue import JobQueue

    queue = JobQueue(dsn)
    queue.open()
    return queue
