"""What changed in the advisories between two moments, and what that did to the packages of an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

CHANGE_KINDS = ("added", "changed", "text changed", "withdrawn", "removed", "restored")
"""What the journal says of a document: removed is one that its feed no longer lists, restored one that is back."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """An end of the time that is looked at: the newest revision until then (0 before the first), and the moment."""

    revision: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AdvisoryChange:
    """One document that one revision changed: `ecosystem` is that of the feed, `kind` one of CHANGE_KINDS."""

    revision: int
    published_at: datetime
    source: str
    ecosystem: str
    advisory: str
    kind: str
    vulnerabilities: tuple[str, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there were of one kind, or for one reason."""

    of: str
    count: int


@dataclass(frozen=True, slots=True)
class DiffQuery:
    """What is asked: since when and until when (None: now), each a revision or a moment; only some kinds of change.

    `after` is an opaque cursor.
    """

    account_id: str
    since: int | datetime
    until: int | datetime | None = None
    kinds: frozenset[str] = frozenset()
    limit: int = 100
    after: str = ""


@dataclass(frozen=True, slots=True)
class JournalDiff:
    """What happened after `begin`, up to `end`: a page of changes, oldest first, and on the first page the counts.

    `advisories` are counted by kind, `begun` and `ended` exposures of packages in the account's images by reason.
    `are_more` says that there are more exposures than are counted.
    """

    begin: Boundary
    end: Boundary
    changes: tuple[AdvisoryChange, ...]
    next: str
    advisories: tuple[Tally, ...] = ()
    begun: tuple[Tally, ...] = ()
    ended: tuple[Tally, ...] = ()
    are_more: bool = False
