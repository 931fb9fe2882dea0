"""Records in the spool: picked out of an archive, or fetched singly. Small values that pickle between processes.

Sources make them; `Changes` holds them; all kinds are read one record at a time, by most sources in one way.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import msgspec

from dogwatch.advisories.archive import Archive, Entry
from dogwatch.advisories.limits import FeedLimits
from dogwatch.advisories.listing import RECORD_ID, from_ticks, to_ticks
from dogwatch.advisories.source import Changes, RawDocument, RefusedDocument
from dogwatch.model.advisories import Advisory
from dogwatch.model.errors import MalformedSnapshotError
from dogwatch.model.feeds import ParsedRecord, StoredDocument
from dogwatch.model.times import parse_rfc3339

_SUFFIX = ".json"


class _Head(msgspec.Struct):
    """What fetch itself reads of a record."""

    id: str
    modified: str


def is_older(content: bytes, listed: int) -> bool:
    """Whether a record says of itself that it is older than listed (ticks): the feed has not caught up with its list.

    A record that does not say so in a readable way is for `parse` to judge, not for waiting.
    """
    try:
        return to_ticks(parse_rfc3339(msgspec.json.decode(content, type=_Head).modified)) < listed
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


@dataclass(frozen=True, slots=True)
class ArchiveDocuments:
    """Records inside a spooled archive: where their directory records start, and the ticks they are listed with."""

    path: Path
    source: str
    limits: FeedLimits
    positions: array[int]
    listed: array[int]

    def __len__(self) -> int:
        """How many records there are."""
        return len(self.positions)

    def __iter__(self) -> Iterator[RawDocument]:
        """Read them in the order of the archive.

        Raises:
            MalformedSnapshotError: the file was damaged since it was checked.
        """
        with open(self.path, "rb") as file:
            archive = Archive(file, self.source, self.limits)
            for position, listed in zip(self.positions, self.listed, strict=True):
                entry = archive.entry_at(position)
                yield RawDocument(entry.name.removesuffix(_SUFFIX), from_ticks(listed), archive.inflate(entry))


@dataclass(frozen=True, slots=True)
class StoredDocuments:
    """Records that were published before, as the store gives them: read once, and nobody has counted them."""

    documents: Iterable[StoredDocument]

    def __len__(self) -> int:
        """No number is known."""
        return 0

    def __iter__(self) -> Iterator[RawDocument]:
        """Read them."""
        return (RawDocument(one.id, one.listed_at, one.content) for one in self.documents)


@dataclass(frozen=True, slots=True)
class SelectedDocuments:
    """What an archive gave: usable records and refused ones."""

    documents: ArchiveDocuments
    refused: tuple[RefusedDocument, ...]


def select_documents(path: Path, source: str, wanted: dict[str, int], limits: FeedLimits) -> SelectedDocuments:
    """Check a whole archive, and pick the wanted records out of it.

    Every name, size and offset is checked; what is wanted is also inflated and compared with its checksum. Entries
    with other names than `<wanted id>.json` are never inflated.

    Args:
        path: the spooled archive.
        source: named in errors.
        wanted: id → listed modified, in ticks. Consumed: what is left are the records that the archive does not have,
            or has older than listed (a copy of a million would cost more than everything else here).
        limits: caps.

    Raises:
        MalformedSnapshotError: the archive is damaged or contradicts itself, holds a name twice, or most of it is
            refused.
        LimitExceededError: too many entries, or too much when inflated.
    """
    documents = ArchiveDocuments(path, source, limits, array("Q"), array("q"))
    refused: list[RefusedDocument] = []
    with open(path, "rb") as file:
        archive = Archive(file, source, limits)
        _check_directory(archive, source)
        for entry in archive.entries():
            record_id = _record_id(entry)
            if record_id is None or record_id not in wanted:
                continue
            if not archive.is_within_limits(entry):
                refused.append(_too_large(record_id, wanted.pop(record_id), limits))
            elif not is_older(archive.inflate(entry), wanted[record_id]):
                documents.positions.append(entry.position)
                documents.listed.append(wanted.pop(record_id))
            if len(refused) > limits.max_refused_records:
                raise MalformedSnapshotError(source, f"more than {limits.max_refused_records} records are refused")
    return SelectedDocuments(documents, tuple(refused))


def _check_directory(archive: Archive, source: str) -> None:
    """Look at every entry before any is inflated: totals, and names that occur twice."""
    packed_bytes = inflated_bytes = 0
    names = array(
        "q"
    )  # 64-bit hashes: a million names themselves would be 100 MB; two alike by chance, 1 in 10 million
    for entry in archive.entries():
        names.append(hash(entry.name))
        packed_bytes += entry.packed_bytes
        inflated_bytes += entry.size_bytes
    archive.check_totals(packed_bytes, inflated_bytes)
    ordered = sorted(names)
    if any(one == other for one, other in pairwise(ordered)):
        raise MalformedSnapshotError(source, "archive: a name occurs twice")


def _record_id(entry: Entry) -> str | None:
    """Return the id of a plain `<ID>.json`; None for any other name."""
    record_id = entry.name.removesuffix(_SUFFIX)
    return record_id if record_id != entry.name and RECORD_ID.fullmatch(record_id) else None


def _too_large(record_id: str, listed: int, limits: FeedLimits) -> RefusedDocument:
    reason = f"over the limit max_record_bytes of {limits.max_record_bytes} bytes"
    return RefusedDocument(record_id, from_ticks(listed), reason)


@dataclass(frozen=True, slots=True)
class SpooledDocument:
    """Where a singly fetched record lies in its file, in bytes."""

    id: str
    listed: int
    offset: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SingleDocuments:
    """Records fetched one by one, laid one after the other in a spool file."""

    path: Path
    index: tuple[SpooledDocument, ...]

    def __len__(self) -> int:
        """How many records there are."""
        return len(self.index)

    def __iter__(self) -> Iterator[RawDocument]:
        """Read them in the order they came."""
        with open(self.path, "rb") as file:
            for spooled in self.index:
                file.seek(spooled.offset)
                yield RawDocument(spooled.id, from_ticks(spooled.listed), file.read(spooled.size_bytes))


def read_records(
    changes: Changes, source: str, read: Callable[[str, bytes, datetime], Advisory]
) -> Iterator[ParsedRecord]:
    """Read the documents of a fetch one at a time; see `AdvisorySource.parse`. A record is as old as the list says.

    Args:
        changes: what was fetched; what fetch refused comes first.
        source: its name, which stands before the reason of what cannot be used.
        read: makes an advisory of id, content and listed time; raises ValueError or RecursionError where it cannot.
    """
    for refused in changes.refused:
        yield ParsedRecord(refused.id, refused.listed_at, b"", None, refused.reason)
    for raw in changes:
        try:
            advisory = read(raw.id, raw.content, raw.listed_at)
        except (ValueError, RecursionError) as unusable:
            yield ParsedRecord(raw.id, raw.listed_at, raw.content, None, f"{source}: {str(unusable)[:500]}")
        else:
            yield ParsedRecord(raw.id, raw.listed_at, raw.content, advisory)
