"""The view is the definition: the query gives what brute force over intervals gives, at any moment, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dogwatch.model.matches import Severity
from dogwatch.model.times import FOREVER, TICK
from dogwatch.model.views import FindingQuery, FindingView
from dogwatch.store.candidates import Limits
from dogwatch.store.candidates.orders import ORDERS
from dogwatch.store.connection import Database
from dogwatch.store.findings import FindingStore

ACCOUNT = "000000000000"
START = datetime(2026, 1, 1, tzinfo=UTC)
BRIDGED = timedelta(days=7)
EXPIRED = "monitoring ended: both windows are over"
WITHDRAWN = "advisory withdrawn"
PACKAGES = (1, 2)
VULNERABILITIES = (1, 2)
SHOWN = {True: timedelta(days=3), False: timedelta(days=30)}

Span = tuple[datetime, datetime]


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


_day = st.integers(0, 60)
_spans_of_days = st.lists(_day, min_size=1, max_size=5).map(_spans)
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
        for span in draw(_spans_of_days)
    ]
    return World(draw(st.lists(_images, min_size=1, max_size=3).map(tuple)), tuple(exposures))


def limits() -> st.SearchStrategy[Limits]:
    """Any sizes, so that every way of finding candidates is gone on worlds that are small to all of them."""
    few = st.sampled_from([0, 2, 1_000])
    return st.builds(
        Limits,
        few_images=few,
        named_images=few,
        few_vulnerabilities=few,
        few_inventories=few,
        few_images_to_sort=few,
        few_watches=few,
        watches=st.sampled_from([1, 2, 1_000]),
        steps=st.sampled_from([1, 2, 1_000]),
        at_once=st.sampled_from([1, 2, 1_000]),
        candidates=st.sampled_from([1, 1_000]),
        rounds=st.sampled_from([1, 1_000]),
        seconds=st.sampled_from([0.0, 60.0]),
    )


# --- brute force ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """What the definition says of one finding."""

    image: int
    vulnerability: int
    status: str
    reason: str
    first: datetime
    severity: int
    fix: str


def findings_by_definition(world: World, at: datetime) -> set[Expected]:
    """One finding per image and vulnerability that any overlap up to `at` gives, unless it closed too long ago."""
    found = set()
    for number, image in enumerate(world.images, start=1):
        for vulnerability in VULNERABILITIES:
            one = _finding(world, number, image, vulnerability, at)
            if one is not None:
                found.add(one)
    return found


def _finding(world: World, number: int, image: Image, vulnerability: int, at: datetime) -> Expected | None:
    overlaps: list[tuple[datetime, datetime, Exposed, str]] = []
    for begin, end in image.spans:
        last = min(end, image.watched_until + TICK) if end == FOREVER and image.watched_until < FOREVER else end
        for exposed in world.exposures:
            if exposed.vulnerability == vulnerability and exposed.package in image.packages:
                low, high = max(begin, exposed.span[0]), min(last, exposed.span[1])
                reason = WITHDRAWN if exposed.span[1] < last else EXPIRED
                if low < high and low <= at:
                    overlaps.append((low, FOREVER if high > at else high, exposed, reason))
    if not overlaps:
        return None
    ended = max(end for _, end, _, _ in overlaps)
    current = [overlap for overlap in overlaps if overlap[1] == ended]
    active = ended > at
    reason = max(overlap[3] for overlap in current)
    if not active and ended + SHOWN[reason == EXPIRED] <= at:
        return None
    fixes = [bool(overlap[2].fixed) for overlap in current]
    return Expected(
        number,
        vulnerability,
        "ACTIVE" if active else "CLOSED",
        "" if active else reason,
        _first_observed([(low, high) for low, high, _, _ in overlaps]),
        max(overlap[2].severity for overlap in current),
        "YES" if all(fixes) else "PARTIAL" if any(fixes) else "NO",
    )


def _first_observed(spans: list[Span]) -> datetime:
    """The start of the last run of spans whose interruptions are at most seven days long."""
    first, until = None, None
    for begin, end in sorted(spans):
        if until is None or begin - BRIDGED > until:
            first, until = begin, end
        until = max(until, end)
    assert first is not None
    return first


# --- the stored world -------------------------------------------------------------------------------------------------


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


_LEADING: Mapping[str, Callable[[FindingView], Any]] = {
    "severity": lambda one: (one.severity, -1 if one.score_tenths is None else one.score_tenths),
    "score": lambda one: -1 if one.score_tenths is None else one.score_tenths,
    "epss": lambda one: one.facts.probability.score_ppm if one.facts.probability else -1,
    "vulnerability": lambda one: one.vulnerability,
    "source": lambda one: one.source,
    "status": lambda one: (one.status, one.severity),
    "first_observed_at": lambda one: one.first_observed_at,
    "last_observed_at": lambda one: one.last_observed_at,
    "updated_at": lambda one: one.updated_at,
    "pushed_at": lambda one: one.pushed_at,
    "repository": lambda one: one.repository,
    "registry": lambda one: (one.registry_alias, one.repository),
}
_EVERY_FINDING = """
SELECT image_id, vulnerability_id
FROM (SELECT image_id, vulnerability_id, to_at, end_reason,
             max(to_at) OVER (PARTITION BY image_id, vulnerability_id) AS last_end
      FROM (SELECT image_id, vulnerability_id, end_reason,
                   CASE WHEN to_at > %(at)s THEN '9999-12-31Z' ELSE to_at END AS to_at
            FROM finding_span WHERE from_at <= %(at)s) AS span) AS ranked
