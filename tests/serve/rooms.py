"""The outer rooms as `serve` sees them, in memory: lists that filter by definition, settings, keys, a notice sink."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dogwatch.model.accounts import AccountState, AccountStatus
from dogwatch.model.advisories import FixState
from dogwatch.model.audits import Audit, AuditedRow
from dogwatch.model.costs import AccountScans, Costs, PriceTable, Scans
from dogwatch.model.deeds import Deed, DeedRequest, DeedView
from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.exclusions import Exclusion, ExclusionKind
from dogwatch.model.explanations import (
    ConsideredRange,
    Explanation,
    ExposureView,
    JudgedName,
    PackageJudgement,
    ShownSpan,
    Standing,
)
from dogwatch.model.facts import Exploitation, KnownFacts, Probability
from dogwatch.model.histories import EventView, ImageHistory, IntervalView
from dogwatch.model.jobs import JobCount, WorkerProcess
from dogwatch.model.journals import AdvisoryChange, Boundary, DiffQuery, JournalDiff, Tally
from dogwatch.model.judgements import AdvisoryText, Examined, Judged, NotCompared, Subject, SubjectKind
from dogwatch.model.manifests import ManifestQuery, ManifestView
from dogwatch.model.matches import Assessment, Score, Severity, Verdict
from dogwatch.model.monitoring import (
    ActivityMode,
    RescanSetting,
    SettingStatus,
    StatusCode,
    StatusReason,
    Window,
    WindowOverride,
)
from dogwatch.model.operator_documents import DocumentDetails, DocumentView, SuppliedDocument
from dogwatch.model.packages import Package
from dogwatch.model.registries import EventKind, EventOrigin, Registry, RegistryAccess
from dogwatch.model.scanning import ScanningConfiguration
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.model.times import FOREVER
from dogwatch.model.usage import UsageOutcome, UsageReport, UseView
from dogwatch.model.views import (
    CoverageCount,
    CoverageGroups,
    CoverageProperty,
    FeedView,
    FindingQuery,
    FindingView,
    GapView,
    ImageQuery,
    ImageView,
    Page,
    UnresolvedView,
    VulnerablePackage,
)
from dogwatch.model.vulnerabilities import (
    AdvisoryView,
    FoundVulnerability,
    NamedPackage,
    RangeView,
    VulnerabilityQuery,
    VulnerabilityView,
)
from dogwatch.model.what_if import LeavingImage, WakeableImage, WhatIf, WindowWish
from dogwatch.serve.http import Application, Served, make_app
from dogwatch.serve.ports import AccessKey, Role
from dogwatch.windows import changed_override, changed_setting, inherit, watched_grid
from dogwatch.windows.scanning import check_scanning
from tests.builders.filtering import Row, finding_row, image_row, meets
from tests.serve.lifecycle_room import NoLifecycle

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "999999999999"
NOW = datetime(2026, 7, 9, 12, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64
LAYER = "sha256:" + "c" * 64
ADMIN = AccessKey("DOGWADMIN0000000", "admin-secret-of-forty-characters-0000000", ACCOUNT, Role.ADMIN)
READER = AccessKey("DOGWREADER000000", "reader-secret-of-forty-characters-000000", ACCOUNT, Role.READER)
OPERATOR = AccessKey("DOGWOPERATOR0000", "operator-secret-of-forty-characters-0000", ACCOUNT, Role.OPERATOR)
STRANGER = AccessKey("DOGWSTRANGER0000", "other-secret-of-forty-characters-0000000", OTHER_ACCOUNT, Role.ADMIN)
HOOK_SECRET = "hook-secret"


@dataclass(frozen=True)
class Check:
    """One thing tried against a registry."""

    name: str
    url: str
    passed: bool
    status: int | None
    detail: str


CHECK = Check("registry answers", "https://registry.example/v2/", False, None, "connection refused")


def make_package(**changes: Any) -> VulnerablePackage:
    package = VulnerablePackage(
        ecosystem="Debian:12",
        name="libssl3",
        version="3.0.9-1",
        arch="amd64",
        source_name="openssl",
        source_version="3.0.9-1",
        fixed_version="3.0.14-1~deb12u1",
        fix_state="fixed",
        layer_digest=LAYER,
        paths=("var/lib/dpkg/status",),
    )
    return replace(package, **changes)


def make_finding(**changes: Any) -> FindingView:
    finding = FindingView(
        account_id=ACCOUNT,
        image_id=1,
        vulnerability_id=7,
        vulnerability="CVE-2024-6119",
        aliases=("DSA-5764-1",),
        title="CVE-2024-6119 - libssl3",
        description="A denial of service in name checks.",
        severity=Severity.HIGH,
        score_tenths=75,
        score_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
        score_version="3.1",
        score_source="osv",
        source="osv",
        advisory="DEBIAN-CVE-2024-6119",
        references=("https://security.example/CVE-2024-6119",),
        published_at=NOW - timedelta(days=400),
        modified_at=NOW - timedelta(days=30),
        fix_available="YES",
        status="ACTIVE",
        begin_reason="advisory added",
        closed_reason="",
        first_observed_at=NOW - timedelta(days=3),
        last_observed_at=NOW - timedelta(days=1),
        updated_at=NOW - timedelta(days=1),
        registry_alias="harbour",
        registry_url="https://registry.example",
        region="eu-west-1",
        repository="app/web",
        digest=DIGEST,
        tags=("1.4.2", "latest"),
        os="linux",
        architecture="amd64",
        platform="DEBIAN_12",
        author="",
        pushed_at=NOW - timedelta(days=10),
        packages=(make_package(),),
        severity_reason="CVSS 3.1 by the advisory",
        scores=(
            Score(75, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "3.1", "osv"),
            Score(53, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L", "3.1", "nvd:CISA-ADP"),
        ),
        vendor_word="HIGH",
        facts=KnownFacts(
            cwes=("CWE-843",),
            has_exploit=True,
            exploitation=Exploitation("CVE-2024-6119", date(2024, 9, 4), date(2024, 9, 25), True, "Update."),
            probability=Probability("CVE-2024-6119", 11_510, 780_860),
            probability_on=date(2026, 6, 30),
        ),
    )
    return replace(finding, **changes)


def make_vulnerability() -> VulnerabilityView:
    finding = make_finding()
    stated = RangeView("Debian:12", "openssl", "0", "3.0.14-1~deb12u1", "", "", "fixed", "affected", "")
    document = ("osv", finding.advisory, "A denial of service.", finding.published_at, NOW, None)
    return VulnerabilityView(
        name=finding.vulnerability,
        aliases=finding.aliases,
        scores=finding.scores,
        facts=finding.facts,
        advisories=(AdvisoryView(*document, (stated,), more_ranges=3),),
        images=1,
    )


def make_found_vulnerability() -> FoundVulnerability:
    finding = make_finding()
    return FoundVulnerability(
        name=finding.vulnerability,
        aliases=finding.aliases,
        severity=finding.severity,
        score=finding.scores[0],
        facts=replace(finding.facts, scores=()),
        packages=(NamedPackage("Debian:12", "openssl"),),
        more_packages=2,
        summary="A denial of service.",
        modified_at=NOW,
    )


def make_explanation(**changes: Any) -> Explanation:
    finding = make_finding()
    stated = RangeView("Debian:12", "openssl", "0", "3.0.14-1~deb12u1", "", "", "fixed", "affected", "")
    document = (finding.vulnerability, finding.source, finding.advisory, NOW - timedelta(days=30))
    place = ("in force", 7, NOW - timedelta(days=3), None)
    one = Explanation(
        package=Package("Debian:12", "libssl3", "3.0.9-1", "amd64", "openssl", "3.0.9-1"),
        package_url="pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12&upstream=openssl",
        judged_by=JudgedName("openssl", "3.0.9-1", "dpkg", "0102"),
        vulnerability=finding.vulnerability,
        aliases=finding.aliases,
        revision=9,
        verdict="affected",
        conclusion="openssl 3.0.9-1 is affected.",
        ranges=(ConsideredRange(*document, *place, stated, "", "0103", Standing.INSIDE, "3.0.9-1 < 3.1", "decides"),),
        more_ranges=2,
        exposures=(
            ExposureView(
                *("affected", "HIGH", 75, finding.score_vector, "osv", "fixed", "3.0.14-1~deb12u1", "osv"),
                finding.advisory,
                NOW - timedelta(days=3),
                None,
                "advisory added",
                "",
            ),
        ),
        feeds=(make_feed(),),
        feed_gaps=("osv Debian: last answered 2026-07-01 00:00 UTC",),
        shown=(ShownSpan(NOW - timedelta(days=3), NOW, "first inventory", "advisory withdrawn", 8),),
        more_packages=1,
    )
    return replace(one, **changes)


def make_package_judgement() -> PackageJudgement:
    finding, explained = make_finding(), make_explanation()
    fixed = Assessment(
        Verdict.AFFECTED, FixState.FIXED, "3.0.14-1~deb12u1", Severity.HIGH, finding.scores[0], finding.advisory, "osv"
    )
    outright = Assessment(Verdict.NOT_AFFECTED, FixState.UNKNOWN, "", Severity.UNTRIAGED, None, "DSA-1", "osv")
    text = AdvisoryText("A denial of service.", "", (), finding.published_at, finding.modified_at)
    facts = replace(finding.facts, scores=())
    return PackageJudgement(
        package=explained.package,
        package_url=explained.package_url,
        judged_by=explained.judged_by,
        revision=9,
        conclusion="openssl 3.0.9-1 is affected by 1 vulnerability.",
        judged=(
            Judged(
                explained.package,
                finding.vulnerability,
                finding.aliases,
                fixed,
                text,
                facts,
            ),
            Judged(explained.package, "CVE-2024-1", (), outright),
        ),
        total=7,
        next="",
        not_compared=(NotCompared(explained.package, "range: written in another version scheme (rpm)", 2),),
        feeds=explained.feeds,
        feed_gaps=explained.feed_gaps,
    )


def make_diff() -> JournalDiff:
    change = AdvisoryChange(8, NOW, "osv", "Debian", "DSA-1", "added", ("CVE-2024-1", "CVE-2024-2"), "A flaw.")
    begin, end = Boundary(7, NOW - timedelta(days=1)), Boundary(9, NOW)
    counts = ((Tally("added", 1),), (Tally("advisory added", 3),), (Tally("advisory withdrawn", 1),))
    return JournalDiff(begin, end, (change,), "more", *counts, are_more=True)


def make_image(**changes: Any) -> ImageView:
    image = ImageView(
        image_id=1,
        account_id=ACCOUNT,
        registry_alias="harbour",
        registry_url="https://registry.example",
        region="eu-west-1",
        repository="app/web",
        digest=DIGEST,
        tags=("1.4.2",),
        tags_via_index=("latest",),
        os="linux",
        architecture="amd64",
        platform="DEBIAN_12",
        size_bytes=1234,
        scan_frequency="CONTINUOUS_SCAN",
        status_code=StatusCode.ACTIVE,
        status_reason=StatusReason.SUCCESSFUL,
        problem="",
        pushed_at=NOW - timedelta(days=10),
        pulled_at=NOW - timedelta(days=2),
        pulled_by="kubelet",
        in_use_at=None,
        watched_until=NOW + timedelta(days=88),
        held_by="pull",
        why="watched until 2026-10-05: pulled 2 days ago",
        indexed_at=NOW - timedelta(days=10),
        packages=88,
        undetermined=0,
        severity_counts={Severity.HIGH: 1},
        gaps=(),
    )
    return replace(image, **changes)


def make_unresolved(**changes: Any) -> UnresolvedView:
    manifest = UnresolvedView(
        account_id=ACCOUNT,
        registry_alias="harbour",
        registry_url="https://registry.example",
        region="eu-west-1",
        repository="app/web",
        digest="sha256:" + "d" * 64,
        tags=("refused",),
        scan_frequency="CONTINUOUS_SCAN",
        status_code=StatusCode.INACTIVE,
        status_reason=StatusReason.ACCESS_DENIED,
        problem="registry refused access (403)",
        attempts=3,
        tried_at=NOW - timedelta(hours=1),
    )
    return replace(manifest, **changes)


def make_registry(alias: str = "harbour", region: str = "eu-west-1", number: int = 1) -> Registry:
    access = RegistryAccess("https://registry.example", "dogwatch", "/run/secrets/password")
    return Registry(number, ACCOUNT, alias, "distribution", region, access, NOW)


def make_feed(**changes: Any) -> FeedView:
    feed = FeedView("osv", "Debian", 1000, 0, NOW - timedelta(hours=1), NOW - timedelta(hours=2), "", False, False)
    return replace(feed, **changes)


def make_audit(*counts: tuple[AuditedRow, int]) -> Audit:
    return Audit(NOW - timedelta(hours=1), NOW - timedelta(minutes=59), 7, 3, 2, counts, ())


def make_setting(push: str = "DAYS_90", activity: str = "DAYS_90", mode: str = "LAST_PULL_DATE") -> RescanSetting:
    return RescanSetting(Window.parse(push), Window.parse(activity), ActivityMode(mode), updated_at=NOW)


def make_history(following: str = "") -> ImageHistory:
    """Return a history: watched twice, held once, pulled by us and by somebody else."""
    interval = IntervalView(NOW - timedelta(days=2), None, "pulled again", "", "pull", True, None)
    end = "monitoring ended: both windows are over"
    former = IntervalView(NOW - timedelta(days=99), NOW - timedelta(days=9), "pushed", end, "push", False, 7)
    reason, until = "audit <i>", NOW + timedelta(days=9)
    deed = DeedView(NOW - timedelta(days=1), Deed.HOLD, "DOGWADMIN0000000", reason, until, None, "watched")
    heard = (NOW - timedelta(days=2), NOW - timedelta(days=1, hours=23), "kubelet", "containerd/2", "192.0.2.7:1")
    pull = EventView(EventKind.PULLED, EventOrigin.WEBHOOK, "1.4.2", "", *heard, counts=True, note="")
    own = EventView(
        EventKind.PULLED, EventOrigin.POLL, "", OTHER_DIGEST, *heard, counts=False, note="a read of our own"
    )
    use = UseView("prod-eu", "shop", "Deployment/web", 3, NOW - timedelta(days=5), NOW - timedelta(hours=1), "agent")
    return ImageHistory((interval, former), (deed,), (pull, own), following, (use,))


GAP = GapView("file-unreadable", "var/lib/dpkg/status", "cut short", "the packages it lists are not seen")

_FINDING_TEXTS: Mapping[str, Callable[[FindingView], Sequence[str]]] = {
    "severity": lambda one: [one.severity.name],
    "status": lambda one: [one.status],
    "vulnerability": lambda one: [one.vulnerability, *one.aliases],
    "repository": lambda one: [one.repository],
    "registry": lambda one: [one.registry_alias],
    "place": lambda one: [f"{one.registry_alias}/{one.repository}"],
    "tag": lambda one: one.tags,
    "digest": lambda one: [one.digest],
    "architecture": lambda one: [one.architecture],
    "package": lambda one: [package.name for package in one.packages],
    "ecosystem": lambda one: [package.ecosystem for package in one.packages],
    "fix": lambda one: [one.fix_available],
    "image": lambda one: [str(one.image_id)],
    "finding": lambda one: [f"{one.image_id:016x}{one.vulnerability_id:016x}"],
    "title": lambda one: [one.title],
    "source": lambda one: [one.source],
    "exploited": lambda one: ["YES" if one.facts.exploitation else "NO"],
    "exploit": lambda one: ["YES" if one.facts.is_exploit_known else "NO"],
}
_FINDING_NUMBERS: Mapping[str, Callable[[FindingView], float | None]] = {
    "score": lambda one: None if one.score_tenths is None else one.score_tenths / 10,
    "epss": lambda one: one.facts.probability.score_ppm / 1e6 if one.facts.probability else None,
}
_IMAGE_TEXTS: Mapping[str, Callable[[ImageView], Sequence[str]]] = {
    "status_code": lambda one: [one.status_code],
    "status_reason": lambda one: [one.status_reason],
    "repository": lambda one: [one.repository],
    "registry": lambda one: [one.registry_alias],
    "place": lambda one: [f"{one.registry_alias}/{one.repository}"],
    "tag": lambda one: [*one.tags, *one.tags_via_index],
    "digest": lambda one: [one.digest],
    "architecture": lambda one: [one.architecture],
    "image": lambda one: [str(one.image_id)],
}
_UNRESOLVED_TEXTS: Mapping[str, Callable[[UnresolvedView], Sequence[str]]] = {
    "status_code": lambda one: [one.status_code],
    "status_reason": lambda one: [one.status_reason],
    "repository": lambda one: [one.repository],
    "registry": lambda one: [one.registry_alias],
    "place": lambda one: [f"{one.registry_alias}/{one.repository}"],
    "tag": lambda one: one.tags,
    "digest": lambda one: [one.digest],
    "architecture": lambda _: [""],
    "image": lambda _: ["0"],
}


_PROPERTIES: Mapping[CoverageProperty, Callable[[ImageView | UnresolvedView], str]] = {
    CoverageProperty.STATUS_CODE: lambda one: str(one.status_code),
    CoverageProperty.STATUS_REASON: lambda one: str(one.status_reason),
    CoverageProperty.PLACE: lambda one: f"{one.registry_alias}/{one.repository}",
    CoverageProperty.REGION: lambda one: one.region,
}


def _unresolved_row(one: UnresolvedView) -> Row:
    nothing_happened: Row = dict.fromkeys(("pushed_at", "pulled_at", "in_use_at", "indexed_at"), ())
    return {**nothing_happened, **{name: list(text(one)) for name, text in _UNRESOLVED_TEXTS.items()}}


_SORTS = [
    "severity",
    "score",
    "epss",
    "vulnerability",
    "source",
    "status",
    "first_observed_at",
    "last_observed_at",
    "updated_at",
    "pushed_at",
    "repository",
    "registry",
]


def _meets(values: Sequence[str], entries: Sequence[tuple[str, str]]) -> bool:
    positive = [entry for entry in entries if entry[0] != "NOT_EQUALS"]
    negative = [value for comparison, value in entries if comparison == "NOT_EQUALS"]
    found = any(
        value.startswith(wanted) if comparison == "PREFIX" else value == wanted
        for value in values
        for comparison, wanted in positive
    )
    return (found or not positive) and not any(value in negative for value in values)


def _inside(value: Any, spans: Sequence[tuple[Any, Any]]) -> bool:
    return value is not None and any(
        (low is None or low <= value) and (high is None or value <= high) for low, high in spans
    )


class NoUsage:
    """Knows none of the images that are reported."""

    def report(self, account_id: str, report: UsageReport) -> UsageOutcome:
        return UsageOutcome(0, len(report.seen), tuple(one.text for one in report.seen), 0)


class NoDocuments:
    """There are no documents of the operator's."""

    def list(self) -> tuple[DocumentView, ...]:
        return ()

    def show(self, key: str) -> DocumentDetails:
        raise NotFoundError("document", key)

    def add(self, content: bytes, file: str, by: str) -> SuppliedDocument:
        raise NotImplementedError

    def remove(self, key: str) -> DocumentView:
        raise NotFoundError("document", key)


