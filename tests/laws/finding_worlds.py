"""Small worlds of images and exposures, for laws about findings: drawn, written into the tables, asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import psycopg
from hypothesis import strategies as st

from dogwatch.model.times import FOREVER
from dogwatch.model.views import FindingQuery, FindingView, ImageQuery, ImageView, Page
from dogwatch.store.candidates import Limits
from dogwatch.store.findings import FindingStore
from dogwatch.store.image_views import ImageViews

ACCOUNT = "000000000000"
START = datetime(2026, 1, 1, tzinfo=UTC)
EXPIRED = "monitoring ended: both windows are over"
WITHDRAWN = "advisory withdrawn"
PACKAGES = (1, 2)
VULNERABILITIES = (1, 2)

Span = tuple[datetime, datetime]
_Row = TypeVar("_Row")


@dataclass(frozen=True)
class Image:
    """When an image was monitored, with which packages; `watched_until` clips the open interval."""

    spans: tuple[Span, ...]
    packages: tuple[int, ...]
    watched_until: datetime


@dataclass(frozen=True)
class Exposed:
    """When a package was exposed to a vulnerability, how badly, and with which fix."""

    package: int
    vulnerability: int
    span: Span
    severity: int
    fixed: str


@dataclass(frozen=True)
class World:
    """Images and exposures."""

    images: tuple[Image, ...]
    exposures: tuple[Exposed, ...]


def _spans(days: Sequence[int]) -> tuple[Span, ...]:
    """Disjoint spans from ascending days; an odd last one is still open."""
    moments = [START + timedelta(days=day) for day in sorted(set(days))]
    return tuple(
        (begin, moments[place + 1] if place + 1 < len(moments) else FOREVER)
        for place, begin in enumerate(moments)
        if place % 2 == 0
    )


def _spans_in_a_row(days: Sequence[int]) -> tuple[Span, ...]:
    """Spans that go on from one another, as where a score changes; the last is still open."""
    moments = [START + timedelta(days=day) for day in sorted(set(days))]
    return tuple(zip(moments, [*moments[1:], FOREVER], strict=True))


_day = st.integers(0, 60)
_days = st.lists(_day, min_size=1, max_size=5)
_spans_of_days = _days.map(_spans)
_spans_of_exposures = st.one_of(_spans_of_days, _days.map(_spans_in_a_row))
_images = st.builds(
    Image,
    spans=_spans_of_days,
    packages=st.lists(st.sampled_from(PACKAGES), unique=True).map(tuple),
    watched_until=st.one_of(st.just(FOREVER), st.integers(60, 70).map(lambda day: START + timedelta(days=day))),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to three images with two packages, and when these were exposed to two vulnerabilities."""
    exposures = [
        Exposed(package, vulnerability, span, draw(st.integers(0, 5)), draw(st.sampled_from(["", "2.0"])))
        for package in PACKAGES
        for vulnerability in VULNERABILITIES
        for span in draw(_spans_of_exposures)
    ]
    return World(draw(st.lists(_images, min_size=1, max_size=3).map(tuple)), tuple(exposures))


def limits() -> st.SearchStrategy[Limits]:
    """Any sizes, so that every way of finding candidates is gone on worlds that are small to all of them."""
    few = st.sampled_from([0, 2, 1_000])
    return st.builds(
        Limits,
        few_images=few,
        few_sets=few,
        named_images=few,
        few_vulnerabilities=few,
        few_inventories=few,
        few_images_to_sort=few,
        few_watches=few,
        watches=st.sampled_from([1, 2, 1_000]),
        images=st.sampled_from([1, 2, 1_000]),
        steps=st.sampled_from([1, 2, 1_000]),
        at_once=st.sampled_from([1, 2, 1_000]),
        candidates=st.sampled_from([1, 1_000]),
        rounds=st.sampled_from([1, 1_000]),
        seconds=st.sampled_from([0.0, 60.0]),
    )


