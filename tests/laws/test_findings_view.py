"""The view is the definition: the query gives what brute force over intervals gives, at any moment, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dogwatch.model.matches import Severity
from dogwatch.model.times import FOREVER, TICK
from dogwatch.model.views import FindingQuery, FindingView
from dogwatch.store.candidates import Limits
from dogwatch.store.candidates.orders import ORDERS
from dogwatch.store.connection import Database
from dogwatch.store.findings import FindingStore
from tests.laws.finding_worlds import (
    ACCOUNT,
    EXPIRED,
    START,
    VULNERABILITIES,
    WITHDRAWN,
    Exposed,
    Image,
    Span,
    World,
    disturb,
    limits,
    store_world,
    walk,
    worlds,
)

BRIDGED = timedelta(days=7)
SHOWN = {True: timedelta(days=3), False: timedelta(days=30)}


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
    frozen=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), max_size=2),
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
        disturb(connection, world, frozen, moved)
        by_definition = connection.execute(_EVERY_FINDING, {"at": at}).fetchall()
    query = FindingQuery(ACCOUNT, as_of=at, sort=order, descending=descending, limit=2)
    found = [(one.image_id, one.vulnerability_id) for one in walk(FindingStore(opened, sizes), query, at)]
    assert sorted(found) == sorted(by_definition)


@given(world=worlds(), day=st.integers(0, 110), severity=st.sampled_from(list(Severity)), sizes=limits())
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], phases=(Phase.explicit, Phase.reuse, Phase.generate)
)
def test_filters_leave_exactly_the_findings_that_meet_them(
    opened: Database, world: World, day: int, severity: Severity, sizes: Limits
) -> None:
    with opened.transaction() as connection:
        store_world(connection, world)
    at = START + timedelta(days=day)
    expected = findings_by_definition(world, at)
    store = FindingStore(opened, sizes)

    def found(since: datetime | None = None, **texts: list[tuple[str, str]]) -> set[Expected]:
        times = {"first_observed_at": [(since, None)]} if since else {}
        return set(map(as_expected, walk(store, FindingQuery(ACCOUNT, as_of=at, texts=texts, times=times), at)))

    assert found(severity=[("EQUALS", severity.name)]) == {one for one in expected if one.severity == severity}
    assert found(severity=[("NOT_EQUALS", severity.name)]) == {one for one in expected if one.severity != severity}
    assert found(status=[("EQUALS", "ACTIVE")]) == {one for one in expected if one.status == "ACTIVE"}
    assert found(fix=[("EQUALS", "YES"), ("EQUALS", "NO")]) == {one for one in expected if one.fix != "PARTIAL"}
    lately = at - timedelta(days=30)
    assert found(lately, digest=[("NOT_EQUALS", "none")]) == {one for one in expected if one.first >= lately}
    assert found(image=[("EQUALS", "1")], status=[("EQUALS", "CLOSED")]) == {
        one for one in expected if one.image == 1 and one.status == "CLOSED"
    }
    for one in expected:
        by_id = found(finding=[("EQUALS", f"{one.image:016x}{one.vulnerability:016x}"), ("EQUALS", "none")])
        assert by_id == {one}
    both = (found(package=[("EQUALS", spelt)]) for spelt in ("P_1", "p-1"))
    assert len({frozenset(findings) for findings in both}) == 1, "both spellings of a package find the same"
    assert found(title=[("PREFIX", "CVE-2026-0002")]) == {one for one in expected if one.vulnerability == 2}
