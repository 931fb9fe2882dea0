"""What advisories say of a package as /api/v1 tells of it, and the value."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dogwatch.cli.remote.finding_shapes import Facts, Score, SeverityName
from dogwatch.model.advisories import FixState
from dogwatch.model.explanations import JudgedName, PackageJudgement
from dogwatch.model.judgements import AdvisoryText, Judged, NotCompared
from dogwatch.model.matches import Assessment, Severity, Verdict
from dogwatch.model.packages import Package
from dogwatch.model.views import FeedView


class Stated(Facts):
    """What is said of one vulnerability."""

    vulnerability: str
    aliases: tuple[str, ...]
    verdict: Verdict
    severity: SeverityName
    score: Score | None
    fix_state: FixState
    fixed_version: str
    source: str
    advisory: str
    summary: str
    description: str
    references: tuple[str, ...]
    published_at: datetime | None
    modified_at: datetime | None

    def view(self, package: Package) -> Judged:
        """Return what it tells of."""
        score = self.score.view() if self.score else None
        severity = Severity[self.severity]
        fix = (self.fix_state, self.fixed_version)
        assessment = Assessment(self.verdict, *fix, severity, score, self.advisory, self.source)
        times = (self.published_at, self.modified_at)
        text = AdvisoryText(self.summary, self.description, self.references, *times)
        return Judged(package, self.vulnerability, self.aliases, assessment, text, self.known(self.vulnerability))


class Lost(msgspec.Struct):
    """What cannot be compared."""

    reason: str
    advisories: int


class Told(msgspec.Struct):
    """What is said of a package."""

    package: Package
    package_url: str
    judged_by: JudgedName
    revision: int
    conclusion: str
    judged: tuple[Stated, ...]
    total: int
    next: str | None
    not_compared: tuple[Lost, ...]
    feeds: tuple[FeedView, ...]
    feed_gaps: tuple[str, ...]

    def view(self) -> PackageJudgement:
        """Return what it tells of."""
        return PackageJudgement(
            package=self.package,
            package_url=self.package_url,
            judged_by=self.judged_by,
            revision=self.revision,
            conclusion=self.conclusion,
            judged=tuple(one.view(self.package) for one in self.judged),
            total=self.total,
            next=self.next or "",
            not_compared=tuple(NotCompared(self.package, one.reason, one.advisories) for one in self.not_compared),
            feeds=self.feeds,
            feed_gaps=self.feed_gaps,
        )