def store_world(connection: psycopg.Connection, world: World) -> None:
    """Write the world's intervals into the tables that the view reads."""
    connection.execute(
        "TRUNCATE account, registry, repository, image, layer_chain, clocks, monitoring, inventory, inventory_set,"
        " package, package_set, set_package, set_exposure, vulnerability, exposure RESTART IDENTITY CASCADE"
    )
    connection.execute("INSERT INTO account VALUES (%s, %s)", (ACCOUNT, START))
    connection.execute(
        "INSERT INTO registry (account_id, alias, kind, region, url, username, password_file, password_variable,"
        " ca_file, hook_secret_digest, added_at)"
        " VALUES (%s, 'r', 'distribution', 'x', 'http://r', '', '', '', '', '', %s)",
        (ACCOUNT, START),
    )
    connection.execute("INSERT INTO repository (account_id, registry_id, name) VALUES (%s, 1, 'app')", (ACCOUNT,))
    for package in PACKAGES:
        connection.execute(
            "INSERT INTO package (ecosystem, name, version, arch, source_name, source_version, match_name,"
            " match_version, scheme, scheme_number, not_comparable, recorded_at, digest)"
            " VALUES ('PyPI', %s, '1', '', '', '', %s, '1', 'pep440', 1, '', %s, %s)",
            (f"P_{package}", f"p-{package}", START, bytes([package])),
        )
        connection.execute("INSERT INTO package_set (digest, source) VALUES (%s, 'npm')", (bytes([package]),))
        connection.execute("INSERT INTO set_package VALUES (%s, %s)", (package, package))
    for vulnerability in VULNERABILITIES:
        connection.execute("INSERT INTO vulnerability (name) VALUES (%s)", (f"CVE-2026-000{vulnerability}",))
    for number, image in enumerate(world.images, start=1):
        _store_image(connection, number, image)
    for exposed in world.exposures:
        connection.execute(
            "INSERT INTO exposure (package_id, vulnerability_id, verdict, fix_state, fixed_version, severity,"
            " score_tenths, score_vector, score_version, score_source, advisory, source, from_rev, from_at, to_rev,"
            " to_at, begin_reason, end_reason)"
            " VALUES (%s, %s, 'affected', 'fixed', %s, %s, NULL, '', '', '', 'A', 'osv', 1, %s, %s, %s, '', %s)",
            (
                exposed.package,
                exposed.vulnerability,
                exposed.fixed,
                exposed.severity,
                exposed.span[0],
                2**31 - 1 if exposed.span[1] == FOREVER else 2,
                exposed.span[1],
                "" if exposed.span[1] == FOREVER else WITHDRAWN,
            ),
        )


def _store_image(connection: psycopg.Connection, number: int, image: Image) -> None:
    digest = bytes([number])
    connection.execute(
        "INSERT INTO inventory (digest, distribution, release, pretty_name, ecosystem, recorded_at)"
        " VALUES (%s, '', '', '', '', %s)",
        (digest, START),
    )
    for package in image.packages:
        connection.execute("INSERT INTO inventory_set VALUES (%s, %s)", (number, package))
    connection.execute(
        "INSERT INTO layer_chain (account_id, digest, layers, inventory_id) VALUES (%s, %s, '[]', %s)",
        (ACCOUNT, digest, number),
    )
    connection.execute(
        "INSERT INTO image (account_id, repository_id, digest, media_type, size_bytes, os, architecture, variant,"
        " author, chain_id, state) VALUES (%s, 1, %s, '', 0, 'linux', 'amd64', '', '', %s, 'indexed')",
        (ACCOUNT, f"sha256:{number}", number),
    )
    open_now = image.spans[-1][1] == FOREVER
    connection.execute(
        "INSERT INTO clocks (image_id, repository_id, pushed_at, watched_until, watched) VALUES (%s, 1, %s, %s, %s)",
        (number, START, image.watched_until, open_now),
    )
    for begin, end in image.spans:
        connection.execute(
            "INSERT INTO monitoring (image_id, repository_id, inventory_id, from_at, to_at, begin_reason, end_reason)"
            " VALUES (%s, 1, %s, %s, %s, '', %s)",
            (number, number, begin, end, "" if end == FOREVER else EXPIRED),
        )


def disturb(
    connection: psycopg.Connection, world: World, frozen: Sequence[tuple[int, int]], moved: Sequence[tuple[int, int]]
) -> None:
    """Change intervals of the watch, by number: the revision that one stopped at, or what it was found to hold."""
    for watch, revision in frozen:
        connection.execute("UPDATE monitoring SET frozen_revision = %s WHERE id = %s", (revision, watch))
    for watch, inventory in moved:  # as after another reading of the image
        connection.execute(
            "UPDATE monitoring SET inventory_id = %s WHERE id = %s AND %s <= %s",
            (inventory, watch, inventory, len(world.images)),
        )


def walk_pages(load: Callable[[str], Page[_Row]]) -> list[_Row]:
    """Return all rows of a list that is loaded a page at a time, each by the cursor of the one before."""
    found: list[_Row] = []
    after = ""
    while True:
        page = load(after)
        found += page.rows
        after = page.next
        if not after:
            return found


def walk(store: FindingStore, query: FindingQuery, now: datetime) -> list[FindingView]:
    """Return all findings that are asked for."""
    return walk_pages(lambda after: store.findings(replace(query, after=after), now))


def walk_images(views: ImageViews, query: ImageQuery, now: datetime) -> list[ImageView]:
    """Return all images that are asked for."""
    return walk_pages(lambda after: views.images(replace(query, after=after), now))
