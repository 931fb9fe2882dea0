"""Facts about CVE ids that come from elsewhere than the advisory that matched: scores, exploitation, probability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

CATALOGUE = "CVE"
"""What stands in place of an ecosystem in the name of a feed that speaks of CVE ids, not of packages (`nvd/CVE`)."""

NVD = "nvd"
"""Who gives a score that is NVD's own. Scores of others that NVD hands on are named `nvd:` and who gave them."""


class FactKind(StrEnum):
    """What a feed of facts tells of a CVE id."""

    SCORES = "scores"
    EXPLOITATION = "exploitation"
    PROBABILITY = "probability"


@dataclass(frozen=True, slots=True)
class StatedScore:
    """A CVSS vector that somebody gives a CVE id: `kind` is CVSS_V2, CVSS_V3 or CVSS_V4, `source` who gives it."""

    kind: str
    vector: str
    source: str


@dataclass(frozen=True, slots=True)
class CveScores:
    """What NVD says of a CVE id. `has_exploit`: one of its references is a public exploit."""

    cve: str
    modified_at: datetime
    scores: tuple[StatedScore, ...] = ()
    cwes: tuple[str, ...] = ()
    has_exploit: bool = False


@dataclass(frozen=True, slots=True)
class Exploitation:
    """CISA knows that it was exploited: since when that is listed, until when it had to be remedied, and how."""

    cve: str
    added_on: date
    due_on: date | None
    by_ransomware: bool
    action: str


@dataclass(frozen=True, slots=True)
class Probability:
    """EPSS: how likely it is exploited within 30 days, and which share of all CVE ids is at most as likely.

    Units:
        Parts per million of one: integers, because floats break cursors.
    """

    cve: str
    score_ppm: int
    percentile_ppm: int


Fact = CveScores | Exploitation | Probability


@dataclass(frozen=True, slots=True)
class FactChanges:
    """What a fetch of facts brought: facts of one kind; `state` is the source's memory, to be stored as it is.

    Scores are those that may have changed; the other two kinds are the whole of what the feed says. `facts` is consumed
    once and may raise MalformedSnapshotError while it runs. `answered_at` and `may_go_back` are those of `FeedChanges`.
    """

    kind: FactKind
    state: Mapping[str, str]
    facts: Iterator[Fact | RefusedFact]
    answered_at: datetime | None = None
    may_go_back: bool = False


@dataclass(frozen=True, slots=True)
class RefusedFact:
    """One record of a feed that could not be read, and why; what was known of it before stays in force."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """Everything that is known of one CVE id beside its advisories. `probability_on` is the day of its probability."""

    scores: tuple[StatedScore, ...] = ()
    cwes: tuple[str, ...] = ()
    has_exploit: bool = False
    exploitation: Exploitation | None = None
    probability: Probability | None = None
    probability_on: date | None = None

    @property
    def is_exploit_known(self) -> bool:
        """Whether a public exploit, or exploitation, is known."""
        return self.has_exploit or self.exploitation is not None

    @property
    def is_anything_known(self) -> bool:
        """Whether any source of facts speaks of it."""
        return self != NOTHING_KNOWN


NOTHING_KNOWN = KnownFacts()
"""No source of facts speaks of the CVE id, or nobody asked one."""
