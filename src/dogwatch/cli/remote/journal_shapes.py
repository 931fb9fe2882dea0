"""What changed in the advisories, as /api/v1 tells of it, and the value."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dogwatch.model.journals import AdvisoryChange, Boundary, JournalDiff, Tally


class Counts(msgspec.Struct):
    """How much there was of what."""

    advisories: dict[str, int]
    exposures_begun: dict[str, int]
    exposures_ended: dict[str, int]
    more_exposures: bool


class Told(msgspec.Struct):
    """A page of what changed; the counts come with the first."""

    since: Boundary
    until: Boundary
    changes: tuple[AdvisoryChange, ...]
    next: str | None
    counts: Counts | None

    def view(self) -> JournalDiff:
        """Return what it tells of."""
        page = (self.since, self.until, self.changes, self.next or "")
        if self.counts is None:
            return JournalDiff(*page)
        return JournalDiff(
            *page,
            advisories=_tallies(self.counts.advisories),
            begun=_tallies(self.counts.exposures_begun),
            ended=_tallies(self.counts.exposures_ended),
            are_more=self.counts.more_exposures,
        )


def _tallies(counts: Mapping[str, int]) -> tuple[Tally, ...]:
    return tuple(Tally(of, count) for of, count in counts.items())
