"""A small world in one process: a registry, a feed, a real database and the app between them, moved by a test."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from dogwatch.app.process import App, build
from dogwatch.model.registries import Registry
from dogwatch.model.views import FindingQuery
from dogwatch.settings import Settings, load_settings
from dogwatch.store.notice_writer import NoticeWriter
from tests.builders.advisories import Record, osv_record
from tests.builders.layers import dpkg_status, file, os_release, package_json, python_metadata, stanza, tar_of
from tests.builders.oci import BuiltManifest, build_image
from tests.quiet import quiet_minutes
from tests.simulators.buckets import FeedBucket
from tests.simulators.registry import RegistrySimulator, serving_registry

ENVELOPE = "application/vnd.docker.distribution.events.v2+json"
ECOSYSTEMS = ("Debian", "PyPI", "npm")
ACCOUNT = "123456789012"
_NUMBERS = itertools.count(1)

ADVISORIES: dict[str, Record] = {
    "Debian": osv_record(
        "DEBIAN-CVE-2026-0001", ecosystem="Debian:12", name="openssl", fixed="3.0.9-1", upstream=["CVE-2026-0001"]
    ),
    "PyPI": osv_record("PYSEC-2026-2", ecosystem="PyPI", name="requests", fixed="2.31.0", aliases=["CVE-2026-0002"]),
    "npm": osv_record(
        "GHSA-aaaa-bbbb-cccc",
        ecosystem="npm",
        name="lodash",
        fixed="4.17.21",
        range_type="SEMVER",
        aliases=["CVE-2026-0003"],
    ),
}

Event = dict[str, Any]

Finding = tuple[str, str, str, str, str]
"""Vulnerability, package, version, fixed version, status."""

EXPECTED: list[Finding] = [
    ("CVE-2026-0001", "openssl", "3.0.7-1", "3.0.9-1", "ACTIVE"),
    ("CVE-2026-0002", "requests", "2.30.0", "2.31.0", "ACTIVE"),
    ("CVE-2026-0003", "lodash", "4.17.20", "4.17.21", "ACTIVE"),
]


def base_layer() -> bytes:
    """A Debian 12 with one vulnerable package, as a plain tar."""
    return tar_of(
        file("etc/os-release", os_release()),
        file("var/lib/dpkg/status", dpkg_status(stanza("openssl", "3.0.7-1"))),
    )


def app_layer(marker: str = "") -> bytes:
    """A vulnerable package of each language, as a plain tar; the marker makes it another layer."""
    return tar_of(
        file("opt/app/marker", marker),
        file(
            "usr/local/lib/python3.11/site-packages/requests-2.30.0.dist-info/METADATA",
            python_metadata("requests", "2.30.0"),
        ),
        file("opt/app/node_modules/lodash/package.json", package_json("lodash", "4.17.20")),
    )


def vulnerable_image(marker: str = "") -> BuiltManifest:
    """An image with one known vulnerability per ecosystem."""
    return build_image([base_layer(), app_layer(marker)])


@dataclass
class World:
    """What a test moves. Its time is the machine's; `app.advance_clock` moves the product's."""

    app: App
    simulator: RegistrySimulator
    bucket: FeedBucket
    registry: Registry

    def event(
        self, action: str, repository: str, built: BuiltManifest, tag: str = "", **members: Any
    ) -> dict[str, Any]:
        """One event as Distribution tells it."""
        target = {"mediaType": built.media_type, "digest": built.digest, "repository": repository}
        return {
            "id": f"event-{next(_NUMBERS)}",
            "timestamp": datetime.now(UTC).isoformat(),
            "action": action,
            "target": target | ({"tag": tag} if tag else {}),
            "request": {"method": "PUT" if action == "push" else "GET", "useragent": "docker/27", "addr": "10.0.0.1:1"},
            "actor": {"name": "dev"},
            **members,
        }

    def notify(self, *events: Event, body: bytes | None = None) -> None:
        """Let a webhook body arrive, as `serve` stores it."""
        content = body if body is not None else json.dumps({"events": list(events)}).encode()

        async def save() -> None:
            async with NoticeWriter(self.app.dsn) as writer:
                await writer.save(self.registry.id, ENVELOPE, content, self.app.clock.now())

        asyncio.run(save())
        self.app.queue.read_notices()

    def push(self, repository: str, built: BuiltManifest, tag: str = "latest") -> str:
        """Push an image and tell of it; returns its digest."""
        digest = self.simulator.add(repository, built, tag)
        self.notify(self.event("push", repository, built, tag))
        return digest

    def update_feeds(self) -> None:
        """Import every feed."""
        self.app.request_feed_updates()
        self.app.run_until_idle()

    def findings(self, *, closed: bool = False) -> list[Finding]:
        """All findings that lists show, in the order of their vulnerabilities."""
        query = FindingQuery(ACCOUNT, sort="vulnerability", descending=False)
        page = self.app.views.findings(query)
        return [
            (finding.vulnerability, package.name, package.version, package.fixed_version, finding.status)
            for finding in page.rows
            for package in finding.packages
            if closed or finding.status == "ACTIVE"
        ]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.app.dsn, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def images(self) -> list[tuple[str, str, str]]:
        """State, status reason and problem of each image, by id."""
        return self.rows("SELECT state, status_reason, problem FROM image ORDER BY id")

    def jobs(self, *tasks: str) -> list[tuple[str, str, int, int]]:
        """Task, status, attempts and priority of each job that is there, by id; of some tasks or of all."""
        jobs = self.rows("SELECT task_name, status::text, attempts, priority FROM procrastinate_jobs ORDER BY id")
        return [job for job in jobs if not tasks or job[0] in tasks]

    def let_time_come(self) -> None:
        """Make every job due that waits for its time."""
        with psycopg.connect(self.app.dsn, autocommit=True) as connection:
            connection.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")


def settings_for(database: str, folder: Path, **more: object) -> Settings:
    """Settings of a test: nothing of the machine takes part."""
    given: dict[str, object] = {
        "data": str(folder / "data"),
        "database_url": database,
        "feed_mirror": str(folder / "feeds"),
        "facts_off": "all",
        "account": ACCOUNT,
        "workers": "1",
        "demo": "1",
        "poll_minutes": quiet_minutes(),
        "feed_minutes": quiet_minutes(),
    }
    empty = folder / "dogwatch.toml"
    empty.touch()
    return load_settings(given | more, {}, empty)


@contextmanager
def small_world(database: str, folder: Path, *, isolated: bool = False, **more: object) -> Iterator[World]:
    """Open a world: a registry that is watched and empty, a feed with one advisory per ecosystem, imported."""
    bucket = FeedBucket(folder / "feeds")
    for ecosystem, record in ADVISORIES.items():
        bucket.put(ecosystem, record)
    settings = settings_for(database, folder, **more)
    with serving_registry(RegistrySimulator()) as simulator:
        with build(settings, isolated=False) as app:  # what every test begins with need not wait for child processes
            app.update_feeds()
            registry, _ = app.add_registry("local", simulator.access)
            app.run_until_idle()
        with build(settings, isolated=isolated) as app:
            yield World(app, simulator, bucket, registry)


@contextmanager
def working(app: App) -> Iterator[None]:
    """Let a worker do jobs in a thread for the length of the block, as a service does."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            loop.run_until_complete(app.work(stop))
        except BaseException as error:
            errors.append(error)
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="worker of a test")
    thread.start()
    try:
        yield
    finally:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)
        thread.join()
    assert errors == []
