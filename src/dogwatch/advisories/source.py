"""The contract of an advisory source: what it speaks for, how it is fetched, how it is parsed.

Fetch touches the network and the spool and decides nothing about content; parse reads what fetch left in the spool and
never touches the network. No implementation lives here; `catalogue` lists them; `flow` calls them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from dogwatch.advisories.mirror import FeedMirror
from dogwatch.model.feeds import ParsedRecord
from dogwatch.model.times import parse_rfc3339

_TIMES = ("newest_modified_at", "checked_at", "changed_at")


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is remembered of one feed of one ecosystem between two fetches. Save it in the transaction of its changes.

    `listing_fingerprint` and `archive_fingerprint` say "this I have taken over"; empty asks for the whole file again.
    `newest_modified_at` is the newest record the feed has shown that was not dated in the future then. `checked_at` is
    when the feed last answered with something that is not older than what we hold: age counts from it.
    `changed_at` is when it last brought a change, `records` how many it lists.
    """

    listing_fingerprint: str = ""
    archive_fingerprint: str = ""
    newest_modified_at: datetime | None = None
    checked_at: datetime | None = None
    changed_at: datetime | None = None
    records: int = 0

    def to_mapping(self) -> dict[str, str]:
        """Return the state as texts, to be stored; the inverse of `from_mapping`."""
        times = {name: getattr(self, name) for name in _TIMES}
        return {
            "listing_fingerprint": self.listing_fingerprint,
            "archive_fingerprint": self.archive_fingerprint,
            "records": str(self.records),
        } | {name: moment.isoformat() for name, moment in times.items() if moment is not None}

    @classmethod
    def from_mapping(cls, stored: Mapping[str, str]) -> FeedState | None:
        """Return the stored state; None where nothing was stored yet."""
        if not stored:
            return None
        return cls(
            listing_fingerprint=stored.get("listing_fingerprint", ""),
            archive_fingerprint=stored.get("archive_fingerprint", ""),
            records=int(stored.get("records", "0")),
            **{name: parse_rfc3339(stored[name]) for name in _TIMES if name in stored},
        )


@dataclass(frozen=True, slots=True)
class RawDocument:
    """One record as the feed gave it: id and time it is listed under, and its bytes."""

    id: str
    listed_at: datetime
    content: bytes


@dataclass(frozen=True, slots=True)
class RefusedDocument:
    """One listed record that fetch could not take, and why. What was known of it before stays in force."""

    id: str
    listed_at: datetime
    reason: str


class Documents(Protocol):
    """Records in the spool; may be read any number of times, one record in memory at a time."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __iter__(self) -> Iterator[RawDocument]:
        """Read them one by one."""
        ...


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The feed brought nothing new; `state` carries the new `checked_at`."""

    state: FeedState


@dataclass(frozen=True, slots=True)
class Outdated:
    """The feed shows an older state than we hold, as a mirror does that lags behind: nothing is taken over.

    `state` is the previous one, untouched, so that the feed's age goes on counting.
    """

    state: FeedState
    newest_modified_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the known records. Every structural check is behind us; values pickle between processes.

    `documents` hold the changed and new records, `removed` the ids that are no longer listed, `pending` the listed ones
    whose content the feed did not have yet (the next fetch asks again), `refused` those that fetch could not take.
    `spool` is a folder of this fetch alone; call `discard` when done.
    """

    state: FeedState
    documents: tuple[Documents, ...]
    removed: tuple[str, ...]
    pending: tuple[str, ...]
    refused: tuple[RefusedDocument, ...]
    spool: Path

    @property
    def is_complete(self) -> bool:
        """Whether everything listed is here: nothing is pending."""
        return not self.pending

    def __len__(self) -> int:
        """How many documents there are to parse."""
        return sum(len(part) for part in self.documents)

    def __iter__(self) -> Iterator[RawDocument]:
        """Read the documents one by one."""
        for part in self.documents:
            yield from part

    def discard(self) -> None:
        """Delete the spool; may be called twice."""
        shutil.rmtree(self.spool, ignore_errors=True)


FetchResult = Unchanged | Outdated | Changes


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What a fetch is asked to bring, and where.

    `ecosystem` is one of the source's, or one of its releases (`AlmaLinux:9`). `previous` is the state that the last
    applied fetch returned, `known` (id, modified) of every record in force that came by this feed, in any order: it is
    read at most once, and not at all when the feed has not changed. `spool` is a folder for temporary files, in which
    each fetch makes one of its own. `confirmed` believes a listing that is older than the last one, or that lost more
    than the limit.
    """

    ecosystem: str
    previous: FeedState | None = None
    known: Iterable[tuple[str, datetime]] = ()
    mirror: FeedMirror = field(kw_only=True)
    spool: Path = field(kw_only=True)
    now: datetime = field(kw_only=True)
    confirmed: bool = field(default=False, kw_only=True)

    @property
    def before(self) -> FeedState:
        """The state to begin with; an empty one before the first fetch."""
        return self.previous or FeedState()


class AdvisorySource(Protocol):
    """One publisher of advisories."""

    @property
    def name(self) -> str:
        """Stable text; a storage key."""
        ...

    @property
    def licence(self) -> str:
        """The licence of the data, as a sentence that may be shown."""
        ...

    @property
    def public_location(self) -> str:
        """The address below which its publisher serves it; empty where it comes with the program."""
        ...

    @property
    def folder(self) -> str:
        """The folder in which a mirror of all sources has it; empty: the mirror itself is laid out like it."""
        ...

    @property
    def stale_after(self) -> timedelta:
        """The age from which answers that rest on this source say so."""
        ...

    @property
    def ecosystems(self) -> tuple[str, ...]:
        """The feeds it can be fetched by: ecosystems without release (`Debian`, `PyPI`, `npm`)."""
        ...

    @property
    def dates_records(self) -> bool:
        """Whether a record's time is when it changed; where it is not, it is when it was fetched."""
        ...

    @property
    def by_release(self) -> bool:
        """Whether its feeds are those of single releases (`Alpine:v3.22`): only those of releases found are fetched."""
        ...

    def covers(self, ecosystem: str) -> bool:
        """Whether it speaks for packages of this ecosystem string, release included (`Debian:12`)."""
        ...

    def fetch(self, asked: FetchRequest) -> FetchResult:
        """Bring what differs from what is known into the spool.

        Raises:
            FeedUnavailableError: the feed cannot be reached or broke off.
            FeedRejectedError: it refuses us, or lacks the ecosystem.
            FeedShrunkError: it shrank beyond the limit.
            MalformedSnapshotError: what it sent is not a feed, or not the whole of it.
            LimitExceededError: a file is over a limit of `FeedLimits`.
        """
        ...

    def parse(self, changes: Changes) -> Iterator[ParsedRecord]:
        """Read the documents of a fetch, those that fetch refused first; a malformed record is a problem, not an error.

        `modified_at` of a record with a problem is what the feed lists; what was known of it before stays in force.

        Raises:
            MalformedSnapshotError: the spool was damaged since the fetch.
        """
        ...
