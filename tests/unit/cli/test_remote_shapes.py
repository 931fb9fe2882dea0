"""What the API says of a value, commands read back as the same value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from dogwatch.cli.remote import (
    cost_shapes,
    explanation_shapes,
    finding_shapes,
    history_shapes,
    image_shapes,
    journal_shapes,
    judgement_shapes,
    setup_shapes,
    vulnerability_shapes,
)
from dogwatch.model.costs import Costs, MonthOfScans, PriceTable, RescanRate, Scans
from dogwatch.model.coverage import CoverageCount
from dogwatch.model.journals import DiffQuery, JournalDiff
from dogwatch.model.lifecycle import LifecycleAction, LifecycleOutcome, LifecycleVerdict, Proposal, StorageClass
from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import (
    ActivityMode,
    Origin,
    RescanSetting,
    ScanFrequency,
    SettingStatus,
    StatusCode,
    StatusReason,
    Window,
)
from dogwatch.model.registries import RegistryAccess
from dogwatch.model.scanning import ScanningConfiguration, ScanningRule, ScanType
from dogwatch.model.scopes import Scope
from dogwatch.model.times import FOREVER
from dogwatch.model.views import FeedView, FindingView, ImageView
from dogwatch.model.vulnerabilities import VulnerabilityQuery
from dogwatch.serve.api import rendering, window_rendering
from dogwatch.serve.api.costs import render_costs
from dogwatch.serve.api.vulnerabilities import vulnerability as render_vulnerability
from dogwatch.serve.looked_at import feed
from tests.serve.asgi import call
from tests.serve.callers import ACCOUNT
from tests.serve.explained import (
    make_diff,
    make_explanation,
    make_found_vulnerability,
    make_package_judgement,
    make_vulnerability,
)
from tests.serve.rooms import Rooms
from tests.serve.shown import (
    GAP,
    NOW,
    make_feed,
    make_finding,
    make_history,
    make_image,
    make_package,
    make_registry,
    make_unresolved,
)

OUTCOME = LifecycleOutcome(
    "sha256:" + "e" * 64,
    ("latest",),
    NOW,
    StorageClass.STANDARD,
    next(iter(LifecycleVerdict)),
    7,
    LifecycleAction.EXPIRE,
    None,
    "older than 14 days",
)


def through_json(document: dict[str, Any], shape: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(document), type=shape)


@pytest.mark.parametrize(
    "costs",
    [
        Costs(PriceTable(), None, 0, ()),
        Costs(
            PriceTable(Decimal("0.110"), Decimal("0.000001")),
            NOW,
            3,
            (MonthOfScans("local", date(2026, 12, 1), Scans(1, 2), Scans(1, 10**12)),),
            RescanRate(7, 11),
        ),
    ],
)
def test_costs(costs: Costs) -> None:
    assert through_json(render_costs(costs), cost_shapes.Told).view() == costs


def test_a_search_is_asked_and_answered_as_it_is_meant() -> None:
    rooms = Rooms()
    query = "text=CVE-&package=openssl&ecosystem=Debian&severity=high&severity=LOW&exploited=true&epss=0.250000&limit=1"
    reply = call(rooms.app(open_loopback=True), "GET", f"/api/v1/vulnerabilities?{query}&cursor=here")
    page = msgspec.json.decode(reply.body, type=vulnerability_shapes.VulnerabilityPage)
    assert (page.next, [one.view() for one in page.vulnerabilities]) == ("more", [make_found_vulnerability()])
    severities = frozenset({Severity.HIGH, Severity.LOW})
    asked = VulnerabilityQuery("CVE-", "openssl", "Debian", severities, True, 250_000, 1, "here")
    assert rooms.searched == [asked]
    refused = ("severity=!HIGH", "severity=odd", "epss=2", "epss=x", "exploited=perhaps", "name=x", "limit=0")
    for wrong in refused:
        assert call(rooms.app(open_loopback=True), "GET", f"/api/v1/vulnerabilities?{wrong}").status == 400


def test_what_is_said_of_a_package() -> None:
    app = Rooms().app(open_loopback=True)
    path = "/api/v1/db/search?package=libssl3@3.0.9-1&ecosystem=Debian:12&limit=5"
    first, second = (call(app, "GET", path + cursor) for cursor in ("", "&cursor=more"))
    told = [msgspec.json.decode(one.body, type=judgement_shapes.Told).view() for one in (first, second)]
    assert told == [replace(make_package_judgement(), next="more"), make_package_judgement()]
    assert call(app, "GET", "/api/v1/db/search?package=x").status == 400


def test_what_changed_in_the_advisories() -> None:
    rooms = Rooms()
    app = rooms.app(open_loopback=True)
    path = "/api/v1/db/diff?since=7&until=2026-07-09T12:00:00Z&kind=added&limit=5"
    first, second = (call(app, "GET", path + cursor) for cursor in ("", "&cursor=more"))
    told = [msgspec.json.decode(one.body, type=journal_shapes.Told).view() for one in (first, second)]
    assert told[0] == make_diff()
    assert told[1] == JournalDiff(make_diff().begin, make_diff().end, make_diff().changes, "")
    asked = DiffQuery(ACCOUNT, 7, NOW, frozenset({"added"}), 5)
    assert rooms.diffed == [asked, replace(asked, after="more")]
    for wrong in ("", "since=yesterday", "since=1&until=x", "since=1&revision=2"):
        assert call(app, "GET", f"/api/v1/db/diff?{wrong}").status == 400


def test_explanations() -> None:
    paths = ["/explanations?package=libssl3@3.0.9-1&ecosystem=Debian:12", f"/findings/{make_finding().id}/explanation"]
    for path in paths:
        reply = call(Rooms().app(open_loopback=True), "GET", f"/api/v1{path}")
        told = msgspec.json.decode(reply.body, type=explanation_shapes.Explanations)
        assert (told.at, told.explanations) == (NOW, (make_explanation(),))


def test_a_vulnerability() -> None:
    told = {"vulnerabilities": [render_vulnerability(make_vulnerability())]}
    (shape,) = through_json(told, vulnerability_shapes.Vulnerabilities).vulnerabilities
    assert shape.view() == make_vulnerability()


@pytest.mark.parametrize(
    "finding",
    [
        make_finding(),
        make_finding(score_tenths=None, score_vector="", score_version="", score_source=""),
        make_finding(
            image_id=2**40, vulnerability_id=2**33 + 5, score_tenths=100, tags=(), pushed_at=None, author="me"
        ),
        make_finding(severity=Severity.UNTRIAGED, packages=(make_package(paths=()), make_package(arch="arm64"))),
    ],
)
def test_a_finding(finding: FindingView) -> None:
    assert through_json(rendering.finding(finding), finding_shapes.Finding).view() == finding


@pytest.mark.parametrize(
    "image",
    [
        make_image(),
        make_image(watched_until=FOREVER, gaps=(GAP,), pulled_at=None),
        make_image(proposal=Proposal(OUTCOME, NOW, "would go by rule 7, as it is older than 14 days")),
        make_image(watched_until=None, status_code=StatusCode.INACTIVE, status_reason=StatusReason.ACCESS_DENIED),
        make_image(indexed_at=None, packages=0, severity_counts={}, problem="registry refused access (403)"),
    ],
)
def test_an_image(image: ImageView) -> None:
    assert through_json(rendering.image(image), image_shapes.Image).view() == image


def test_the_history_of_an_image() -> None:
    reply = call(Rooms().app(open_loopback=True), "GET", "/api/v1/images/1/history")
    assert msgspec.json.decode(reply.body, type=history_shapes.History).view() == make_history()


def test_a_manifest_that_could_not_be_resolved() -> None:
    manifest = make_unresolved()
    assert through_json(rendering.unresolved(manifest), image_shapes.Unresolved).view() == manifest


def test_a_count() -> None:
    count = CoverageCount(ACCOUNT, "harbour", StatusCode.ACTIVE, StatusReason.SUCCESSFUL, 12, 3, 1)
    assert through_json(rendering.count(count), image_shapes.Count).view() == count


@pytest.mark.parametrize("one", [make_feed(), make_feed(checked_at=None, changed_at=None, missing=True)])
def test_a_feed(one: FeedView) -> None:
    assert through_json(feed(one, NOW), FeedView) == one


def test_the_windows() -> None:
    setting = RescanSetting(Window(None), Window(None, off=True), ActivityMode.EITHER, SettingStatus.PENDING, NOW)
    team = Scope("harbour", "team-*")
    scoped = replace(setting, scope=Scope("harbour", "team-a"), origin=Origin(team, Scope("harbour", "*")))
    assert through_json(window_rendering.windows(scoped), setup_shapes.Windows).view() == scoped
    assert through_json(window_rendering.windows(setting), setup_shapes.Windows).view() == setting


def test_the_scanning_configuration() -> None:
    rules = (ScanningRule(ScanFrequency.CONTINUOUS, ("team-*", "prod")), ScanningRule(ScanFrequency.ON_PUSH, ()))
    for configuration in (ScanningConfiguration(), ScanningConfiguration(ScanType.BASIC, rules)):
        assert through_json(window_rendering.scanning(configuration), ScanningConfiguration) == configuration


def test_a_registry_without_its_credentials() -> None:
    registry = make_registry()
    expected = replace(registry, access=RegistryAccess(registry.access.url))
    assert through_json(rendering.registry(registry), setup_shapes.WatchedRegistry).view() == expected


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"severity": "SEVERE"}, "severity"),
        ({"id": "7"}, "id"),
        ({"updated_at": "yesterday"}, "updated_at"),
        ({"packages": [{"name": "openssl"}]}, "packages"),
    ],
)
def test_what_no_dogwatch_says_is_refused_with_its_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=place):
        through_json({**rendering.finding(make_finding()), **changes}, finding_shapes.Finding)
