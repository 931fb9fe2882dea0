"""Why a package is, or is not, affected by a vulnerability: every range that was considered, and what came of it.

Plain values of texts, numbers and times: `matching` and `store` fill them, `serve` and `cli` show them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dogwatch.model.judgements import Judged, NotCompared
from dogwatch.model.packages import Package
from dogwatch.model.views import FeedView
from dogwatch.model.vulnerabilities import RangeView


class Standing(StrEnum):
    """How a package stands to one affected range."""

    INSIDE = "inside"
    ABOVE = "above"
    BELOW = "below"
    NOT_LISTED = "not listed"
    NOT_COMPARED = "not compared"
    ELSEWHERE = "another package"
    ENDED = "no longer in force"


@dataclass(frozen=True, slots=True)
class ConsideredRange:
    """One range of one document, and how the package stands to it.

    `words` say that in the terms of the version scheme, `low` and `high` are the keys of its bounds in hex (the range
    holds for low ≤ key < high). `weight` says what became of a range that holds: whether it decides, or why not.
    `state` is "in force", or what ended the range at `ended_revision`.
    """

    vulnerability: str
    source: str
    advisory: str
    modified_at: datetime
    state: str
    revision: int
    published_at: datetime
    ended_revision: int | None
    range: RangeView
    low: str
    high: str
    standing: Standing
    words: str
    weight: str = ""


@dataclass(frozen=True, slots=True)
class ExposureView:
    """What all sources together said of the package from one moment to another, and why that began and ended.

    `to_at` is None while it holds. A score is in tenths.
    """

    verdict: str
    severity: str
    score_tenths: int | None
    score_vector: str
    score_source: str
    fix_state: str
    fixed_version: str
    source: str
    advisory: str
    from_at: datetime
    to_at: datetime | None
    begin_reason: str
    end_reason: str


@dataclass(frozen=True, slots=True)
class ShownSpan:
    """From when to when an image showed a finding because of a package: watched, with it inside, and exposed at once.

    `to_at` is None while it does. `frozen_revision` is that of an image that is scanned on push alone: its findings
    stay as of that revision, whatever is said later.
    """

    from_at: datetime
    to_at: datetime | None
    begin_reason: str
    end_reason: str
    frozen_revision: int | None = None


@dataclass(frozen=True, slots=True)
class JudgedName:
    """What a package is judged by: the name and version that advisories go by, its version scheme and its key in hex.

    `not_comparable` says why there is no key.
    """

    name: str
    version: str
    scheme: str
    key: str
    not_comparable: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One package and one vulnerability, as of one revision; without a vulnerability what cannot be compared at all.

    `verdict` is affected, not affected, undetermined, or empty where nothing is said of the package. `ranges` are the
    nearest first, `more_ranges` counts those left out. `exposures` are those of packages in the account's images,
    newest first. `feeds` are those that speak for the package, `feed_gaps` say what is wrong with them. `shown` is
    told of a finding, newest first. `more_packages` counts packages that were meant as well and are not explained.
    """

    package: Package
    package_url: str
    judged_by: JudgedName
    vulnerability: str
    aliases: tuple[str, ...]
    revision: int
    verdict: str
    conclusion: str
    ranges: tuple[ConsideredRange, ...]
    more_ranges: int
    exposures: tuple[ExposureView, ...]
    feeds: tuple[FeedView, ...]
    feed_gaps: tuple[str, ...]
    shown: tuple[ShownSpan, ...] = ()
    more_packages: int = 0


@dataclass(frozen=True, slots=True)
class PackageJudgement:
    """What the stored advisories say of one package that somebody types; a page of it, the most severe first.

    `total` counts all of `judged`, on all pages; `next` is the cursor of the next one. `feeds` and `feed_gaps` are as
    in an explanation.
    """

    package: Package
    package_url: str
    judged_by: JudgedName
    revision: int
    conclusion: str
    judged: tuple[Judged, ...]
    total: int
    next: str
    not_compared: tuple[NotCompared, ...]
    feeds: tuple[FeedView, ...]
    feed_gaps: tuple[str, ...]
