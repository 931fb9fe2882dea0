"""The queue as seen by those who put work into it. The engine is procrastinate, in the same PostgreSQL.

Each task has a queue of its own kind, so that quick work never waits behind slow. `worker` takes jobs out.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import MappingProxyType
from typing import LiteralString

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from psycopg.errors import Error as PsycopgError

from dogwatch.model.errors import StoreUnavailableError
from dogwatch.model.registries import ManifestToResolve

FAST, REGISTRY, INDEX, FEEDS, AUDIT = "fast", "registry", "index", "feeds", "audit"
"""Queues: our own database only; talking to registries; reading layers; importing feeds; the audit, the
count of scans and what is read again, which may take minutes and must keep nobody waiting."""

TASKS: Mapping[str, str] = MappingProxyType(
    {
        "read_notices": FAST,
        "pick_up_forgotten": FAST,
        "sweep": FAST,
        "delete_old": FAST,
        "evaluate_policies": FAST,
        "audit": AUDIT,
        "count_scans": AUDIT,
        "apply_setting": FAST,
        "apply_scanning": FAST,
        "resolve": REGISTRY,
        "poll": REGISTRY,
        "index": INDEX,
        "update_feed": FEEDS,
        "rekey": FEEDS,
        "reread": AUDIT,
        "read_bills": AUDIT,
    }
)
"""Every task that `worker` knows steps for, and its queue."""

# Two workers may do these side by side: the store shares the work out, and after a crash nobody waits for a dead one.
_SHARED = frozenset({"read_notices", "pick_up_forgotten", "sweep"})

RECONNECT_SECONDS = 5.0
"""How long a pool tries to reconnect by itself, more and more slowly; who asks next begins anew, without the pause."""

_CONNECTIONS_MAX = 2  # each is used for a millisecond at a time

_IN_PROGRESS: LiteralString = (
    "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE lock = %(name)s AND status = 'doing') AS busy"
)


class JobQueue:
    """Implements `ports.Defer`: one waiting job per task and subject, whoever asks and however often."""

    def __init__(self, dsn: str, wait_seconds: float = 30.0) -> None:
        """Prepare; connects to nothing yet.

        Args:
            dsn: the database with the jobs.
            wait_seconds: how long to wait for a connection.
        """
        connector = SyncPsycopgConnector(
            conninfo=dsn,
            min_size=0,
            max_size=_CONNECTIONS_MAX,
            timeout=wait_seconds,
            reconnect_timeout=RECONNECT_SECONDS,
            kwargs={"application_name": "dogwatch queue"},
        )
        self._connector = connector
        self._app = App(connector=connector)
        self._spares_busy = False

    def for_lost_work(self) -> JobQueue:
        """Return this queue for who looks for work whose job was lost: what has a job in progress gets no second one.

        Who knows of something new wants that second job: the one in progress may have looked before it happened.
        """
        queue = copy.copy(self)
        queue._spares_busy = True
        return queue

    def open(self) -> None:
        """Allow connections; the first is made when it is needed."""
        self._app.open()

    def close(self) -> None:
        """Give all connections back; safe to call twice."""
        self._app.close()

    def read_notices(self) -> None:
        """Read the waiting notices, now."""
        self._defer("read_notices", "all")

    def pick_up_forgotten(self) -> None:
        """Look for work that no job is there for."""
        self._defer("pick_up_forgotten", "all")

    def sweep(self) -> None:
        """End what has expired."""
        self._defer("sweep", "all")

    def delete_old(self) -> None:
        """Delete what is past its time."""
        self._defer("delete_old", "all")

    def evaluate_policies(self) -> None:
        """Evaluate the lifecycle policies whose day is over."""
        self._defer("evaluate_policies", "all")

    def count_scans(self) -> None:
        """Count scans as the original bills them."""
        self._defer("count_scans", "all")

    def reread(self) -> None:
        """Read images again that older extractors read."""
        self._defer("reread", "all")

    def read_bills(self) -> None:
        """Look at bills of materials that are attached to images."""
        self._defer("read_bills", "all")

    def rekey(self) -> None:
        """Make version keys anew, where the schemes changed."""
        self._defer("rekey", "all")

    def audit(self) -> None:
        """Hold what is stored against what follows from it."""
        self._defer("audit", "all")

    def apply_setting(self, setting_id: int) -> None:
        """Apply a change of windows."""
        self._defer("apply_setting", str(setting_id), setting_id=setting_id)

    def apply_scanning(self, account_id: str) -> None:
        """Apply what an account changed of what is scanned."""
        self._defer("apply_scanning", account_id, account_id=account_id)

    def resolve(self, manifest: ManifestToResolve) -> None:
        """Resolve a manifest."""
        subject = f"{manifest.registry_id} {manifest.repository}@{manifest.digest}"
        arguments = {"repository": manifest.repository, "digest": manifest.digest}
        self._defer("resolve", subject, registry_id=manifest.registry_id, **arguments)

    def poll(self, registry_id: int) -> None:
        """Ask a registry what it holds."""
        self._defer("poll", str(registry_id), registry_id=registry_id)

    def index(self, image_id: int) -> None:
        """Index an image."""
        self._defer("index", str(image_id), image_id=image_id)

    def update_feed(self, source: str, ecosystem: str) -> None:
        """Look at a feed, and import what changed."""
        self._defer("update_feed", f"{source} {ecosystem}", source=source, ecosystem=ecosystem)

    def _defer(self, task: str, subject: str, **arguments: int | str) -> None:
        """Queue a job.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        name = f"{task} {subject}"
        lock = None if task in _SHARED else name
        try:
            if self._spares_busy and self._connector.execute_query_one(_IN_PROGRESS, name=name)["busy"]:
                return
            self._app.configure_task(task, queue=TASKS[task], lock=lock, queueing_lock=name).defer(**arguments)
        except AlreadyEnqueued:
            return  # the waiting twin has not begun, so it will see what we have seen
        except (ConnectorException, PsycopgError) as error:
            raise StoreUnavailableError(str(error.__cause__ or error)) from error
