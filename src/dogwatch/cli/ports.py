"""What commands need of what `app` hands them, stated by `cli`; the type checker proves the fit."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dogwatch.model.jobs import JobCount, WorkerProcess
from dogwatch.model.views import (
    CoverageCount,
    FeedView,
    FindingQuery,
    FindingView,
    ImageQuery,
    ImageView,
    Page,
    UnresolvedView,
)


class Views(Protocol):
    """Reads for lists."""

    def findings(self, query: FindingQuery) -> Page[FindingView]:
        """A page of findings."""

    def images(self, query: ImageQuery) -> Page[ImageView]:
        """A page of images."""

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

    def count_jobs(self) -> tuple[JobCount, ...]:
        """The jobs that are there, by task."""

    def worker_processes(self) -> tuple[WorkerProcess, ...]:
        """Who does them, on all machines."""


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
        """What it may do: reader or admin."""
