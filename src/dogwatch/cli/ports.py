"""What commands need of what `app` hands them, stated by `cli`; the type checker proves the fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dogwatch.model.scopes import ACCOUNT_SCOPE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from dogwatch.model.accounts import AccountStatus
    from dogwatch.model.bills import BillFormat
    from dogwatch.model.costs import Costs
    from dogwatch.model.coverage import CoverageCount
    from dogwatch.model.deeds import DeedRequest, DeedView
    from dogwatch.model.exclusions import Exclusion, ExclusionKind
    from dogwatch.model.explanations import Explanation, PackageJudgement
    from dogwatch.model.histories import ImageHistory
    from dogwatch.model.journals import DiffQuery, JournalDiff
    from dogwatch.model.monitoring import RescanSetting
    from dogwatch.model.operator_documents import DocumentDetails, DocumentView, SuppliedDocument
    from dogwatch.model.registries import Registry
    from dogwatch.model.scanning import ScanningConfiguration
    from dogwatch.model.scopes import Scope
    from dogwatch.model.targets import Target
    from dogwatch.model.views import FeedView, FindingQuery, FindingView, ImageQuery, ImageView, Page, UnresolvedView
    from dogwatch.model.vulnerabilities import FoundVulnerability, VulnerabilityQuery, VulnerabilityView
    from dogwatch.model.what_if import LeavingImage, WakeableImage, WhatIf, WindowWish


class Views(Protocol):
    """Reads for lists."""

    def findings(self, query: FindingQuery) -> Page[FindingView]:
        """A page of findings."""

    def images(self, query: ImageQuery) -> Page[ImageView]:
        """A page of images."""

    def vulnerabilities(self, account_id: str, name: str) -> tuple[VulnerabilityView, ...]:
        """What is known by a name: mostly one vulnerability; none where the name is unknown."""

    def search_vulnerabilities(self, query: VulnerabilityQuery) -> Page[FoundVulnerability]:
        """A page of a search among everything that advisories are about."""

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

    def unresolved(self, query: ImageQuery) -> Page[UnresolvedView]:
        """A page of the manifests that could not be resolved."""

    def undetermined(self, account_id: str, image_id: int) -> tuple[tuple[str, str, str, str, int], ...]:
        """(ecosystem, package, version, reason, advisories concerned) that could not be compared in an image."""

    def count_coverage(self, query: ImageQuery) -> tuple[CoverageCount, ...]:
        """What `query` asks for, counted by registry and status: images, and manifests that could not be resolved."""

    def feeds(self) -> tuple[FeedView, ...]:
        """Freshness of every feed that is switched on."""

    def now(self) -> datetime:
        """The product's present."""


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


class AccessKey(Protocol):
    """A key pair of an AWS client."""

    @property
    def id(self) -> str:
        """Its public half."""

    @property
    def account_id(self) -> str:
        """The account it speaks for."""

    @property
    def role(self) -> str:
        """What it may do: reader, reporter, admin or operator."""