WHERE to_at = last_end
GROUP BY image_id, vulnerability_id, last_end
HAVING last_end + CASE WHEN starts_with(max(end_reason), 'monitoring ended')
                       THEN interval '3 days' ELSE interval '30 days' END > %(at)s
"""
"""All pairs that are findings, made by the view in one piece."""


@pytest.fixture
def opened(database: str) -> Iterator[Database]:
    """A migrated database."""
    opened = Database(database)
    opened.open()
    yield opened
    opened.close()


def walk(store: FindingStore, query: FindingQuery, now: datetime) -> list[FindingView]:
    """Follow the cursors to the end."""
    found: list[FindingView] = []
    while True:
        page = store.findings(query, now)
        found += page.rows
        if not page.next:
            return found
        query = replace(query, after=page.next)


def as_expected(finding: FindingView) -> Expected:
    """A finding in the terms of the brute force."""
    return Expected(
        finding.image_id,
        finding.vulnerability_id,
        finding.status,
        finding.closed_reason,
        finding.first_observed_at,
        int(finding.severity),
        finding.fix_available,
    )


@given(
    world=worlds(),
    day=st.integers(-1, 110),
    page=st.integers(1, 3),
    order=st.sampled_from(sorted(ORDERS)),
    sizes=limits(),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], phases=(Phase.explicit, Phase.reuse, Phase.generate)
)
def test_pages_walked_to_the_end_give_the_definition_at_any_moment(
    opened: Database, world: World, day: int, page: int, order: str, sizes: Limits
) -> None:
    with opened.transaction() as connection:
        store_world(connection, world)
    at = START + timedelta(days=day)
    expected = findings_by_definition(world, at)
    store = FindingStore(opened, sizes)
    for query in (
        FindingQuery(ACCOUNT, as_of=at, sort=order, limit=page),
        FindingQuery(ACCOUNT, as_of=at, sort=order, descending=False, limit=page),
    ):
        rows = walk(store, query, at)
        found = [as_expected(finding) for finding in rows]
        assert len(found) == len(set(found))
        leading = [_LEADING[order](finding) for finding in rows]
        assert leading == sorted(leading, reverse=query.descending)
        assert set(found) == expected
    assert set(map(as_expected, walk(store, FindingQuery("111111111111", as_of=at), at))) == set()


@given(
    world=worlds(),
    day=st.integers(0, 110),
    order=st.sampled_from(sorted(ORDERS)),
    descending=st.booleans(),
    frozen=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), max_size=2),
    moved=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), max_size=3),
    sizes=limits(),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], phases=(Phase.explicit, Phase.reuse, Phase.generate)
)
def test_however_candidates_are_found_they_hold_all_that_the_definition_finds(
    opened: Database,
    world: World,
    day: int,
    order: str,
    descending: bool,
    frozen: list[tuple[int, int]],
    moved: list[tuple[int, int]],
    sizes: Limits,
) -> None:
    at = START + timedelta(days=day)
    with opened.transaction() as connection:
        store_world(connection, world)
        for image, revision in frozen:
            connection.execute("UPDATE monitoring SET frozen_revision = %s WHERE image_id = %s", (revision, image))
        for watch, inventory in moved:  # as after another reading of the image
            connection.execute(
                "UPDATE monitoring SET inventory_id = %s WHERE id = %s AND %s <= %s",
                (inventory, watch, inventory, len(world.images)),
            )
        by_definition = connection.execute(_EVERY_FINDING, {"at": at}).fetchall()
    query = FindingQuery(ACCOUNT, as_of=at, sort=order, descending=descending, limit=2)
    found = [(one.image_id, one.vulnerability_id) for one in walk(FindingStore(opened, sizes), query, at)]
    assert sorted(found) == sorted(by_definition)


@given(world=worlds(), day=st.integers(0, 110), severity=st.sampled_from(list(Severity)))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], phases=(Phase.explicit, Phase.reuse, Phase.generate)
)
def test_filters_leave_exactly_the_findings_that_meet_them(
    opened: Database, world: World, day: int, severity: Severity
) -> None:
    with opened.transaction() as connection:
        store_world(connection, world)
    at = START + timedelta(days=day)
    expected = findings_by_definition(world, at)
    store = FindingStore(opened)

    def found(**texts: list[tuple[str, str]]) -> set[Expected]:
        return set(map(as_expected, walk(store, FindingQuery(ACCOUNT, as_of=at, texts=texts), at)))

    assert found(severity=[("EQUALS", severity.name)]) == {one for one in expected if one.severity == severity}
    assert found(severity=[("NOT_EQUALS", severity.name)]) == {one for one in expected if one.severity != severity}
    assert found(status=[("EQUALS", "ACTIVE")]) == {one for one in expected if one.status == "ACTIVE"}
    assert found(fix=[("EQUALS", "YES"), ("EQUALS", "NO")]) == {one for one in expected if one.fix != "PARTIAL"}
    assert found(image=[("EQUALS", "1")], status=[("EQUALS", "CLOSED")]) == {
        one for one in expected if one.image == 1 and one.status == "CLOSED"
    }
    for one in expected:
        by_id = found(finding=[("EQUALS", f"{one.image:016x}{one.vulnerability:016x}"), ("EQUALS", "none")])
        assert by_id == {one}
    both = (found(package=[("EQUALS", spelt)]) for spelt in ("P_1", "p-1"))
    assert len({frozenset(findings) for findings in both}) == 1, "both spellings of a package find the same"
    assert found(title=[("PREFIX", "CVE-2026-0002")]) == {one for one in expected if one.vulnerability == 2}
