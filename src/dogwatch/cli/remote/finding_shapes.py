"""A finding as /api/v1 tells of it, and the value."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, TypeAlias

import msgspec

from dogwatch.model import matches as model
from dogwatch.model.facts import Exploitation, KnownFacts, Probability
from dogwatch.model.matches import Severity
from dogwatch.model.views import FindingView, VulnerablePackage

_VULNERABILITY_DIGITS = 16  # at the end of a finding's id; those before name the image

FindingId: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
SeverityName: TypeAlias = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(one.name for one in Severity)})$")]


class Score(msgspec.Struct):
    """A score with its method."""

    value: float
    vector: str
    version: str
    source: str

    def view(self) -> model.Score:
        """Return what it tells of."""
        return model.Score(round(self.value * 10), self.vector, self.version, self.source)


class Epss(msgspec.Struct):
    """A probability and its day."""

    score: float
    percentile: float
    date: date | None


class Listed(msgspec.Struct):
    """What CISA says of a vulnerability that is exploited."""

    added_on: date
    due_on: date | None
    ransomware: bool
    action: str


class Facts(msgspec.Struct):
    """What is known of a CVE id beside its advisories."""

    cwes: tuple[str, ...]
    public_exploit: bool
    exploitation: Listed | None
    epss: Epss | None

    def known(self, name: str) -> KnownFacts:
        """Return what it tells of a CVE id; the scores of catalogues stand among all scores, and not here."""
        listed, epss = self.exploitation, self.epss
        action = (
            Exploitation(name, listed.added_on, listed.due_on, listed.ransomware, listed.action) if listed else None
        )
        likely = Probability(name, round(epss.score * 1e6), round(epss.percentile * 1e6)) if epss else None
        return KnownFacts((), self.cwes, self.public_exploit, action, likely, epss.date if epss else None)


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
    in_use_at: datetime | None
    in_use_count: int


class Finding(Facts):
    """A finding."""

    id: FindingId
    vulnerability: str
    aliases: tuple[str, ...]
    title: str
    description: str
    severity: SeverityName
    score: Score | None
    severity_reason: str
    scores: tuple[Score, ...]
    vendor_severity: str
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
            score_tenths=score.view().tenths if score else None,
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
            in_use_at=image.in_use_at,
            in_use_count=image.in_use_count,
            packages=self.packages,
            severity_reason=self.severity_reason,
            scores=tuple(one.view() for one in self.scores),
            vendor_word=self.vendor_severity,
            facts=self.known(self.vulnerability),
        )


class FindingPage(msgspec.Struct):
    """A page of findings."""

    findings: tuple[Finding, ...]
    next: str | None