class Windows(Protocol):
    """The windows of an account, and of scopes in it."""

    def load(self, account_id: str, scope: Scope = ACCOUNT_SCOPE) -> RescanSetting:
        """The newest change, PENDING included, over what the scope inherits."""

    def load_scopes(self, account_id: str) -> tuple[RescanSetting, ...]:
        """The account's windows, and those of every scope that sets some of its own."""

    def what_if(self, account_id: str, wish: WindowWish, *, counts_findings: bool = True) -> WhatIf:
        """What a change would do now; changes nothing."""

    def leaving(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[LeavingImage]:
        """A page of the images that a change would end the watch of; `after` is a cursor, or empty."""

    def wakeable(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[WakeableImage]:
        """A page of the images that a change could wake; `after` is a cursor, or empty."""


class Scanning(Protocol):
    """Which repositories of an account are scanned, and how often."""

    def load(self, account_id: str) -> ScanningConfiguration:
        """The newest rules, PENDING included, or the default."""


class Accounts(Protocol):
    """Whether accounts' images are scanned at all."""

    def status(self, account_id: str) -> AccountStatus:
        """How the account stands."""


class Exclusions(Protocol):
    """Whose events move no clock."""

    def list(self, account_id: str) -> tuple[Exclusion, ...]:
        """The account's list."""

    def add(self, account_id: str, kind: ExclusionKind, pattern: str, reason: str, by: str) -> Exclusion:
        """Add an entry; it concerns events that are heard from now on."""

    def remove(self, account_id: str, exclusion_id: int, by: str) -> None:
        """End an entry; events that were heard before stay as they are."""


class OperatorDocuments(Protocol):
    """Advisories and VEX documents that the operator supplies."""

    def list(self) -> tuple[DocumentView, ...]:
        """The documents in force, the newest first."""

    def show(self, key: str) -> DocumentDetails:
        """A document by its number or name, with what it says."""

    def add(self, content: bytes, file: str, by: str) -> SuppliedDocument:
        """Let a document count from now on; `file` is what errors call it."""

    def remove(self, key: str) -> object:
        """Take a document back."""


class CostViews(Protocol):
    """Scans as the original bills them, and what they cost."""

    def load(self, account_id: str) -> Costs:
        """The account's scans by registry and month, the newest month first."""


class Registries(Protocol):
    """The registries of an account."""

    def list(self, account_id: str) -> tuple[Registry, ...]:
        """Those that are watched."""

    def believe_bills(self, account_id: str, alias: str, *, believed: bool) -> None:
        """Let bills that are attached to images of one count, or not any more."""

    def remove(self, account_id: str, alias: str) -> None:
        """Stop watching one."""


class Dogwatch(Protocol):
    """What commands ask: the application on the data folder, or a running service elsewhere.

    A service answers for the account of its caller's access key, whatever account it is asked for here.
    """

    @property
    def views(self) -> Views:
        """The lists."""

    @property
    def rescan_settings(self) -> Windows:
        """The windows."""

    @property
    def registries(self) -> Registries:
        """The registries."""

    @property
    def scanning(self) -> Scanning:
        """Which repositories are scanned."""

    @property
    def accounts(self) -> Accounts:
        """Whether the account's images are scanned at all."""

    @property
    def exclusions(self) -> Exclusions:
        """Whose events move no clock."""

    @property
    def documents(self) -> OperatorDocuments:
        """The operator's own documents."""

    @property
    def costs(self) -> CostViews:
        """What scans cost."""

    def check_registry(self, alias: str) -> Sequence[Check]:
        """Try a registry, and say what was tried."""

    def do_deed(self, image_id: int, request: DeedRequest) -> DeedView:
        """Do a deed to an image, and write it into its history."""

    def write_bill(self, image_id: int, form: BillFormat) -> str:
        """What an image contains, as a bill of materials."""

    def write_target_bills(self, target: Target, forms: Collection[BillFormat]) -> Mapping[BillFormat, str]:
        """What a thing contains that nobody watches; it is read once, whatever the number of formats."""

    def request_windows(self, wish: WindowWish, *, wakes: bool = False) -> RescanSetting:
        """Ask for a change of the windows."""

    def inherit_windows(self, administrator_id: str) -> RescanSetting:
        """Give the account the windows of another one, until it sets its own."""

    def apply_windows(self) -> None:
        """Let changes of windows that wait take effect now, or wait until a service has done so."""

    def change_scanning(self, wanted: ScanningConfiguration) -> ScanningConfiguration:
        """Ask for other rules of what is scanned."""

    def switch_account(self, *, is_on: bool) -> AccountStatus:
        """Ask for the account's images to be scanned, or no longer."""

    def apply_scanning(self) -> None:
        """Let changes of what is scanned that wait take effect now, or wait until a service has done so."""

    def update_feeds(self, confirmed: Collection[tuple[str, str]] = ()) -> bool:
        """Have every feed looked at; returns whether that is done, for a service does it in its own time.

        `confirmed` are (source, ecosystem) of feeds that are believed this once, whatever they lost.
        """
