"""The contract of a source of facts about CVE ids: where its files are, and how what changed is brought.

Beside `source`, the contract of sources of advisories: facts have no ecosystem and no ranges, and are held whole, so
that a fetch returns them parsed. Implemented by `nvd`, `kev` and `epss`; `catalogue` lists them.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.mirror import FeedMirror, Missing, NotModified
from dogwatch.model.errors import (
    FeedRejectedError,
    FeedShrunkError,
    FeedUnavailableError,
    LimitExceededError,
    MalformedSnapshotError,
)
from dogwatch.model.facts import FactChanges

_FINGERPRINT = "fingerprint "
_AS_OF = "as_of"
_RECORDS = "records"
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class FactState:
    """What is remembered between two fetches: a fingerprint per file, the age of what is held, and how many it lists.

    `as_of` is what the source itself dates its newest state; never in the future, which would refuse all that follows.
    """

    fingerprints: Mapping[str, str]
    as_of: datetime | None = None
    records: int = 0

    @classmethod
    def from_mapping(cls, stored: Mapping[str, str]) -> FactState:
        """Return the stored state; an empty mapping is the state before the first fetch."""
        prints = {
            name.removeprefix(_FINGERPRINT): text for name, text in stored.items() if name.startswith(_FINGERPRINT)
        }
        as_of = datetime.fromisoformat(stored[_AS_OF]) if _AS_OF in stored else None
        return cls(prints, as_of, int(stored.get(_RECORDS, "0")))

    def to_mapping(self) -> dict[str, str]:
        """Return the state as texts, to be stored; the inverse of `from_mapping`."""
        prints = {_FINGERPRINT + name: text for name, text in self.fingerprints.items() if text}
        dated = {} if self.as_of is None else {_AS_OF: self.as_of.isoformat()}
        return prints | dated | {_RECORDS: str(self.records)}


@dataclass(frozen=True, slots=True)
class FactFiles:
    """The files of one source, in a mirror's folder of its name or at its publisher, and where copies are put."""

    source: str
    mirror: FeedMirror
    folder: Path
    limits: FeedLimits = FEED_LIMITS

    def describe(self, name: str) -> str:
        """Return a file's address, for messages."""
        return self.mirror.describe(name)

    def download(self, name: str, fingerprint: str, *, may_lack: bool = False) -> tuple[Path, str] | None:
        """Copy a file; returns the copy and its fingerprint, None where it is still the one that `fingerprint` names.

        Args:
            name: of the file.
            fingerprint: of the copy taken over before; empty asks for it in any case.
            may_lack: whether its absence is None as well.

        Raises:
            FeedError: it cannot be had.
            LimitExceededError: it is too large.
        """
        path = self.folder / name
        with open(path, "w+b") as sink:
            result = self.mirror.download(
                name,
                sink,
                max_bytes=self.limits.max_archive_bytes,
                timeout_seconds=self.limits.archive_transfer_seconds,
                fingerprint=fingerprint,
            )
        if isinstance(result, NotModified) or (isinstance(result, Missing) and may_lack):
            return None
        if isinstance(result, Missing):
            raise FeedRejectedError(self.source, self.describe(name), "there is no such file")
        return path, result.fingerprint

    def refuse_older(self, name: str, found: datetime, held: datetime | None, confirmed: bool) -> None:
        """Raise FeedUnavailableError where a file is older than what is held, as a mirror shows it that lags behind."""
        if held is not None and found < held and not confirmed:
            reason = f"an older state: it is of {found:%Y-%m-%d %H:%M}, we hold one of {held:%Y-%m-%d %H:%M}"
            raise FeedUnavailableError(self.source, self.describe(name), reason)

    def refuse_shrinking(self, name: str, found: int, held: int, confirmed: bool) -> None:
        """Raise FeedShrunkError where a file that lists everything lists far less than before."""
        lost, percent = held - found, self.limits.max_shrink_percent
        if not confirmed and held >= self.limits.shrink_floor_records and lost * 100 > held * percent:
            raise FeedShrunkError(self.source, self.describe(name), lost, held, percent)


class FactSource(Protocol):
    """One publisher of facts about CVE ids."""

    @property
    def name(self) -> str:
        """Stable text; a storage key, and the folder of its files in a mirror."""
        ...

    @property
    def licence(self) -> str:
        """The licence of the data, as a sentence that may be shown."""
        ...

    @property
    def stale_after(self) -> timedelta:
        """The age from which answers that rest on this source say so."""
        ...

    @property
    def public_location(self) -> str:
        """Where its publisher keeps the files."""
        ...

    def fetch_facts(
        self, state: FactState, files: FactFiles, now: datetime, confirmed: bool = False
    ) -> FactChanges | None:
        """Bring what changed since `state`; None when nothing did. Every structural check of a whole file is behind us.

        Args:
            state: of the last fetch that was applied.
            files: where they are, and where copies may be put.
            now: the present.
            confirmed: believe a file that is older, or lists far less, than the last one.

        Raises:
            FeedError: a file cannot be had, is older than what we hold, or shrank beyond the limit.
            MalformedSnapshotError: it is not what the source publishes, or not the whole of it.
            LimitExceededError: it is over a limit.
        """
        ...


def read_gzip(path: Path, source: str, limits: FeedLimits) -> Iterator[bytes]:
    """Yield a packed file's content in pieces; its checksum has been compared when the last one was taken.

    Raises:
        MalformedSnapshotError: not a whole gzip file.
        LimitExceededError: it unpacks to more than a file may.
    """
    most, taken = limits.max_inflated_bytes, 0
    try:
        with gzip.open(path) as file:
            while piece := file.read(_CHUNK_BYTES):
                taken += len(piece)
                if taken > most:
                    raise LimitExceededError(f"{source} {path.name}", "max_inflated_bytes", most, "bytes")
                yield piece
    except (EOFError, OSError, zlib.error) as broken:
        raise MalformedSnapshotError(source, f"{path.name}: not a whole gzip file: {broken}") from broken


def read_whole(path: Path, source: str, max_bytes: int) -> bytes:
    """Read a small file.

    Raises:
        LimitExceededError: it is not small.
    """
    with open(path, "rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise LimitExceededError(f"{source} {path.name}", "max_fact_list_bytes", max_bytes, "bytes")
    return content
