"""What stands in a repository under a digest: images, indexes, other artifacts, and what could not be resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dogwatch.model.monitoring import StatusReason


@dataclass(frozen=True, slots=True)
class ManifestView:
    """One manifest. `status_reason` is that of an image, or of what may be one; None for all that is never scanned.

    `media_type` is empty where it could not be resolved. `size_bytes` of an index is that of its largest image; None
    where it is not known; an index is archived where all its images are. `artifact_type` and `subject_digest` are empty
    where the manifest has none.
    """

    digest: str
    media_type: str
    artifact_type: str
    subject_digest: str
    size_bytes: int | None
    tags: tuple[str, ...]
    pushed_at: datetime | None
    pulled_at: datetime | None
    status_reason: StatusReason | None
    problem: str = ""
    archived_at: datetime | None = None
    restored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ManifestQuery:
    """Which manifests of a repository are asked for, whether they have tags, and are archived (None: either).

    Sorted by digest.
    `named` has digest and tag of each, one of which may be empty; None means all. `after` is an opaque cursor.
    """

    named: tuple[tuple[str, str], ...] | None = None
    is_tagged: bool | None = None
    is_archived: bool | None = None
    limit: int = 100
    after: str = ""
