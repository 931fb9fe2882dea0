"""A feed with a list of its records, held against what is known of it: what lags or lost too much is not believed."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

from dogwatch.advisories.limits import FeedLimits
from dogwatch.advisories.listing import Comparison, Listing, compare_listing, from_ticks
from dogwatch.advisories.mirror import FeedMirror, Missing
from dogwatch.advisories.source import FeedState, FetchRequest, Outdated, Unchanged
from dogwatch.model.errors import FeedShrunkError, MalformedSnapshotError


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs, and what is to be remembered once it is here."""

    state: FeedState
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed with a list of its records: its source, its name in words, the list, and where the file of an id is."""

    source: str
    label: str
    list_path: str
    path_of: Callable[[str], str]
    mirror: FeedMirror
    limits: FeedLimits

    def compare(self, listing: Listing, fingerprint: str, asked: FetchRequest) -> Unchanged | Outdated | Compared:
        """Say what a list has that is not known.

        Args:
            listing: the list, which is taken over.
            fingerprint: of the list.
            asked: what is remembered and known, and whether an older or much shorter list is believed.

        Raises:
            FeedShrunkError: more than the limit is gone, and nobody confirmed it.
            MalformedSnapshotError: the list was cut off.
        """
        newest_at = None if listing.newest is None else from_ticks(listing.newest)
        held_at = asked.before.newest_modified_at
        if held_at and not asked.confirmed and (newest_at is None or newest_at < held_at):
            return Outdated(asked.before, newest_at, f"its newest record is of {newest_at}, we hold one of {held_at}")
        records = len(listing.modified)
        comparison = compare_listing(listing, asked.known)
        self._refuse_losses(comparison, listing, asked.confirmed)
        state = replace(
            asked.before,
            listing_fingerprint=fingerprint,
            newest_modified_at=newest_at,
            checked_at=asked.now,
            records=records,
        )
        is_news = comparison.changed or comparison.removed
        return Compared(replace(state, changed_at=asked.now), comparison) if is_news else Unchanged(state)

    def _refuse_losses(self, comparison: Comparison, listing: Listing, confirmed: bool) -> None:
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
