"""What is read for lists and details."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dogwatch.model.audits import Audit
from dogwatch.model.coverage import CoverageCount, CoverageGroups, CoverageProperty
from dogwatch.model.explanations import Explanation, PackageJudgement
from dogwatch.model.histories import ImageHistory
from dogwatch.model.journals import DiffQuery, JournalDiff
from dogwatch.model.judgements import Examined
from dogwatch.model.manifests import ManifestQuery, ManifestView
from dogwatch.model.views import FeedView, FindingQuery, FindingView, ImageQuery, ImageView, Page, UnresolvedView
from dogwatch.model.vulnerabilities import FoundVulnerability, VulnerabilityQuery, VulnerabilityView


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
