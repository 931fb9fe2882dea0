"""Images, and what may be some, as /api/v1 tells of them, and the values."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec

from dogwatch.cli.remote.finding_shapes import SeverityName
from dogwatch.model.coverage import CoverageCount
from dogwatch.model.deeds import Hold
from dogwatch.model.images import BaseImage
from dogwatch.model.lifecycle import LifecycleAction, LifecycleOutcome, LifecycleVerdict, Proposal, StorageClass
from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import (
    StatusCode,
    StatusReason,
)
from dogwatch.model.times import FOREVER
from dogwatch.model.views import GapView, ImageView, UnresolvedView

Undetermined: TypeAlias = tuple[str, str, str, str, int]
WindowText: TypeAlias = Annotated[str, msgspec.Meta(pattern="^(DAYS_[1-9][0-9]{0,4}|LIFETIME|NONE)$")]


class Status(msgspec.Struct):
    """Whether something is watched, and why."""

    code: StatusCode
    reason: StatusReason
    problem: str = ""


class LifecycleProposal(msgspec.Struct):
    """What a lifecycle policy proposed for an image: `why` in a whole sentence, `reason` as the rule has it."""

    digest: str
    tags: tuple[str, ...]
    pushed_at: datetime | None
    storage_class: StorageClass
    verdict: LifecycleVerdict
    rule: int | None
    action: LifecycleAction | None
    due_at: datetime | None
    why: str
    reason: str
    evaluated_at: datetime

    def view(self) -> Proposal:
        """Return what it tells of."""
        outcome = LifecycleOutcome(
            digest=self.digest,
            tags=self.tags,
            pushed_at=self.pushed_at,
            storage_class=self.storage_class,
            verdict=self.verdict,
            rule=self.rule,
            action=self.action,
            due_at=self.due_at,
            why=self.reason,
        )
        return Proposal(outcome, self.evaluated_at, self.why)


class UndeterminedPackage(msgspec.Struct):
    """A package that could not be compared."""

    ecosystem: str
    package: str
    version: str
    reason: str
    advisories: int


class Image(msgspec.Struct):
    """An image."""

    id: int
    account: str
    registry: str
    registry_url: str
    region: str
    repository: str
    digest: str
    tags: tuple[str, ...]
    tags_via_index: tuple[str, ...]
    os: str
    architecture: str
    platform: str
    size_bytes: int
    scan_frequency: str
    status: Status
    pushed_at: datetime | None
    pulled_at: datetime | None
    pulled_by: str
    in_use_at: datetime | None
    watched_until: datetime | None
    watched_forever: bool
    held_by: str
    why: str
    indexed_at: datetime | None
    packages: int | None
    undetermined: int | None
    findings: dict[SeverityName, int] | None
    gaps: tuple[GapView, ...]
    lifecycle: LifecycleProposal | None = None
    hold: Hold | None = None
    in_use_count: int = 0
    base: BaseImage = msgspec.field(default_factory=BaseImage)
    undetermined_packages: tuple[UndeterminedPackage, ...] = ()

    def view(self) -> ImageView:
        """Return what it tells of."""
        return ImageView(
            image_id=self.id,
            account_id=self.account,
            registry_alias=self.registry,
            registry_url=self.registry_url,
            region=self.region,
            repository=self.repository,
            digest=self.digest,
            tags=self.tags,
            tags_via_index=self.tags_via_index,
            os=self.os,
            architecture=self.architecture,
            platform=self.platform,
            size_bytes=self.size_bytes,
            scan_frequency=self.scan_frequency,
            status_code=self.status.code,
            status_reason=self.status.reason,
            problem=self.status.problem,
            pushed_at=self.pushed_at,
            pulled_at=self.pulled_at,
            pulled_by=self.pulled_by,
            in_use_at=self.in_use_at,
            watched_until=FOREVER if self.watched_forever else self.watched_until,
            held_by=self.held_by,
            why=self.why,
            indexed_at=self.indexed_at,
            packages=self.packages or 0,
            undetermined=self.undetermined or 0,
            severity_counts={Severity[name]: count for name, count in (self.findings or {}).items()},
            gaps=self.gaps,
            proposal=self.lifecycle.view() if self.lifecycle else None,
            hold=self.hold,
            in_use_count=self.in_use_count,
            base=self.base,
        )

    def lost(self) -> tuple[Undetermined, ...]:
        """Return what could not be compared in it."""
        return tuple(
            (one.ecosystem, one.package, one.version, one.reason, one.advisories) for one in self.undetermined_packages
        )


class Unresolved(msgspec.Struct):
    """A manifest that could not be resolved."""

    account: str
    registry: str
    registry_url: str
    region: str
    repository: str
    digest: str
    tags: tuple[str, ...]
    scan_frequency: str
    status: Status
    attempts: int
    tried_at: datetime | None

    def view(self) -> UnresolvedView:
        """Return what it tells of."""
        return UnresolvedView(
            account_id=self.account,
            registry_alias=self.registry,
            registry_url=self.registry_url,
            region=self.region,
            repository=self.repository,
            digest=self.digest,
            tags=self.tags,
            scan_frequency=self.scan_frequency,
            status_code=self.status.code,
            status_reason=self.status.reason,
            problem=self.status.problem,
            attempts=self.attempts,
            tried_at=self.tried_at,
        )


class Count(msgspec.Struct):
    """How many images of one registry stand at one status."""

    account: str
    registry: str
    status: Status
    images: int
    gaps: int
    unresolved: int

    def view(self) -> CoverageCount:
        """Return what it tells of."""
        place = (self.account, self.registry, self.status.code, self.status.reason)
        return CoverageCount(*place, self.images, self.gaps, self.unresolved)


class ImagePage(msgspec.Struct):
    """A page of images; whole ones have no next page."""

    images: tuple[Image, ...]
    next: str | None = None


class UnresolvedPage(msgspec.Struct):
    """A page of manifests that could not be resolved."""

    unresolved: tuple[Unresolved, ...]
    next: str | None


class Coverage(msgspec.Struct):
    """What was looked at."""

    counts: tuple[Count, ...]
