"""What `serve` needs from the outer rooms, stated by `serve`: reads for lists, and the few changes a caller may make.

The values that cross are vocabulary (`model.views`): whoever implements a port imports only that. Unless it says
`async`, a port is called from a thread of the pool and may wait for the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from dogwatch.model.accounts import AccountStatus
from dogwatch.model.audits import Audit as Audit
from dogwatch.model.costs import AccountScans, Costs, PriceTable
from dogwatch.model.deeds import DeedRequest, DeedView
from dogwatch.model.exclusions import Exclusion, ExclusionKind
from dogwatch.model.explanations import Explanation, PackageJudgement
from dogwatch.model.histories import ImageHistory
from dogwatch.model.jobs import JobCount, WorkerProcess
from dogwatch.model.journals import DiffQuery, JournalDiff
from dogwatch.model.judgements import Examined as Examined
from dogwatch.model.lifecycle import LifecyclePreview, PreviewPage, PreviewQuery, StoredPolicy
from dogwatch.model.manifests import ManifestQuery, ManifestView
from dogwatch.model.monitoring import RescanSetting
from dogwatch.model.operator_documents import DocumentDetails, DocumentView, SuppliedDocument
from dogwatch.model.registries import Registry, RegistryAccess
from dogwatch.model.scanning import ScanningConfiguration
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.model.usage import UsageOutcome, UsageReport
from dogwatch.model.views import CoverageCount as CoverageCount
from dogwatch.model.views import CoverageGroups as CoverageGroups
from dogwatch.model.views import CoverageProperty as CoverageProperty
from dogwatch.model.views import FeedView as FeedView
from dogwatch.model.views import FindingQuery as FindingQuery
from dogwatch.model.views import FindingView as FindingView
from dogwatch.model.views import GapView as GapView
from dogwatch.model.views import ImageQuery as ImageQuery
from dogwatch.model.views import ImageView as ImageView
from dogwatch.model.views import Page as Page
from dogwatch.model.views import UnresolvedView as UnresolvedView
from dogwatch.model.views import VulnerablePackage as VulnerablePackage
from dogwatch.model.vulnerabilities import FoundVulnerability, VulnerabilityQuery, VulnerabilityView
from dogwatch.model.what_if import LeavingImage, WakeableImage, WhatIf, WindowWish


class Views(Protocol):
    """Reads for lists."""

    def findings(self, query: FindingQuery) -> Page[FindingView]:
        """A page of findings. Raises InvalidRequestError for an unknown field, sort or a foreign cursor.

        Text fields used here: those of FindingQuery, and `place` (alias, slash, repository name).
        """

    def images(self, query: ImageQuery) -> Page[ImageView]:
        """A page of images. Text fields used here: those of ImageQuery, and `place`."""

    def vulnerabilities(self, account_id: str, name: str) -> tuple[VulnerabilityView, ...]:
        """What is known by a name: mostly one vulnerability; none where the name is unknown."""

    def search_vulnerabilities(self, query: VulnerabilityQuery) -> Page[FoundVulnerability]:
        """A page of a search among everything that advisories are about; it may come short and still have a cursor."""

    def explain(self, account_id: str, package: str, ecosystem: str, vulnerability: str) -> tuple[Explanation, ...]:
        """Why a package (a package URL, or name@version with its ecosystem) is, or is not, affected by a vulnerability.

        Without a vulnerability: what cannot be compared with the package at all.
        """

    def judge_package(self, account_id: str, package: str, ecosystem: str, limit: int, after: str) -> PackageJudgement:
        """What the stored advisories say of a package, given as to `explain`; it is stored nowhere."""

    def diff(self, query: DiffQuery) -> JournalDiff:
        """A page of what changed in the advisories between two moments; the first one has the counts."""

    def explain_finding(self, account_id: str, finding: str) -> tuple[Explanation, ...]:
        """Why the packages of a finding are affected; its id is image and vulnerability, as 32 hex."""

    def history(self, account_id: str, image_id: int, limit: int, after: str) -> ImageHistory:
        """A page of an image's history; `after` is the cursor of the page before, or empty."""

    def manifests(self, account_id: str, alias: str, repository: str, query: ManifestQuery) -> Page[ManifestView]:
        """A page of what stands in a repository, images or not; NotFoundError where there is no such repository."""

    def contents(self, account_id: str, image_id: int) -> Examined:
        """What an image contains; NotFoundError for none of the account's, and for one that was not looked at yet."""

    def unresolved(self, query: ImageQuery) -> Page[UnresolvedView]:
        """A page of the manifests that could not be resolved; asked for as images are, with a cursor of its own."""

    def undetermined(self, account_id: str, image_id: int) -> tuple[tuple[str, str, str, str, int], ...]:
        """(ecosystem, package, version, reason, advisories concerned) that could not be compared in an image."""

    def feeds(self) -> tuple[FeedView, ...]:
        """Freshness of every feed that is switched on."""

    def last_audit(self) -> Audit | None:
        """What the newest audit found; None before the first."""

    def now(self) -> datetime:
        """The product's present."""

    def count_coverage(self, query: ImageQuery) -> tuple[CoverageCount, ...]:
        """What `query` asks for, counted by registry and status: images, and manifests that could not be resolved.

        `limit` and `after` mean nothing here.
        """

    def group_coverage(self, query: ImageQuery, by: CoverageProperty) -> CoverageGroups:
        """The same counted by one property, `limit` of its values at a time; raises as `images` does."""

    def shared_repositories(self, account_id: str) -> frozenset[str]:
        """Names that more than one of the account's registries has a repository of."""

    def registries_with(self, account_id: str, repository: str) -> tuple[str, ...]:
        """Aliases of the account's watched registries that have a repository of that name, in order."""


