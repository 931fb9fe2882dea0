"""Lists of records that lost some: refused where they lost too many at once, or look cut off."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

from dogwatch.advisories.limits import FeedLimits
from dogwatch.advisories.listing import Comparison, Listing
from dogwatch.advisories.mirror import FeedMirror, Missing
from dogwatch.model.errors import FeedShrunkError, MalformedSnapshotError


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed with a list of its records: its source, its name in words, the list, and where the file of an id is."""

    source: str
    label: str
    list_path: str
    path_of: Callable[[str], str]
    mirror: FeedMirror
    limits: FeedLimits

    def refuse_losses(self, comparison: Comparison, listing: Listing, confirmed: bool) -> None:
        """Let pass what may have been removed.

        Raises:
            FeedShrunkError: more than the limit is gone, and nobody confirmed it.
            MalformedSnapshotError: the list was cut off.
        """
        lost, held = len(comparison.removed), comparison.known_records
        limits = self.limits
        if not confirmed and held >= limits.shrink_floor_records and lost * 100 > held * limits.max_shrink_percent:
            address = self.mirror.describe(self.list_path)
            raise FeedShrunkError(self.source, address, lost, held, limits.max_shrink_percent)
        if lost and all(held_at < listing.oldest for _, held_at in comparison.removed):
            self._refuse_lost_tail(max(comparison.removed, key=lambda each: each[1])[0], lost)

    def _refuse_lost_tail(self, record_id: str, lost: int) -> None:
        """Only the oldest records are gone: the look of a listing cut off between two lines. Ask for one of them."""
        found = self.mirror.download(
            self.path_of(record_id),
            io.BytesIO(),
            max_bytes=self.limits.max_record_bytes,
            timeout_seconds=self.limits.small_transfer_seconds,
        )
        if not isinstance(found, Missing):
            raise MalformedSnapshotError(
                self.label, f"the listing was cut off: its {lost} oldest records are gone, yet {record_id} is there"
            )
