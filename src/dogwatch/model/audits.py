"""An audit: everything that follows from what is stored, computed again, and the rows that say something else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AuditedRow(StrEnum):
    """What kind of row differs: the table's name where it is one."""

    PACKAGE = "package"
    MATCH = "match"
    EXPOSURE = "exposure"
    UNDETERMINED = "undetermined"
    LINK = "advisory_vulnerability"
    NAME = "vulnerability_name"
    FAMILY = "set_family"
    SET_EXPOSURE = "set_exposure"
    REPOSITORY = "repository"
    CLOCKS = "clocks"
    MONITORING = "monitoring"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One row that is not as it should be, in words.

    `subject` is the package, image, document or package set; `vulnerability` its name, or the range's document, where
    the row has one. `stored` and `expected` say what stands there and what should; empty: no such row.
    """

    kind: AuditedRow
    subject: str
    vulnerability: str
    stored: str
    expected: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found, as of `revision`.

    `counts` holds (kind, number of rows that differ), those that differ only; `differences` the first of them.
    """

    began_at: datetime
    ended_at: datetime
    revision: int
    packages: int
    images: int
    counts: tuple[tuple[AuditedRow, int], ...]
    differences: tuple[Difference, ...]

    @property
    def differing(self) -> int:
        """How many rows differ."""
        return sum(count for _, count in self.counts)
