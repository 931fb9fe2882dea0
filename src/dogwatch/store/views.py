"""All reads for lists and probes in one place, at the product's present.

Each is imported when it is asked for: a command that lists one thing does without the rooms behind the others.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dogwatch.store.feed_gaps import load_feed_gaps
from dogwatch.store.feeds import ExpectedFeeds, find_database_problem, load_feed_views
from dogwatch.store.jobs import count_jobs, count_to_reread, load_processes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dogwatch.model.audits import Audit
    from dogwatch.model.coverage import CoverageCount, CoverageGroups, CoverageProperty
    from dogwatch.model.explanations import Explanation, PackageJudgement
    from dogwatch.model.gaps import Gap
    from dogwatch.model.histories import ImageHistory
    from dogwatch.model.jobs import JobCount, WorkerProcess
    from dogwatch.model.journals import DiffQuery, JournalDiff
    from dogwatch.model.judgements import Examined
    from dogwatch.model.manifests import ManifestQuery, ManifestView
    from dogwatch.model.views import FeedView, FindingQuery, FindingView, ImageQuery, ImageView, Page, UnresolvedView
    from dogwatch.model.vulnerabilities import FoundVulnerability, VulnerabilityQuery, VulnerabilityView
    from dogwatch.store.clock import ProductClock
    from dogwatch.store.connection import Database
    from dogwatch.store.explanations import Explainer
    from dogwatch.store.findings import FindingStore
    from dogwatch.store.image_views import ImageViews
    from dogwatch.store.package_search import PackageSearch


class Views:
    """Implements `serve.ports.Views` and `serve.ports.Health`."""

    def __init__(self, database: Database, clock: ProductClock, expected_feeds: ExpectedFeeds) -> None:
        """Prepare.

        Args:
            database: where to read.
            clock: what the present is.
            expected_feeds: which feeds are switched on, by what was found.
        """
        self._database = database
        self._clock = clock
        self._expected_feeds = expected_feeds

    @cached_property
    def _findings(self) -> FindingStore:
        from dogwatch.store.findings import FindingStore

        return FindingStore(self._database)

    @cached_property
    def _images(self) -> ImageViews:
        from dogwatch.store.image_views import ImageViews

        return ImageViews(self._database, self._expected_feeds)

    @cached_property
    def _explainer(self) -> Explainer:
        from dogwatch.store.explanations import Explainer

        return Explainer(self._database, self._expected_feeds)

    @cached_property
    def _packages(self) -> PackageSearch:
        from dogwatch.store.package_search import PackageSearch

        return PackageSearch(self._database, self._expected_feeds)

    def now(self) -> datetime:
        """Return the product's present."""
        return self._clock.now()

    def findings(self, query: FindingQuery) -> Page[FindingView]:
        """Return a page of findings."""
        return self._findings.findings(query, self.now())

    def vulnerabilities(self, account_id: str, name: str) -> tuple[VulnerabilityView, ...]:
        """Return what is known by a name."""
        from dogwatch.store.vulnerability_views import load_vulnerabilities

        return load_vulnerabilities(self._database, account_id, name, self.now())

    def search_vulnerabilities(self, query: VulnerabilityQuery) -> Page[FoundVulnerability]:
        """Return a page of a search among everything that advisories are about."""
        from dogwatch.store.vulnerability_search import search_vulnerabilities

        return search_vulnerabilities(self._database, query)

    def explain(self, account_id: str, package: str, ecosystem: str, vulnerability: str) -> tuple[Explanation, ...]:
        """Return why a package is, or is not, affected by a vulnerability."""
        return self._explainer.explain(account_id, package, ecosystem, vulnerability, self.now())

    def judge_package(self, account_id: str, package: str, ecosystem: str, limit: int, after: str) -> PackageJudgement:
        """Return what the stored advisories say of a package, which is not stored for it."""
        return self._packages.judge(account_id, package, ecosystem, limit, after, self.now())

    def diff(self, query: DiffQuery) -> JournalDiff:
        """Return a page of what changed in the advisories."""
        from dogwatch.store.journal_diffs import load_diff

        return load_diff(self._database, query, self.now())

    def explain_finding(self, account_id: str, finding: str) -> tuple[Explanation, ...]:
        """Return why the packages of a finding are affected."""
        return self._explainer.explain_finding(account_id, finding, self.now())

    def images(self, query: ImageQuery) -> Page[ImageView]:
        """Return a page of images."""
        return self._images.images(query, self.now())

    def history(self, account_id: str, image_id: int, limit: int, after: str) -> ImageHistory:
        """Return a page of an image's history."""
        from dogwatch.store.histories import load_history

        return load_history(self._database, account_id, image_id, limit, after, self.now())

    def manifests(self, account_id: str, alias: str, repository: str, query: ManifestQuery) -> Page[ManifestView]:
        """Return a page of what stands in a repository."""
        from dogwatch.store.manifests import load_manifests

        return load_manifests(self._database, account_id, alias, repository, query, self.now())

    def contents(self, account_id: str, image_id: int) -> Examined:
        """Return what an image contains."""
        from dogwatch.store.contents import load_contents

        return load_contents(self._database, account_id, image_id)

    def unresolved(self, query: ImageQuery) -> Page[UnresolvedView]:
        """Return a page of the manifests that could not be resolved."""
        from dogwatch.store.unresolved import load_unresolved_page

        return load_unresolved_page(self._database, query, self.now())

    def undetermined(self, account_id: str, image_id: int) -> tuple[tuple[str, str, str, str, int], ...]:
        """Return (ecosystem, package, version, reason, advisories concerned) that could not be compared."""
        return self._images.undetermined(account_id, image_id)

    def count_coverage(self, query: ImageQuery) -> tuple[CoverageCount, ...]:
        """Count images by registry and status."""
        return self._images.count_coverage(query, self.now())

    def group_coverage(self, query: ImageQuery, by: CoverageProperty) -> CoverageGroups:
        """Count images by one property."""
        return self._images.group_coverage(query, by, self.now())

    def coverage_of_all(self) -> tuple[CoverageCount, ...]:
        """Count the images of every account by registry and status."""
        return self._images.coverage_of_all(self.now())

    def shared_repositories(self, account_id: str) -> frozenset[str]:
        """Return the repository names that more than one of the account's registries has."""
        return self._images.shared_repositories(account_id)

    def registries_with(self, account_id: str, repository: str) -> tuple[str, ...]:
        """Return the aliases of the account's watched registries that have a repository of that name, in order."""
        return self._images.registries_with(account_id, repository)

    def feeds(self) -> tuple[FeedView, ...]:
        """Return the freshness of every feed that is switched on."""
        return load_feed_views(self._database, self._expected_feeds, self.now())

    def feed_gaps(self, families: Iterable[tuple[str, bool]]) -> tuple[Gap, ...]:
        """Return what is not known of families of ecosystems because of their feeds; see `FeedGaps.of`."""
        with self._database.transaction() as connection:
            return load_feed_gaps(connection, self._expected_feeds, self.now()).of(families)

    def last_audit(self) -> Audit | None:
        """Return what the newest audit found; None before the first."""
        from dogwatch.store.audit import load_last_audit

        return load_last_audit(self._database)

    def count_jobs(self) -> tuple[JobCount, ...]:
        """Return the jobs that are there, by task."""
        return count_jobs(self._database)

    def count_to_reread(self, fingerprint: str) -> int:
        """Return how many watched images have an inventory by other extractors than these."""
        return count_to_reread(self._database, fingerprint)

    def worker_processes(self) -> tuple[WorkerProcess, ...]:
        """Return who does them, on all machines."""
        return load_processes(self._database)

    def database_problem(self) -> str:
        """Return why the database cannot be worked with; empty when it can."""
        return find_database_problem(self._database)
