"""How many images stand at which status: counts for totals, and groups by what they have in common."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dogwatch.model.monitoring import StatusCode, StatusReason


@dataclass(frozen=True, slots=True)
class CoverageCount:
    """How many images of one registry stand at one status, and how many gaps there are in what was seen of them.

    `unresolved` counts manifests at that status that are not known to be images, as they could not be resolved.
    """

    account_id: str
    registry_alias: str
    status_code: StatusCode
    status_reason: StatusReason
    images: int
    gaps: int
    unresolved: int = 0


class CoverageProperty(StrEnum):
    """What of an image, or of what may be one, lists of counts go by. A `place` is the registry's alias/repository."""

    STATUS_CODE = "status_code"
    STATUS_REASON = "status_reason"
    PLACE = "place"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class CoverageGroups:
    """One page of (value, how many have it), the largest first, and how many there are in `total`, on all pages."""

    rows: tuple[tuple[str, int], ...]
    total: int
    next: str
