"""Whose events move no clock: scanners, mirrors, and whatever else reads images without anybody caring for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_EXCLUSIONS = 100
"""Of one account, as many as ECR allows: each event is compared with all of them."""

MAX_PATTERN = 300
"""Characters of a pattern: more than any name of a principal or program that means something."""


class ExclusionKind(StrEnum):
    """What of an event a pattern is compared with."""

    PRINCIPAL = "principal"
    USER_AGENT = "user agent"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One entry of the list.

    `pattern` is a name in which `*` stands for any characters or none (user agents: in any case), or for an address a
    network such as 192.0.2.0/24.
    """

    id: int
    kind: ExclusionKind
    pattern: str
    reason: str
    added_at: datetime
    added_by: str
