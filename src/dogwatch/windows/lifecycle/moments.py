"""The clock of each count type: from which moment its days are counted, and how that is told.

Source:
    Amazon ECR user guide, "Lifecycle policy properties" (count type): an image that was restored from the archive
    counts from its restoration where it would count from its push, and where it was not pulled since.
"""

from __future__ import annotations

from datetime import datetime

from dogwatch.model.lifecycle import CountType, StoredManifest


def pushed_moment(manifest: StoredManifest) -> datetime | None:
    """Return when an image was pushed, or restored where that came later; what images are ordered by."""
    return max(_known(manifest.pushed_at, manifest.restored_at), default=None)


def moment_of(manifest: StoredManifest, count_type: CountType) -> tuple[datetime | None, str]:
    """Return the moment that a rule counts from, and what happened then; None where that was never seen."""
    if count_type is CountType.SINCE_ARCHIVED:
        return manifest.archived_at, "archived"
    pushed_at = pushed_moment(manifest)
    if count_type is CountType.SINCE_PULLED and manifest.pulled_at is not None:
        if manifest.restored_at is None or manifest.pulled_at >= manifest.restored_at:
            return manifest.pulled_at, "last pulled"
        return manifest.restored_at, "not pulled since it was restored"
    never = "never pulled, " if count_type is CountType.SINCE_PULLED else ""
    is_restored = pushed_at is not None and pushed_at == manifest.restored_at != manifest.pushed_at
    return pushed_at, f"{never}{'restored' if is_restored else 'pushed'}"


def _known(*moments: datetime | None) -> list[datetime]:
    return [one for one in moments if one is not None]
