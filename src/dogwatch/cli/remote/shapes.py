"""Answers of /api/v1 as they stand in JSON, and the values they tell of.

What the API leaves out is as empty here as it is there: where a registry's credentials are, it tells nobody.
Members that are not known here are passed over, so that an older command reads a newer service.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec

from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import (
    ActivityMode,
    RescanSetting,
    SettingStatus,
    StatusCode,
    StatusReason,
    Window,
)
from dogwatch.model.registries import Registry, RegistryAccess
from dogwatch.model.times import FOREVER
from dogwatch.model.views import (
    CoverageCount,
    FeedView,
    FindingView,
    GapView,
    ImageView,
    UnresolvedView,
    VulnerablePackage,
)

_VULNERABILITY_DIGITS = 16  # at the end of a finding's id; those before name the image

Undetermined: TypeAlias = tuple[str, str, str, str, int]
FindingId: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
SeverityName: TypeAlias = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(one.name for one in Severity)})$")]
WindowText: TypeAlias = Annotated[str, msgspec.Meta(pattern="^(DAYS_[1-9][0-9]{0,4}|LIFETIME|NONE)$")]


class Status(msgspec.Struct):
    """Whether something is watched, and why."""

    code: StatusCode
    reason: StatusReason
    problem: str = ""


class Score(msgspec.Struct):
    """A score with its method."""

    value: float
    vector: str
    version: str
    source: str


class FindingImage(msgspec.Struct):
    """The image of a finding."""

    id: int
    account: str
    registry: str
    registry_url: str
    region: str
    repository: str
    digest: str
    tags: tuple[str, ...]
    os: str
    architecture: str
    platform: str
    author: str
    pushed_at: datetime | None


class Finding(msgspec.Struct):
    """A finding."""

    id: FindingId
    vulnerability: str
    aliases: tuple[str, ...]
    title: str
    description: str
    severity: SeverityName
    score: Score | None
    source: str
    advisory: str
    references: tuple[str, ...]
    published_at: datetime | None
    modified_at: datetime | None
    fix: str
    status: str
    begin_reason: str
    closed_reason: str
    first_observed_at: datetime
    last_observed_at: datetime
    updated_at: datetime
    image: FindingImage
    packages: tuple[VulnerablePackage, ...]

    def view(self) -> FindingView:
        """Return what it tells of."""
        score, image = self.score, self.image
        return FindingView(
            account_id=image.account,
            image_id=image.id,
            vulnerability_id=int(self.id[-_VULNERABILITY_DIGITS:], 16),
            vulnerability=self.vulnerability,
            aliases=self.aliases,
            title=self.title,
            description=self.description,
            severity=Severity[self.severity],
            score_tenths=round(score.value * 10) if score else None,
            score_vector=score.vector if score else "",
            score_version=score.version if score else "",
            score_source=score.source if score else "",
            source=self.source,
            advisory=self.advisory,
            references=self.references,
            published_at=self.published_at,
            modified_at=self.modified_at,
            fix_available=self.fix,
            status=self.status,
            begin_reason=self.begin_reason,
            closed_reason=self.closed_reason,
            first_observed_at=self.first_observed_at,
            last_observed_at=self.last_observed_at,
            updated_at=self.updated_at,
            registry_alias=image.registry,
            registry_url=image.registry_url,
            region=image.region,
            repository=image.repository,
            digest=image.digest,
            tags=image.tags,
            os=image.os,
            architecture=image.architecture,
            platform=image.platform,
            author=image.author,
            pushed_at=image.pushed_at,
            packages=self.packages,
        )


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


class Windows(msgspec.Struct):
    """The windows of an account."""

    push_window: WindowText
    activity_window: WindowText
    activity_mode: ActivityMode
    status: SettingStatus
    updated_at: datetime | None

    def view(self) -> RescanSetting:
        """Return what it tells of."""
        windows = (Window.parse(self.push_window), Window.parse(self.activity_window))
        return RescanSetting(*windows, self.activity_mode, self.status, self.updated_at)


class WatchedRegistry(msgspec.Struct):
    """A registry, without where its credentials are."""

    id: int
    account: str
    alias: str
    kind: str
    url: str
    region: str
    added_at: datetime

    def view(self) -> Registry:
        """Return what it tells of."""
        access = RegistryAccess(self.url)
        return Registry(self.id, self.account, self.alias, self.kind, self.region, access, self.added_at)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried against a registry."""

    name: str
    url: str
    passed: bool
    status: int | None
    detail: str


class FindingPage(msgspec.Struct):
    """A page of findings."""

    findings: tuple[Finding, ...]
    next: str | None


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


class Feeds(msgspec.Struct):
    """How fresh each feed is."""

    at: datetime
    feeds: tuple[FeedView, ...]


class RegistryList(msgspec.Struct):
    """The registries that are watched."""

    registries: tuple[WatchedRegistry, ...]


class Checks(msgspec.Struct):
    """What was tried against a registry."""

    checks: tuple[Check, ...]


class Accepted(msgspec.Struct):
    """Work that was queued."""

    at: datetime