class NoExclusions:
    """A list that is empty and stays so."""

    def list(self, account_id: str) -> tuple[Exclusion, ...]:
        return ()

    def add(self, account_id: str, kind: ExclusionKind, pattern: str, reason: str, by: str) -> Exclusion:
        raise NotImplementedError

    def remove(self, account_id: str, exclusion_id: int, by: str) -> None:
        raise NotFoundError("exclusion", str(exclusion_id))


@dataclass
class CostRoom:
    """Costs as tests set them; `recent` are accounts' scans of the last 30 days."""

    kept: Costs = field(default_factory=lambda: Costs(PriceTable(), NOW, 0, ()))
    recent: dict[str, Scans] = field(default_factory=lambda: {ACCOUNT: Scans(12, 345)})

    @property
    def prices(self) -> PriceTable:
        return self.kept.prices

    def load(self, account_id: str) -> Costs:
        return self.kept if account_id == ACCOUNT else replace(self.kept, months=())

    def load_recent(self, account_ids: Sequence[str]) -> tuple[AccountScans, ...]:
        return tuple(AccountScans(one, self.recent[one]) for one in sorted(set(account_ids)) if one in self.recent)


@dataclass
class ScanningRoom:
    """A scanning configuration, checked and kept."""

    kept: ScanningConfiguration = field(default_factory=ScanningConfiguration)

    def load(self, account_id: str) -> ScanningConfiguration:
        return self.kept

    def change(self, account_id: str, wanted: ScanningConfiguration) -> ScanningConfiguration:
        check_scanning(wanted)
        self.kept = replace(wanted, status=SettingStatus.PENDING)
        return self.kept


