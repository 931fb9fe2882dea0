"""One service and three workers, each on a host of its own, against one PostgreSQL: one is killed, one is cut off.

Nothing is lost and nothing is done twice: in the end everything is as after the same history on one host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dogwatch.flow.queue import TASKS
from dogwatch.model.jobs import SILENT_SECONDS
from tests.docker_registry import requires_docker_registry
from tests.flow.world import ADVISORIES, ECOSYSTEMS, vulnerable_image
from tests.hosts.networks import Host, Network, requires_namespaces
from tests.hosts.postgresql import PostgresServer, write_password_file
from tests.hosts.services import Installation, Process, Registry, running_registry, serving_files
from tests.hosts.state import State, read_state
from tests.simulators.buckets import FeedBucket
from tests.waiting import wait_until

pytestmark = [requires_namespaces(), requires_docker_registry]

_IMAGES = 24  # more than the four hosts work on at a time
_LATER = 12  # more than two of three hosts work on at a time, so that the slowest gets some as well
_QUEUES = len(set(TASKS.values()))  # engine workers in each process


@dataclass(frozen=True)
class Site:
    """Hosts with what everybody shares: a database server, a registry, a mirror of feeds."""

    network: Network
    postgres: PostgresServer
    registry: Registry
    mirror: str
    folder: Path


@pytest.fixture
def site(hosts: Network, postgres: PostgresServer, tmp_path: Path) -> Iterator[Site]:
    bucket = FeedBucket(tmp_path / "mirror")
    for ecosystem, record in ADVISORIES.items():
        bucket.put(ecosystem, record)
    shared = hosts.add_host()
    with (
        running_registry(shared, tmp_path / "registry") as registry,
        serving_files(shared, bucket.folder, tmp_path / "mirror.log") as mirror,
    ):
        yield Site(hosts, postgres, registry, mirror, tmp_path)


@dataclass(frozen=True)
class Watch:
    """A Dogwatch with a database of its own and its first host, which runs the service."""

    site: Site
    installation: Installation
    database: str
    first: Host

    def connect(self) -> psycopg.Connection:
        """Look into the database, from its host."""
        return self.site.postgres.connect(self.database)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with self.connect() as connection:
            return connection.execute(query.encode()).fetchall()

    def add_registry(self) -> None:
        self.installation.ask(
            self.first, "registries", "add", self.site.registry.url, "--plain-http", "--alias", "shop"
        )

    def poll(self) -> None:
        """Look at the registry again, before its time."""
        self.ask(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('registry', 'poll', 0, NULL, 'poll 1',"
            " jsonb_build_object('registry_id', id), NULL)::procrastinate_job_to_defer_v1]) FROM registry"
        )

    def wait_until_done(self, images: int) -> None:
        """Wait until so many images are read and nothing is left to do."""

        def is_done() -> bool:
            states = self.ask("SELECT state, count(*) FROM image GROUP BY state")
            left = self.ask("SELECT FROM procrastinate_jobs WHERE task_name <> 'tick' AND status <> 'failed'")
            return states == [("indexed", images)] and not left

        wait_until(is_done, f"{images} images are read", seconds=600)

    def processes(self) -> list[dict[str, Any]]:
        """Who does jobs, as an operator sees it."""
        return list(self.installation.ask(self.first, "jobs", "--workers"))

    def state(self) -> State:
        with self.connect() as connection:
            return read_state(connection)


@contextmanager
def _watching(site: Site, name: str) -> Iterator[Watch]:
    """Run the service on a new host over a fresh database, until the feeds are imported."""
    variables = {
        "DOGWATCH_DATABASE_URL": site.postgres.create_database(name),
        "PGPASSFILE": str(write_password_file(site.folder / f"{name}.pgpass")),
        "DOGWATCH_FEED_MIRROR": site.mirror,
        "DOGWATCH_FACTS_OFF": "all",
        "DOGWATCH_FEEDS": ",".join(ECOSYSTEMS),
        "DOGWATCH_WORKERS": "1",
        "DOGWATCH_POLL_MINUTES": "1440",
        "DOGWATCH_DEMO": "0",
    }
    folder = site.folder / name
    folder.mkdir()
    watch = Watch(site, Installation(folder, variables), name, site.network.add_host())
    with watch.installation.running(watch.first, "serve") as service:
        service.wait_for(
            lambda: len(watch.ask("SELECT FROM feed WHERE changed_at IS NOT NULL")) == len(ECOSYSTEMS),
            "feeds are there",
        )
        yield watch


def test_a_dead_worker_and_one_that_was_cut_off_change_nothing(site: Site) -> None:
    for number in range(_IMAGES):
        site.registry.push(vulnerable_image(f"number {number}"), f"team/app-{number}", "1")
    with _watching(site, "many") as many, ExitStack() as workers:
        doomed, lonely, lucky = (_start_worker(many, workers) for _ in range(3))
        wait_until(lambda: _beating(many) == 4 * _QUEUES, "all four are at work")
        with _holding_up(many) as everybody_waits:
            many.add_registry()
            everybody_waits({many.first, doomed.host, lonely.host, lucky.host})
            doomed.process.kill()
            site.network.cut(lonely.host)
        many.wait_until_done(_IMAGES)
        silent = {doomed.process.pid, lonely.process.pid}
        assert {one["pid"] for one in many.processes() if one["silent_seconds"] >= SILENT_SECONDS} == silent
        site.network.mend(lonely.host)
        wait_until(lambda: _beating(many) == 3 * _QUEUES, "the one that was cut off is back")

        for number in range(_IMAGES, _IMAGES + _LATER):
            site.registry.push(vulnerable_image(f"number {number}"), f"team/app-{number}", "1")
        with _holding_up(many) as everybody_waits:
            many.poll()
            everybody_waits({many.first, lonely.host, lucky.host})
        many.wait_until_done(_IMAGES + _LATER)
        assert lonely.process.poll() is None
        assert lucky.process.poll() is None
        ended = many.state()

    with _watching(site, "alone") as alone:
        alone.add_registry()
        alone.wait_until_done(_IMAGES + _LATER)
        assert ended == alone.state()
    assert len(ended["findings"]) == 3 * (_IMAGES + _LATER)


def _start_worker(watch: Watch, workers: ExitStack) -> Process:
    return workers.enter_context(watch.installation.running(watch.site.network.add_host(), "worker"))


def _beating(watch: Watch) -> int:
    """How many of the engine's workers were heard of within the time that makes one dead."""
    return len(watch.ask("SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - interval '12 seconds'"))


@contextmanager
def _holding_up(watch: Watch) -> Iterator[Callable[[set[Host]], None]]:
    """Keep all images from being made known; yields what waits until certain hosts stand in transactions for it."""

    def wait_for(hosts: set[Host]) -> None:
        waiting = "SELECT DISTINCT host(client_addr) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        wanted = {host.address for host in hosts}
        wait_until(lambda: wanted <= {row[0] for row in watch.ask(waiting)}, f"{wanted} have jobs")

    with watch.connect() as connection, connection.transaction():
        connection.execute("LOCK TABLE layer_chain IN EXCLUSIVE MODE")
        yield wait_for