class RescanSettings(Protocol):
    """The windows of an account, and of scopes in it. All raise NotFoundError where a scope's registry is unknown."""

    def load(self, account_id: str, scope: Scope = ACCOUNT_SCOPE) -> RescanSetting:
        """The newest change (PENDING included), over what the scope inherits."""

    def load_scopes(self, account_id: str) -> tuple[RescanSetting, ...]:
        """The account's windows, and those of every scope that sets some of its own."""

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
        """Ask for a change; None keeps a field, INHERITED gives up a scope's own. `wakes`: what is inside is watched.

        PENDING until applied; a newer request supersedes a pending one of the same scope.

        Raises:
            InvalidRequestError: a value that is no window; ConflictError: a truly simultaneous change.
        """

    def inherit(self, account_id: str, administrator_id: str) -> RescanSetting:
        """Give an account the windows of another, until it is asked for its own; PENDING until applied.

        Raises:
            InvalidRequestError: more than one level; NotFoundError: no such account; ConflictError: as `request`.
        """

    def what_if(self, account_id: str, wish: WindowWish, *, counts_findings: bool = True) -> WhatIf:
        """What a change would do now; changes nothing. Raises as `request`."""

    def leaving(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[LeavingImage]:
        """A page of the images that a change would end the watch of; `after` is a cursor, or empty."""

    def wakeable(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[WakeableImage]:
        """A page of the images that a change could wake; `after` is a cursor, or empty."""


class Scanning(Protocol):
    """Which repositories of an account are scanned, and how often."""

    def load(self, account_id: str) -> ScanningConfiguration:
        """The newest rules, PENDING included, or the default: everything, continuously."""

    def change(self, account_id: str, wanted: ScanningConfiguration) -> ScanningConfiguration:
        """Ask for other rules: PENDING until a job has moved the images.

        Raises:
            InvalidRequestError: what ECR would refuse; `field` names the place.
        """


class AccountSwitches(Protocol):
    """Whether accounts' images are scanned at all. Both raise NotFoundError where there is no such account."""

    def status(self, account_id: str) -> AccountStatus:
        """How the account stands."""

    def switch(self, account_id: str, *, is_on: bool) -> AccountStatus:
        """Ask for an account to be switched on or off; ENABLING or DISABLING until a job has moved its images."""


class Lifecycle(Protocol):
    """Lifecycle policies of an account's repositories, each named by its registry's alias and its name there.

    Proposals only: nothing is deleted in any registry. All raise NotFoundError where there is no such repository.
    """

    def set_policy(self, account_id: str, alias: str, repository: str, text: str) -> StoredPolicy:
        """Keep a policy as given and evaluate it at once.

        Raises:
            InvalidRequestError: what ECR would refuse; `field` names the place.
        """

    def load_policy(self, account_id: str, alias: str, repository: str) -> StoredPolicy:
        """The repository's policy; NotFoundError where it has none."""

    def load_policies(self, account_id: str) -> tuple[StoredPolicy, ...]:
        """All policies of the account, by registry and name."""

    def remove_policy(self, account_id: str, alias: str, repository: str) -> StoredPolicy:
        """Forget the policy and what it proposed; returns it. NotFoundError where there is none."""

    def preview(
        self, account_id: str, alias: str, repository: str, text: str | None, *, spares_in_use: bool = True
    ) -> LifecyclePreview:
        """What a policy (None: the repository's own) would do now; nothing is kept."""

    def start_preview(self, account_id: str, alias: str, repository: str, text: str | None) -> str:
        """Evaluate a policy (None: the repository's own), and keep what it came to; returns its text.

        Raises:
            ConflictError: another preview of the repository is being made.
        """

    def load_preview(self, account_id: str, alias: str, repository: str, query: PreviewQuery) -> PreviewPage:
        """A page of the kept preview; NotFoundError where there is none."""


class ImageDeeds(Protocol):
    """What people do to one image by hand."""

    def do(self, account_id: str, image_id: int, request: DeedRequest) -> DeedView:
        """Do a deed now, and write it into the image's history.

        Raises:
            NotFoundError: the account has no such image.
            InvalidRequestError: nobody can do this, or not to this image as it stands.
        """


class Exclusions(Protocol):
    """Whose events move no clock."""

    def list(self, account_id: str) -> tuple[Exclusion, ...]:
        """The account's list."""

    def add(self, account_id: str, kind: ExclusionKind, pattern: str, reason: str, by: str) -> Exclusion:
        """Add an entry; it concerns events that are heard from now on."""

    def remove(self, account_id: str, exclusion_id: int, by: str) -> None:
        """End an entry; events that were heard before stay as they are."""


class Usage(Protocol):
    """Images seen running."""

    def report(self, account_id: str, report: UsageReport) -> UsageOutcome:
        """Credit the account's images with what was seen; what the account does not have is told in the outcome."""


class CostViews(Protocol):
    """Scans as the original bills them, and what they cost."""

    @property
    def prices(self) -> PriceTable:
        """The price of one scan of each kind."""

    def load(self, account_id: str) -> Costs:
        """The account's scans by registry and month, the newest month first."""

    def load_recent(self, account_ids: Sequence[str]) -> tuple[AccountScans, ...]:
        """The scans of accounts in the last 30 days, by account id; only of those that there are."""


class RegistryAdmin(Protocol):
    """Registries of an account."""

    def add(self, account_id: str, alias: str, access: RegistryAccess, region: str) -> tuple[Registry, str]:
        """Add a registry; returns it and its webhook secret, which is shown this once."""

    def list(self, account_id: str) -> tuple[Registry, ...]:
        """The registries that are not removed."""

    def remove(self, account_id: str, alias: str) -> None:
        """Stop watching a registry: monitoring of its images ends; history stays."""


class Check(Protocol):
    """One thing tried against a registry."""

    @property
    def name(self) -> str:
        """What was tried."""

    @property
    def url(self) -> str:
        """The real address."""

    @property
    def passed(self) -> bool:
        """Whether it went well."""

    @property
    def status(self) -> int | None:
        """The HTTP status, None where no answer came."""

    @property
    def detail(self) -> str:
        """What was seen, or the error in its own words."""


class Work(Protocol):
    """Work that a caller may ask for."""

    def check_registry(self, alias: str, account_id: str) -> Sequence[Check]:
        """Try a registry, and say what was tried.

        Raises:
            NotFoundError: no such registry.
        """

    def request_feed_updates(self) -> tuple[tuple[str, str], ...]:
        """Queue a look at every feed; returns (source, ecosystem) of each."""


class OperatorDocuments(Protocol):
    """Advisories and VEX documents that the operator supplies; they count for every account."""

    def list(self) -> tuple[DocumentView, ...]:
        """The documents in force, the newest first."""

    def show(self, key: str) -> DocumentDetails:
        """A document by its number or name, with what it says.

        Raises:
            NotFoundError: no such document.
        """

    def add(self, content: bytes, file: str, by: str) -> SuppliedDocument:
        """Let a document count from now on; `file` is what errors call it.

        Raises:
            InvalidRequestError: it cannot be used, or is older than what is held.
        """

    def remove(self, key: str) -> DocumentView:
        """Take a document back.

        Raises:
            NotFoundError: no such document.
        """


class HookSecrets(Protocol):
    """Who may speak for a registry."""

    async def verify(self, account_id: str, alias: str, secret: str) -> int | None:
        """The registry's id where the secret is its own; compared in a time that tells nothing.

        Raises:
            StoreUnavailableError: that cannot be told now.
        """


class NoticeSink(Protocol):
    """Where webhook bodies go."""

    async def save(self, registry_id: int, content_type: str, body: bytes, received_at: datetime) -> None:
        """Save a notice; returns when it is durable. `received_at` is product time.

        Raises:
            StoreUnavailableError: it was not saved, the sender should try again; NotFoundError: no such registry.
        """


class Role(StrEnum):
    """What a caller may do in the account."""

    READER = "reader"
    REPORTER = "reporter"  # reads, and reports what is seen running
    ADMIN = "admin"
    OPERATOR = "operator"  # an admin who may name other accounts: AWS's delegated administrator


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key pair that speaks for one account."""

    id: str
    secret: str = field(repr=False)
    account_id: str
    role: Role


class Credentials(Protocol):
    """The access keys there are."""

    def find(self, access_key_id: str) -> AccessKey | None:
        """The key of that id, or None.

        Raises:
            ConfigError: where the keys stand cannot be trusted (rights) or read.
        """


class Health(Protocol):
    """What the probes and metrics ask."""

    def database_problem(self) -> str:
        """Empty when the database answers and its schema is current; otherwise the reason."""

    def coverage_of_all(self) -> tuple[CoverageCount, ...]:
        """The images of every account, counted by registry and status: one cheap query."""

    def count_jobs(self) -> tuple[JobCount, ...]:
        """The jobs that are there, by task."""

    def worker_processes(self) -> tuple[WorkerProcess, ...]:
        """Who does them, on all machines."""
