"""What the stored advisories say of packages that nobody watches, and the report that is made of it.

Plain values: `store` judges, `flow` examines and reports, `cli` renders.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from dogwatch.model.facts import NOTHING_KNOWN, KnownFacts
from dogwatch.model.images import NO_BASE, BaseImage
from dogwatch.model.matches import Assessment, DocumentKey, Score, Severity
from dogwatch.model.verdicts import Verdict

if TYPE_CHECKING:
    from dogwatch.model.gaps import Gap
    from dogwatch.model.operator_documents import OperatorDocument
    from dogwatch.model.packages import Distribution, Package
    from dogwatch.model.views import FeedView, VulnerablePackage


@dataclass(frozen=True, slots=True)
class AdvisoryText:
    """What the deciding document tells people; empty where it says nothing, or where nobody has looked it up."""

    summary: str = ""
    description: str = ""
    references: tuple[str, ...] = ()
    published_at: datetime | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One package and one vulnerability, with what all sources together say of them."""

    package: Package
    vulnerability: str
    aliases: tuple[str, ...]
    assessment: Assessment
    text: AdvisoryText = AdvisoryText()
    facts: KnownFacts = NOTHING_KNOWN

    @property
    def is_affected(self) -> bool:
        """Whether this concerns anyone; otherwise the sources say outright that it does not."""
        return self.assessment.verdict is Verdict.AFFECTED


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A package that so many advisories speak of without a comparison being possible, and why."""

    package: Package
    reason: str
    advisories: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that the stored advisories say of some packages, as of one revision of them (0: there is none)."""

    revision: int
    judged: tuple[Judged, ...]
    not_compared: tuple[NotCompared, ...]


# --- what was examined ------------------------------------------------------------------------------------------------


class SubjectKind(StrEnum):
    """What kind of thing was examined."""

    IMAGE = "image"
    FOLDER = "folder"
    BILL = "bill of materials"


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing examined: its name as given; the digest of its manifest, or of the file; empty where it has none."""

    kind: SubjectKind
    name: str
    digest: str = ""
    platform: str = ""
    distribution: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a package stands: the layer that brought it (empty outside images) and the paths that prove it.

    `build_step` and `from_base` are those of `VulnerablePackage`.
    """

    layer_digest: str
    paths: tuple[str, ...]
    build_step: str = ""
    from_base: bool | None = None


@dataclass(frozen=True, slots=True)
class PlacedPackage:
    """A package with its package URL and its places, oldest layer first."""

    package: Package
    package_url: str
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """What a thing contains: packages, sorted and distinct, and what could not be seen of it.

    Of an image also its layers' digests, oldest first, and the image it was built on; `system` is its distribution.
    """

    subject: Subject
    packages: tuple[PlacedPackage, ...]
    gaps: tuple[Gap, ...] = ()
    layers: tuple[str, ...] = ()
    system: Distribution | None = None
    base: BaseImage = NO_BASE


# --- the report -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReportedFinding:
    """One vulnerability with the packages that it concerns; severity, score and text are those of the worst of them."""

    vulnerability: str
    aliases: tuple[str, ...]
    severity: Severity
    score: Score | None
    source: str
    advisory: str
    fix_available: str  # YES, NO, PARTIAL
    packages: tuple[VulnerablePackage, ...]
    severity_reason: str = ""
    facts: KnownFacts = NOTHING_KNOWN
    text: AdvisoryText = AdvisoryText()

    @property
    def document(self) -> DocumentKey:
        """The deciding one, whose text is shown."""
        return (self.source, self.advisory)


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """A decision not to count findings: of a vulnerability (by any of its ids), of a package, or of both at once.

    `until` is the last day, in UTC, on which it holds; None: no end. `origin` says where it was written.
    """

    vulnerability: str = ""
    package: str = ""
    reason: str = ""
    until: date | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class IgnoredFinding:
    """What a rule keeps out of the findings, with that rule."""

    finding: ReportedFinding
    rule: IgnoreRule


@dataclass(frozen=True, slots=True)
class Choice:
    """Which findings count: from which severity on, only those with a fix, without those that rules ignore.

    What `documents` say is not affected does not count either.
    """

    severities: frozenset[Severity] = frozenset(Severity)
    only_fixed: bool = False
    rules: tuple[IgnoreRule, ...] = ()
    documents: tuple[OperatorDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a thing, and how far that can be trusted to be all there is.

    `hidden` counts findings that the choice of severities or fixes left out; `lapsed` are rules whose last day is over;
    `gaps` are those of the thing and those of the feeds; `feeds` are those that speak for its packages.
    """

    examined: Examined
    findings: tuple[ReportedFinding, ...]
    ignored: tuple[IgnoredFinding, ...]
    hidden: int
    not_compared: tuple[NotCompared, ...]
    gaps: tuple[Gap, ...]
    feeds: tuple[FeedView, ...]
    revision: int
    reported_at: datetime
    lapsed: tuple[IgnoreRule, ...] = field(default=())

    @property
    def is_complete(self) -> bool:
        """Whether everything was seen and could be compared, with current advisories."""
        return not (self.gaps or self.not_compared)
