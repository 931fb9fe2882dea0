"""The outer rooms as `serve` sees them, in memory: lists that filter by definition, settings, keys, a notice sink."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dogwatch.model.audits import Audit
from dogwatch.model.coverage import CoverageCount, CoverageGroups, CoverageProperty
from dogwatch.model.deeds import DeedRequest, DeedView
from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.explanations import Explanation, PackageJudgement
from dogwatch.model.histories import ImageHistory
from dogwatch.model.jobs import JobCount, WorkerProcess
from dogwatch.model.journals import DiffQuery, JournalDiff
from dogwatch.model.judgements import Examined, Subject, SubjectKind
from dogwatch.model.manifests import ManifestQuery, ManifestView
from dogwatch.model.registries import Registry, RegistryAccess
from dogwatch.model.views import FeedView, FindingQuery, FindingView, ImageQuery, ImageView, Page, UnresolvedView
from dogwatch.model.vulnerabilities import FoundVulnerability, VulnerabilityQuery, VulnerabilityView
from dogwatch.serve import served
from dogwatch.serve.http import Application, make_app
from dogwatch.serve.ports import AccessKey
from tests.serve.asgi import Reply, call
from tests.serve.callers import ACCOUNT, ADMIN, HOOK_SECRET, OPERATOR, READER, STRANGER
from tests.serve.explained import (
    make_diff,
    make_explanation,
    make_found_vulnerability,
    make_package_judgement,
    make_vulnerability,
)
from tests.serve.lifecycle_room import NoLifecycle
from tests.serve.listing import count_statuses, group_by, page_of, select_findings, select_images, select_unresolved
from tests.serve.shown import NOW, make_feed, make_finding, make_history, make_image, make_registry
from tests.serve.small_rooms import CHECK, AccountsRoom, Check, NoDocuments, NoExclusions, NoUsage, ScanningRoom
from tests.serve.window_room import WindowRoom


@dataclass
class Rooms(WindowRoom):
    """Everything `serve` asks for; tests change the attributes. `delay_seconds` makes the lists slow."""

    rows: list[FindingView] = field(default_factory=lambda: [make_finding()])
    image_rows: list[ImageView] = field(default_factory=lambda: [make_image()])
    explained: Explanation = field(default_factory=lambda: make_explanation())
    unresolved_rows: list[UnresolvedView] = field(default_factory=list)
    known_registries: list[Registry] = field(default_factory=lambda: [make_registry()])
    known_feeds: list[FeedView] = field(default_factory=lambda: [make_feed()])
    keys: list[AccessKey] = field(default_factory=lambda: [ADMIN, READER, OPERATOR, STRANGER])
    scanning: ScanningRoom = field(default_factory=ScanningRoom)
    accounts: AccountsRoom = field(default_factory=AccountsRoom)
    problem: str = ""
    sink_failure: Exception | None = None
    machine_time: datetime | None = None
    queries: list[FindingQuery | ImageQuery] = field(default_factory=list)
    saved: list[tuple[int, str, bytes, datetime]] = field(default_factory=list)
    readings: int = 0
    setting_changes: int = 0
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
        return page_of(select_findings(self.rows, query), query.limit, query.after)

    def images(self, query: ImageQuery) -> Page[ImageView]:
        self._fail()
        self.queries.append(query)
        return page_of(select_images(self.image_rows, query), query.limit, query.after)

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
        return count_statuses(select_images(self.image_rows, query), select_unresolved(self.unresolved_rows, query))

    def group_coverage(self, query: ImageQuery, by: CoverageProperty) -> CoverageGroups:
        self._fail()
        rows: list[ImageView | UnresolvedView] = [*select_images(self.image_rows, query)]
        rows += select_unresolved(self.unresolved_rows, query)
        page = page_of(group_by(rows, by), query.limit, query.after)
        return CoverageGroups(page.rows, len(rows), page.next)

    def coverage_of_all(self) -> tuple[CoverageCount, ...]:
        self._fail()
        return count_statuses(self.image_rows, self.unresolved_rows)

    def manifests(self, account_id: str, alias: str, repository: str, query: ManifestQuery) -> Page[ManifestView]:
        raise NotImplementedError

    def unresolved(self, query: ImageQuery) -> Page[UnresolvedView]:
        self._fail()
        return page_of(select_unresolved(self.unresolved_rows, query), query.limit, query.after)

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

    def answering(self) -> served.Rooms:
        return served.Rooms(
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
            after_setting=self.apply_setting,
            request_audit=self.request_audit,
            work=self,
        )

    def app(self, *, open_loopback: bool = False) -> Application:
        return make_app(
            served.Served(
                rooms=self.answering(),
                health=self,
                hook_secrets=self,
                notices=self,
                credentials=self,
                machine_now=self.machine_now,
                after_notice=self.read_notices,
                open_loopback=open_loopback,
                account_id=ACCOUNT,
                version="0.0.test",
            )
        )


_LOCK = threading.Lock()


def post(rooms: Rooms, path: str, content: Any) -> Reply:
    """Send JSON, or bytes as they are, as a caller of this machine who needs no credentials."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return call(rooms.app(open_loopback=True), "POST", path, body)
