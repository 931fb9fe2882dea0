"""What is carried to a place without a network: the feeds in one file, and what became of each there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dogwatch.model.facts import Fact, FactKind
from dogwatch.model.feeds import StoredDocument

BundledRecord = StoredDocument | Fact
"""One record of a feed: a document of a feed of advisories, a fact of a feed of facts."""


@dataclass(frozen=True, slots=True)
class BundledFeed:
    """A feed as one installation knew it. `checked_at` is when it last answered, `state` the source's own memory."""

    source: str
    ecosystem: str
    records: int
    checked_at: datetime
    state: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FeedContent:
    """A feed with its records, in the order of their ids, each id once; consumed once. `kind` of documents is None."""

    feed: BundledFeed
    kind: FactKind | None
    records: Iterator[BundledRecord]


class BundleOutcome(StrEnum):
    """What becomes of a feed of a bundle."""

    TAKEN = "taken over"
    HELD = "held already"
    UNKNOWN = "unknown to this version"


@dataclass(frozen=True, slots=True)
class CarriedFeed:
    """A feed of a bundle, what became of it, and how many documents or scores differed.

    The lists of KEV and EPSS are replaced as a whole; of them no number is known.
    """

    feed: BundledFeed
    outcome: BundleOutcome
    differing: int = 0
