"""Matches and exposures: what advisories say of package versions, one by one and resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from dogwatch.model.advisories import FixState, SeverityFact
from dogwatch.model.verdicts import Verdict as Verdict


class Severity(IntEnum):
    """The label, in order; stored as its number so that lists sort by it."""

    UNTRIAGED = 0
    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


DocumentKey = tuple[str, str]
"""(source, its id of a document)."""


@dataclass(frozen=True, slots=True)
class Score:
    """A CVSS score in tenths (98 is 9.8), with the vector and who gave it. Integers, because floats break cursors."""

    tenths: int
    vector: str
    version: str
    source: str


@dataclass(frozen=True, slots=True)
class Match:
    """One open match as `resolve` needs it: what one advisory says of one package version and one vulnerability.

    `advisory` is the source's id of the document, `own_distribution` whether the source speaks for the distribution
    that built the package. `fixed_key` orders the fixes of matches of the same scheme. `stated_at` is when the document
    was last modified by its own word; it decides between documents of the operator alone.
    """

    range_id: int
    advisory: str
    source: str
    verdict: Verdict
    own_distribution: bool
    fix_state: FixState
    fixed_version: str
    fixed_key: bytes | None
    severity: tuple[SeverityFact, ...] = ()
    stated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """What all matches of one package and one vulnerability come to: the content of an exposure.

    `advisory` is the deciding document. `score` is None where nobody gave one.
    """

    verdict: Verdict
    fix_state: FixState
    fixed_version: str
    severity: Severity
    score: Score | None
    advisory: str
    source: str

    @property
    def document(self) -> DocumentKey:
        """The deciding one."""
        return (self.source, self.advisory)


class ExposureReason(StrEnum):
    """Why an exposure began or ended."""

    ADDED = "advisory added"
    PACKAGE_ADDED = "package first seen"
    RANGE_CHANGED = "affected range changed"
    FIX_CHANGED = "fix changed"
    SEVERITY_CHANGED = "severity changed"
    VERDICT_CHANGED = "verdict changed"
    WITHDRAWN = "advisory withdrawn"
    REMOVED = "advisory removed from its feed"
    MERGED = "vulnerabilities merged"
    KEYS_CHANGED = "version keys made anew"
    STATED_AFFECTED = "affected, says a document of the operator"
    STATED_NOT_AFFECTED = "not affected, says a document of the operator"
    STATED_FIXED = "fixed, says a document of the operator"
    STATEMENT_ENDED = "document of the operator no longer in force"
