"""What a feed brought, and what its publication did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from dogwatch.model.advisories import Advisory

SAMPLE_SOURCE = "sample"
"""The source whose advisories come with the demonstration: a few facts and no feed; marked wherever it is shown."""

SUPPLIED_SOURCE = "supplied"
"""The source of advisories that the operator of an installation supplies."""

VEX_SOURCE = "vex"
"""The source of an operator's VEX statements: what is said of single products and versions."""

OPERATOR_SOURCES = (VEX_SOURCE, SUPPLIED_SOURCE)
"""What the operator says beats everyone else's word; the first of these the second's."""

NOT_WAITED_FOR = frozenset({("osv", "Chainguard")})
"""Feeds (source, ecosystem) whose first import takes longer than anybody waits for one look at an image: over a million
records, of 700 MB. A service imports them, and `dogwatch db update`."""

UNAFFECTED_IN_DOCUMENTS = ("opensuse-vex", "suse-vex")
"""Sources whose word "not affected" stands in their documents alone (member `not_affected`: `UnaffectedPackages`).

No range is made of it: it is most of what they say, and nobody else speaks of these packages."""

FIXES_ONLY = frozenset(
    {
        *("AlmaLinux", "Alpaquita", "Alpine", "Amazon Linux", "BellSoft Hardened Containers", "CleanStart", "Echo"),
        *("Fedora", "Mageia", "Oracle Linux", "Rocky Linux", "openEuler"),
    }
)
"""Distributions of which every source tells fixes alone: of a flaw that has none nothing is known."""


@dataclass(frozen=True, slots=True)
class ParsedRecord:
    """One document of a feed: its id, time and bytes, and what it says; or why it could not be read (advisory None)."""

    id: str
    modified_at: datetime
    document: bytes
    advisory: Advisory | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One document as it was last published: its id, the time it is listed under, and its bytes."""

    id: str
    listed_at: datetime
    content: bytes


@dataclass(frozen=True, slots=True)
class FeedChanges:
    """What a fetch brought. `state` is the source's own memory, to be stored as it is.

    `records` is consumed once and may raise MalformedSnapshotError while it runs: then nothing is published. `removed`
    are ids no longer listed. `answered_at` is when the feed said this; None: just now. What it said before it said what
    is held by then is refused, unless `may_go_back`. Where the feed does not date its records (`is_dated`), their times
    are those of the fetch, and another time is no change.
    """

    state: Mapping[str, str]
    records: Iterator[ParsedRecord]
    removed: tuple[str, ...]
    answered_at: datetime | None = None
    may_go_back: bool = False
    is_dated: bool = True


@dataclass(frozen=True, slots=True)
class Publication:
    """What one publication did; `revision` is None when nothing changed but the feed's state."""

    revision: int | None
    added: int = 0
    changed: int = 0
    ended: int = 0
    refused: int = 0
    exposures_begun: int = 0
    exposures_ended: int = 0