@dataclass
class AccountsRoom:
    """Accounts by id; what is asked for waits until a test applies it."""

    known: dict[str, AccountStatus] = field(
        default_factory=lambda: {ACCOUNT: AccountStatus(ACCOUNT, AccountState.ENABLED)}
    )

    def status(self, account_id: str) -> AccountStatus:
        if account_id not in self.known:
            raise NotFoundError("account", account_id)
        return self.known[account_id]

    def switch(self, account_id: str, *, is_on: bool) -> AccountStatus:
        state = AccountState.ENABLING if is_on else AccountState.DISABLING
        self.known[account_id] = replace(self.status(account_id), state=state, changed_at=NOW)
        return self.known[account_id]

    def apply(self) -> None:
        for account_id, one in self.known.items():
            is_on = one.state in (AccountState.ENABLING, AccountState.ENABLED)
            state = AccountState.ENABLED if is_on else AccountState.DISABLED
            self.known[account_id] = replace(one, state=state)


@dataclass
class Rooms:
    """Everything `serve` asks for; tests change the attributes. `delay_seconds` makes the lists slow."""

    rows: list[FindingView] = field(default_factory=lambda: [make_finding()])
    image_rows: list[ImageView] = field(default_factory=lambda: [make_image()])
    explained: Explanation = field(default_factory=lambda: make_explanation())
    unresolved_rows: list[UnresolvedView] = field(default_factory=list)
    known_registries: list[Registry] = field(default_factory=lambda: [make_registry()])
    known_feeds: list[FeedView] = field(default_factory=lambda: [make_feed()])
    keys: list[AccessKey] = field(default_factory=lambda: [ADMIN, READER, OPERATOR, STRANGER])
    setting: RescanSetting = field(default_factory=lambda: make_setting())
    scanning: ScanningRoom = field(default_factory=ScanningRoom)
    accounts: AccountsRoom = field(default_factory=AccountsRoom)
    costs: CostRoom = field(default_factory=CostRoom)
    overrides: dict[Scope, WindowOverride] = field(default_factory=dict)
    other_settings: dict[str, RescanSetting] = field(default_factory=dict)
    problem: str = ""
    failure: Exception | None = None
    sink_failure: Exception | None = None
    delay_seconds: float = 0.0
    machine_time: datetime | None = None
    queries: list[FindingQuery | ImageQuery] = field(default_factory=list)
    saved: list[tuple[int, str, bytes, datetime]] = field(default_factory=list)
    readings: int = 0
    setting_changes: int = 0
    wakes: bool = False
    audit: Audit | None = None
    audits_requested: int = 0
    jobs: tuple[JobCount, ...] = ()
    processes: tuple[WorkerProcess, ...] = ()
    feed_updates: int = 0
    verifications: int = 0
    deeds_done: list[DeedRequest] = field(default_factory=list)
    image_history: ImageHistory = field(default_factory=lambda: make_history())
    searched: list[VulnerabilityQuery] = field(default_factory=list)
    diffed: list[DiffQuery] = field(default_factory=list)

    # Views
    def findings(self, query: FindingQuery) -> Page[FindingView]:
        self._fail()
        self.queries.append(query)
        if query.sort not in _SORTS:
            raise InvalidRequestError("sort", f"{query.sort!r} is not offered")
        rows = [
            one
            for one in self.rows
            if one.account_id == query.account_id
            and all(_meets(_FINDING_TEXTS[name](one), entries) for name, entries in query.texts.items())
            and all(_inside(getattr(one, name), spans) for name, spans in query.times.items())
            and all(_inside(_FINDING_NUMBERS[name](one), spans) for name, spans in query.numbers.items())
            and meets(query.filter, finding_row(one))
        ]
        return self._page(rows, query.limit, query.after)

    def images(self, query: ImageQuery) -> Page[ImageView]:
        self._fail()
        self.queries.append(query)
        return self._page(self._images(query), query.limit, query.after)

    def last_audit(self) -> Audit | None:
        self._fail()
        return self.audit

    def count_jobs(self) -> tuple[JobCount, ...]:
        self._fail()
        return self.jobs

    def worker_processes(self) -> tuple[WorkerProcess, ...]:
        self._fail()
        return self.processes

    def count_coverage(self, query: ImageQuery) -> tuple[CoverageCount, ...]:
        self._fail()
        return (*self._count(self._images(query)), *self._count_unresolved(self._unresolved(query)))

    def group_coverage(self, query: ImageQuery, by: CoverageProperty) -> CoverageGroups:
        self._fail()
        rows: list[ImageView | UnresolvedView] = [*self._images(query), *self._unresolved(query)]
        counts = Counter(_PROPERTIES[by](one) for one in rows)
        page = self._page(sorted(counts.items(), key=lambda one: (-one[1], one[0])), query.limit, query.after)
        return CoverageGroups(page.rows, len(rows), page.next)

    def coverage_of_all(self) -> tuple[CoverageCount, ...]:
        self._fail()
        return (*self._count(self.image_rows), *self._count_unresolved(self.unresolved_rows))

    def manifests(self, account_id: str, alias: str, repository: str, query: ManifestQuery) -> Page[ManifestView]:
        raise NotImplementedError

    def unresolved(self, query: ImageQuery) -> Page[UnresolvedView]:
        self._fail()
        return self._page(self._unresolved(query), query.limit, query.after)

    def vulnerabilities(self, account_id: str, name: str) -> tuple[VulnerabilityView, ...]:
        self._fail()
        return (make_vulnerability(),) if account_id == ACCOUNT and name in ("CVE-2024-6119", "DSA-5764-1") else ()

    def search_vulnerabilities(self, query: VulnerabilityQuery) -> Page[FoundVulnerability]:
        self._fail()
        self.searched.append(query)
        return Page((make_found_vulnerability(),), "more" if query.limit == 1 else "")

    def explain(self, account_id: str, package: str, ecosystem: str, vulnerability: str) -> tuple[Explanation, ...]:
        self._fail()
        is_known = (account_id, package, ecosystem) == (ACCOUNT, "libssl3@3.0.9-1", "Debian:12")
        return (make_explanation(),) if is_known and vulnerability in ("CVE-2024-6119", "") else ()

    def judge_package(self, account_id: str, package: str, ecosystem: str, limit: int, after: str) -> PackageJudgement:
        self._fail()
        if (account_id, package, ecosystem, limit) != (ACCOUNT, "libssl3@3.0.9-1", "Debian:12", 5):
            raise InvalidRequestError("package", f"{package!r} is no package")
        return replace(make_package_judgement(), next="" if after else "more")

    def diff(self, query: DiffQuery) -> JournalDiff:
        self._fail()
        self.diffed.append(query)
        told = make_diff()
        return JournalDiff(told.begin, told.end, told.changes, "") if query.after else told

    def explain_finding(self, account_id: str, finding: str) -> tuple[Explanation, ...]:
        self._fail()
        if (account_id, finding) != (ACCOUNT, make_finding().id):
            raise NotFoundError("finding", finding)
        return (self.explained,)

    def history(self, account_id: str, image_id: int, limit: int, after: str) -> ImageHistory:
        self._fail()
        if not any(one.account_id == account_id and one.image_id == image_id for one in self.image_rows):
            raise NotFoundError("image", str(image_id))
        return self.image_history

    def undetermined(self, account_id: str, image_id: int) -> tuple[tuple[str, str, str, str, int], ...]:
        if not any(one.account_id == account_id and one.image_id == image_id for one in self.image_rows):
            raise NotFoundError("image", str(image_id))
        return (("Debian:12", "odd", "1:x", "not a Debian version", 3),)

    def contents(self, account_id: str, image_id: int) -> Examined:
        if not any(one.account_id == account_id and one.image_id == image_id for one in self.image_rows):
            raise NotFoundError("image", str(image_id))
        return Examined(Subject(SubjectKind.IMAGE, "registry.example/shop/web"), ())

    def feeds(self) -> tuple[FeedView, ...]:
        return tuple(self.known_feeds)

    def now(self) -> datetime:
        return NOW

    def shared_repositories(self, account_id: str) -> frozenset[str]:
        places = {(one.repository, one.registry_alias) for one in self.image_rows if one.account_id == account_id}
        names = [name for name, _ in places]
        return frozenset(name for name in names if names.count(name) > 1)

    def registries_with(self, account_id: str, repository: str) -> tuple[str, ...]:
        self._fail()
        rows = [one for one in self.image_rows if one.account_id == account_id and one.repository == repository]
        return tuple(sorted({one.registry_alias for one in rows}))

    # RescanSettings
    def load(self, account_id: str, scope: Scope = ACCOUNT_SCOPE) -> RescanSetting:
        self._fail()
        if account_id in self.other_settings:
            return self.other_settings[account_id]
        if account_id != ACCOUNT:
            raise NotFoundError("account", account_id)
        return inherit(self.setting, self.overrides.values(), scope)

    def load_scopes(self, account_id: str) -> tuple[RescanSetting, ...]:
        return tuple(self.load(account_id, scope) for scope in (ACCOUNT_SCOPE, *self.overrides))

    def request(
        self,
        account_id: str,
        push_window: str | None,
        activity_window: str | None,
        activity_mode: str | None,
        scope: Scope = ACCOUNT_SCOPE,
        *,
        wakes: bool = False,
    ) -> RescanSetting:
        self._fail()
        self.wakes = wakes
        asked = (push_window, activity_window, activity_mode)
        if account_id in self.other_settings:
            self.other_settings[account_id] = changed_setting(self.other_settings[account_id], *asked, NOW)
            return self.other_settings[account_id]
        if scope.is_account:
            self.setting = changed_setting(self.setting, *asked, NOW)
        else:
            base = self.overrides.get(scope, WindowOverride(scope))
            self.overrides[scope] = changed_override(base, *asked, NOW)
        return self.load(account_id, scope)

    def inherit(self, account_id: str, administrator_id: str) -> RescanSetting:
        self.load(account_id)
        taken = replace(self.load(administrator_id), inherited_from=administrator_id)
        self.other_settings[account_id] = taken
        return taken

    def what_if(self, account_id: str, wish: WindowWish, *, counts_findings: bool = True) -> WhatIf:
        kept = (self.setting, dict(self.overrides))
        windows = self.request(account_id, wish.push_window, wish.activity_window, wish.activity_mode, wish.scope)
        self.setting, self.overrides = kept
        closing = {Severity.HIGH: 2, Severity.CRITICAL: 3} if counts_findings else None
        rate = self.costs.kept.rate
        cells = watched_grid({(0, 9): 2, (8, 8): 1})
        grid = tuple(replace(cell, rescans=rate.monthly_rescans(cell.watched)) for cell in cells)
        months = (rate.monthly_rescans(3), rate.monthly_rescans(2))
        return WhatIf(windows, NOW, 3, 1, 2, 4, closing, grid, *months, self.costs.prices)

    def leaving(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[LeavingImage]:
        self.what_if(account_id, wish)
        past, soon = NOW - timedelta(days=3), NOW + timedelta(days=3)
        forever = LeavingImage(2, "harbour", "app/web", OTHER_DIGEST, FOREVER, "push", None)
        return self._page([LeavingImage(1, "harbour", "app/web", DIGEST, soon, "pull", past), forever], limit, after)

    def wakeable(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[WakeableImage]:
        self.what_if(account_id, wish)
        place = ("harbour", "app/web")
        until = NOW + timedelta(days=3)
        found = [
            WakeableImage(3, *place, DIGEST, until, "pull"),
            WakeableImage(4, *place, OTHER_DIGEST, FOREVER, "push"),
        ]
        return self._page(found, limit, after)

    # ImageDeeds
    def do(self, account_id: str, image_id: int, request: DeedRequest) -> DeedView:
        self._fail()
        self.history(account_id, image_id, 1, "")
        self.deeds_done.append(request)
        return DeedView(NOW, request.deed, request.by, request.reason, request.until, request.clock, "done")

    # RegistryAdmin
    def add(self, account_id: str, alias: str, access: RegistryAccess, region: str) -> tuple[Registry, str]:
        raise NotImplementedError

    def believe_bills(self, account_id: str, alias: str, *, believed: bool) -> None:
        kept = self.known_registries
        if not any((one.account_id, one.alias) == (account_id, alias) for one in kept):
            raise NotFoundError("registry", alias)
        self.known_registries = [replace(one, believes_bills=believed) if one.alias == alias else one for one in kept]

    def remove(self, account_id: str, alias: str) -> None:
        left = [one for one in self.known_registries if (one.account_id, one.alias) != (account_id, alias)]
        if left == self.known_registries:
            raise NotFoundError("registry", alias)
        self.known_registries = left

    def list(self, account_id: str) -> tuple[Registry, ...]:
        return tuple(one for one in self.known_registries if one.account_id == account_id)

    # Work
    def check_registry(self, alias: str, account_id: str) -> tuple[Check, ...]:
        if not any((one.account_id, one.alias) == (account_id, alias) for one in self.known_registries):
            raise NotFoundError("registry", alias)
        return (CHECK,)

    def request_feed_updates(self) -> tuple[tuple[str, str], ...]:
        self.feed_updates += 1
        return tuple((one.source, one.ecosystem) for one in self.known_feeds)

    # Health, Credentials, HookSecrets, NoticeSink
    def database_problem(self) -> str:
        self._fail()
        return self.problem

    def find(self, access_key_id: str) -> AccessKey | None:
        return next((key for key in self.keys if key.id == access_key_id), None)

    async def verify(self, account_id: str, alias: str, secret: str) -> int | None:
        self.verifications += 1
        if (account_id, alias, secret) != (ACCOUNT, "harbour", HOOK_SECRET):
            return None
        return 1

    async def save(self, registry_id: int, content_type: str, body: bytes, received_at: datetime) -> None:
        if self.sink_failure is not None:
            raise self.sink_failure
        self.saved.append((registry_id, content_type, body, received_at))

    # callbacks and clocks
    def read_notices(self) -> None:
        with _LOCK:
            self.readings += 1

    def apply_setting(self) -> None:
        self.setting_changes += 1

    def request_audit(self) -> None:
        self.audits_requested += 1

    def machine_now(self) -> datetime:
        return self.machine_time or datetime.now(UTC)

    def app(self, *, open_loopback: bool = False) -> Application:
        return make_app(
            Served(
                views=self,
                rescan=self,
                lifecycle=NoLifecycle(),
                deeds=self,
                exclusions=NoExclusions(),
                scanning=self.scanning,
                accounts=self.accounts,
                usage=NoUsage(),
                costs=self.costs,
                documents=NoDocuments(),
                registries=self,
                health=self,
                hook_secrets=self,
                notices=self,
                credentials=self,
                machine_now=self.machine_now,
                after_notice=self.read_notices,
                after_setting=self.apply_setting,
                request_audit=self.request_audit,
                work=self,
                open_loopback=open_loopback,
                account_id=ACCOUNT,
                version="0.0.test",
            )
        )

    def _images(self, query: ImageQuery) -> Sequence[ImageView]:
        return [
            one
            for one in self.image_rows
            if one.account_id == query.account_id
            and all(_meets(_IMAGE_TEXTS[name](one), entries) for name, entries in query.texts.items())
            and all(_inside(getattr(one, name), spans) for name, spans in query.times.items())
            and meets(query.filter, image_row(one))
        ]

    def _unresolved(self, query: ImageQuery) -> Sequence[UnresolvedView]:
        if query.times:  # nothing is known to have happened to them
            return []
        return [
            one
            for one in self.unresolved_rows
            if one.account_id == query.account_id
            and all(_meets(_UNRESOLVED_TEXTS[name](one), entries) for name, entries in query.texts.items())
            and meets(query.filter, _unresolved_row(one))
        ]

    def _count_unresolved(self, rows: Sequence[UnresolvedView]) -> tuple[CoverageCount, ...]:
        return tuple(
            CoverageCount(one.account_id, one.registry_alias, one.status_code, one.status_reason, 0, 0, unresolved=1)
            for one in rows
        )

    def _count(self, rows: Sequence[ImageView]) -> tuple[CoverageCount, ...]:
        keys = sorted({(one.account_id, one.registry_alias, one.status_code, one.status_reason) for one in rows})
        groups = {
            key: [
                one for one in rows if (one.account_id, one.registry_alias, one.status_code, one.status_reason) == key
            ]
            for key in keys
        }
        return tuple(
            CoverageCount(*key, images=len(group), gaps=sum(len(one.gaps) for one in group))
            for key, group in groups.items()
        )

    def _page(self, rows: Sequence[Any], limit: int, after: str) -> Page[Any]:
        if after and not after.isdigit():
            raise InvalidRequestError("cursor", "not a cursor of this list; begin again without one")
        start = int(after or 0)
        more = len(rows) > start + limit
        return Page(tuple(rows[start : start + limit]), str(start + limit) if more else "")

    def _fail(self) -> None:
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        if self.failure is not None:
            raise self.failure


_LOCK = threading.Lock()
