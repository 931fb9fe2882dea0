"""Folders of CSAF documents as their publishers serve them: a list of changes, a list of deletions, one archive of all.

`changes.csv` lists every document with the time of its last change, so a day without news costs one small request. What
changed is fetched singly, and by the archive at first and where much changed. Of each document only what its source
keeps goes on: documents have megabytes, most of them about products that no image tells.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Final

from dogwatch.advisories.csaf_listing import cve_of, is_dated_before, parse_changes, read_archive_name
from dogwatch.advisories.documents import SingleDocuments, SpooledDocument, read_records
from dogwatch.advisories.limits import FeedLimits
from dogwatch.advisories.listed_feed import Compared, ListedFeed
from dogwatch.advisories.listing import Listing, from_ticks, to_ticks
from dogwatch.advisories.mirror import Downloaded, DownloadResult, Missing, NotModified
from dogwatch.advisories.packed_file import UNPACKING_ERRORS, open_packed
from dogwatch.advisories.singles import fetch_singles
from dogwatch.advisories.source import Changes, FetchRequest, FetchResult, RefusedDocument, Unchanged
from dogwatch.advisories.spool import fetch_into_folder
from dogwatch.inventory.limits import DEFAULT_LIMITS
from dogwatch.inventory.tar import TarFormatError, TarReader
from dogwatch.model.advisories import Advisory
from dogwatch.model.errors import FeedRejectedError, LimitExceededError, MalformedSnapshotError
from dogwatch.model.feeds import ParsedRecord

_CHANGES: Final = "changes.csv"
_DELETIONS: Final = "deletions.csv"
_NEWEST_ARCHIVE: Final = "archive_latest.txt"
_NAME_BYTES: Final = 4096  # of the file that names the archive; the name has some thirty characters
_PIECE_BYTES: Final = 1024 * 1024
_DAMAGED: Final[tuple[type[Exception], ...]] = (TarFormatError, *UNPACKING_ERRORS)


class CsafSource(ABC):
    """What the sources of such folders have in common: `fetch` and `parse` of an AdvisorySource, by a few questions."""

    __slots__ = ()

    name: str
    limits: FeedLimits

    @property
    def lists(self) -> str:
        """The folder in which the lists stand, with a slash at its end; empty where they stand at the top."""
        return ""

    @property
    def archive(self) -> str:
        """The one archive of all documents; empty where a file names the newest, with its day."""
        return ""

    @abstractmethod
    def id_of(self, cve: str) -> str:
        """Return the id under which the document of a CVE id is kept."""

    @abstractmethod
    def path_of(self, record_id: str) -> str:
        """Return where the document of an id is."""

    @abstractmethod
    def condense(self, content: bytes) -> bytes:
        """Return what is kept of a document.

        Raises:
            ValueError, RecursionError: it cannot be used.
        """

    @abstractmethod
    def read(self, record_id: str, content: bytes, listed_at: datetime) -> Advisory:
        """Make an advisory of what was kept.

        Raises:
            ValueError: it cannot be used.
        """

    def fetch(self, asked: FetchRequest) -> FetchResult:
        """Bring what changed into the spool; see `AdvisorySource.fetch`.

        1. The list of changes, conditionally. Not modified: nothing new.
        2. A list whose newest time is before the newest seen comes from a mirror that lags: outdated.
        3. Compare with `known`; a list that lost too much, or only its tail, is refused.
        4. At first, and where much changed: the newest archive. A document that changed on the archive's day or later
           is not taken from it; where no day is told, one that is dated before its time in the list.
        5. What is left, singly; over the network as many as the limit says. The others, and what is not there yet, stay
           pending; the list's fingerprint is then not kept, so that the next fetch goes on.
        """
        return fetch_into_folder(self.name, asked.spool, lambda folder: _Fetch(self, asked, folder).run())

    def parse(self, changes: Changes) -> Iterator[ParsedRecord]:
        """Read what was kept; see `read_records`."""
        return read_records(changes, self.name, self.read)


@dataclass(slots=True)
class _Fetch:
    """One fetch under way: where it reads and writes, and what it has gathered so far."""

    source: CsafSource
    asked: FetchRequest
    folder: Path
    index: list[SpooledDocument] = field(default_factory=list)
    refused: list[RefusedDocument] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The feed in words."""
        return f"{self.source.name} {self.asked.ecosystem}"

    def run(self) -> FetchResult:
        """Go through the five steps of `CsafSource.fetch`."""
        listed = self._read_list()
        if listed is None:
            return Unchanged(replace(self.asked.before, checked_at=self.asked.now))
        fingerprint, listing = listed
        changes, limits = self._list_path(_CHANGES), self.source.limits
        feed = ListedFeed(self.source.name, self.label, changes, self.source.path_of, self.asked.mirror, limits)
        compared = feed.compare(listing, fingerprint, self.asked)
        if not isinstance(compared, Compared):
            return compared
        comparison, state = compared.comparison, compared.state
        kept = self.folder / "kept"
        with open(kept, "wb") as file:
            pending = self._bring(comparison.changed, comparison.known_records == 0, file)
        return Changes(
            state=replace(state, listing_fingerprint="" if pending else fingerprint),
            documents=(SingleDocuments(kept, tuple(self.index)),),
            removed=tuple(record_id for record_id, _ in comparison.removed),
            pending=pending,
            refused=tuple(self.refused),
            spool=self.folder,
        )

    def _read_list(self) -> tuple[str, Listing] | None:
        """Return the list of changes and its fingerprint; None where it is still that of the last time."""
        limits = self.source.limits
        path, changes = self.folder / _CHANGES, self._list_path(_CHANGES)
        found = self._get(changes, path, limits.max_listing_bytes, self.asked.before.listing_fingerprint)
        if isinstance(found, NotModified):
            return None
        if isinstance(found, Missing):
            address = self.asked.mirror.describe(changes)
            raise FeedRejectedError(self.source.name, address, "there is no such file; is this a folder of CSAF?")
        deletions = io.BytesIO()
        gone = self.asked.mirror.download(
            self._list_path(_DELETIONS),
            deletions,
            max_bytes=limits.max_listing_bytes,
            timeout_seconds=limits.small_transfer_seconds,
        )
        deletions = deletions if isinstance(gone, Downloaded) else io.BytesIO()
        deletions.seek(0)
        with open(path, "rb") as file:
            listing = parse_changes(file, deletions, self.label, self.source.id_of, self.asked.now, limits)
        return found.fingerprint, listing

    def _list_path(self, name: str) -> str:
        return f"{self.source.lists}{name}"

    def _get(self, name: str, path: Path, max_bytes: int, fingerprint: str = "") -> DownloadResult:
        is_small = path.name in (_CHANGES, _NEWEST_ARCHIVE)
        limits = self.source.limits
        seconds = limits.small_transfer_seconds if is_small else limits.archive_transfer_seconds
        with open(path, "w+b") as file:
            return self.asked.mirror.download(
                name, file, max_bytes=max_bytes, timeout_seconds=seconds, fingerprint=fingerprint
            )

    def _bring(self, wanted: dict[str, int], is_first: bool, file: IO[bytes]) -> tuple[str, ...]:
        """Get the changed documents; return the ids that have to wait."""
        limits = self.source.limits
        if is_first or len(wanted) > limits.max_single_records:
            self._bring_by_archive(wanted, file)
        items = iter(wanted.items())
        pending: list[str] = []
        while singles := dict(islice(items, limits.max_single_records)):
            pending.extend(self._bring_singly(singles, file))
            if not self.asked.mirror.is_local:
                break  # what is left is asked for by the next fetch
        return (*pending, *(record_id for record_id, _ in items))

    def _bring_singly(self, wanted: dict[str, int], file: IO[bytes]) -> tuple[str, ...]:
        """Get documents one by one; return the ids of those that are not there yet."""
        path = self.folder / "singles"
        fetched = fetch_singles(self.asked.mirror, self.source.path_of, wanted, path, self.source.limits)
        for raw in fetched.documents:
            self._keep(raw.id, to_ticks(raw.listed_at), raw.content, file)
        path.unlink()
        self.refused.extend(fetched.refused)
        return fetched.pending

    def _bring_by_archive(self, wanted: dict[str, int], file: IO[bytes]) -> None:
        """Take what the newest archive has; what is left of `wanted` it does not have, or not as new as listed."""
        newest = (self.source.archive, None) if self.source.archive else self._find_newest()
        if newest is None:
            return
        name, made_at = newest
        path = self.folder / "archive"
        if not isinstance(self._get(name, path, self.source.limits.max_archive_bytes), Downloaded):
            return
        try:
            self._take_entries(path, made_at, wanted, file)
        except _DAMAGED as damaged:
            raise MalformedSnapshotError(self.label, f"{name}: {str(damaged)[:200]}") from damaged
        path.unlink()

    def _find_newest(self) -> tuple[str, int] | None:
        """Return the name and the day (in ticks) of the newest archive; None where none is named."""
        named = self.folder / _NEWEST_ARCHIVE
        if not isinstance(self._get(self._list_path(_NEWEST_ARCHIVE), named, _NAME_BYTES), Downloaded):
            return None
        found = read_archive_name(named.read_text("ascii", "replace"))
        return (found[0], to_ticks(found[1])) if found else None

    def _take_entries(self, path: Path, made: int | None, wanted: dict[str, int], file: IO[bytes]) -> None:
        limits = self.source.limits
        with open_packed(path) as unpacked:
            archive = TarReader(self._pieces(unpacked), DEFAULT_LIMITS, f"archive of {self.label}")
            for entry in archive:
                cve = cve_of(entry.name.decode("utf-8", "replace"))
                record_id = self.source.id_of(cve)
                listed = wanted.get(record_id) if cve and entry.kind == "file" else None
                if listed is None or (made is not None and listed >= made):
                    continue
                content = archive.take(limits.max_record_bytes)
                if content is None:
                    self._refuse(
                        record_id, listed, f"over the limit max_record_bytes of {limits.max_record_bytes} bytes"
                    )
                elif made is None and is_dated_before(content, listed):
                    continue
                else:
                    self._keep(record_id, listed, content, file)
                del wanted[record_id]

    def _pieces(self, unpacked: IO[bytes]) -> Iterator[bytes]:
        total, allowed = 0, self.source.limits.max_inflated_bytes
        while piece := unpacked.read(_PIECE_BYTES):
            total += len(piece)
            if total > allowed:
                raise LimitExceededError(f"archive of {self.label}", "max_inflated_bytes", allowed, "bytes")
            yield piece

    def _keep(self, record_id: str, listed: int, content: bytes, file: IO[bytes]) -> None:
        """Condense a document into the spool, or refuse it."""
        try:
            kept = self.source.condense(content)
        except (ValueError, RecursionError) as unusable:
            self._refuse(record_id, listed, f"{self.source.name}: {str(unusable)[:500]}")
            return
        self.index.append(SpooledDocument(record_id, listed, file.tell(), len(kept)))
        file.write(kept)

    def _refuse(self, record_id: str, listed: int, reason: str) -> None:
        self.refused.append(RefusedDocument(record_id, from_ticks(listed), reason))
        allowed = self.source.limits.max_refused_records
        if len(self.refused) > allowed:
            raise MalformedSnapshotError(self.label, f"more than {allowed} documents are refused")
