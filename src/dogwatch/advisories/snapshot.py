"""Feeds that are a few whole files: download what changed, take the records out, compare their ids with those held.

Such feeds do not date what they say, so every record of a changed file is handed on; the journal leaves alone what says
the same as before. What the files are and how a record is read stands with each source.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from dogwatch.advisories.documents import SingleDocuments, SpooledDocument, read_records
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.listing import to_ticks
from dogwatch.advisories.mirror import Downloaded, FeedMirror, Missing, NotModified
from dogwatch.advisories.source import Changes, FeedState, FetchRequest, FetchResult, Outdated, Unchanged
from dogwatch.advisories.spool import fetch_into_folder
from dogwatch.model.advisories import Advisory
from dogwatch.model.errors import FeedRejectedError, FeedShrunkError, LimitExceededError, MalformedSnapshotError
from dogwatch.model.feeds import ParsedRecord

_LONGEST_WAY = 2
"""Lists of mirrors name lists of files; nobody goes further."""

_Shape = TypeVar("_Shape")

Records = Iterator[tuple[str, bytes]]
"""Id and content of each record; an id comes once."""

Split = Callable[[Mapping[str, Path]], Records]
"""Takes the records out of the files that are there, by their paths. Raises MalformedSnapshotError for what is none."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A file that another one names, below the mirror, and its SHA-256 in hexadecimal; empty where it is not told."""

    path: str
    sha256: str = ""


Follow = Callable[[str, bytes], tuple[Linked, ...] | None]
"""From path and content of a file to the files that it stands for; None for one that holds records itself."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One feed of whole files: who it is of, where its files are below the mirror, and how they come apart.

    Files of `optional` may be missing where another one is there. Files that `follow` says something of are lists of
    others, which are fetched in their place.
    """

    source: str
    ecosystem: str
    files: tuple[str, ...]
    split: Split
    optional: frozenset[str] = frozenset()
    limits: FeedLimits = FEED_LIMITS
    follow: Follow | None = None

    @property
    def label(self) -> str:
        """The feed in words."""
        return f"{self.source} {self.ecosystem}"


class _File(msgspec.Struct, frozen=True):
    """What is remembered of a file: what asks whether it changed, and when it was made where the mirror says so."""

    fingerprint: str
    modified_at: datetime | None = None


class SnapshotSource(ABC):
    """What the sources of such feeds have in common: `fetch` and `parse` of an AdvisorySource, by two questions."""

    __slots__ = ()

    name: str
    dates_records = False

    @abstractmethod
    def snapshot_of(self, ecosystem: str) -> Snapshot:
        """Return what the feed of an ecosystem is made of."""

    @abstractmethod
    def read(self, record_id: str, content: bytes, now: datetime) -> Advisory:
        """Make an advisory of a record.

        Raises:
            ValueError: it cannot be used (msgspec's errors are ValueErrors).
        """

    def fetch(self, asked: FetchRequest) -> FetchResult:
        """Bring a feed of whole files into the spool; see `AdvisorySource.fetch`.

        1. Every file, conditionally. None changed: nothing new.
        2. Where one changed, the others once more: an id may stand in several. Lists of files are followed.
        3. Where these are those of the last time by their digests, nothing is new. Where they are not, and the mirror
           dates one before the one that was taken over, it lags: outdated.
        4. Records into one spool file. Ids that are held and no longer there are removed; too many of them are refused.
        """
        snapshot = self.snapshot_of(asked.ecosystem)
        return fetch_into_folder(self.name, asked.spool, lambda folder: _fetch(snapshot, asked, folder))

    def parse(self, changes: Changes) -> Iterator[ParsedRecord]:
        """Read the records; see `read_records`."""
        return read_records(changes, self.name, self.read)


def _fetch(snapshot: Snapshot, asked: FetchRequest, folder: Path) -> FetchResult:
    """Go through the four steps of `SnapshotSource.fetch`."""
    before, mirror, now = asked.before, asked.mirror, asked.now
    held = _remembered(before.listing_fingerprint)
    files = _download(snapshot, mirror, folder, held)
    if files is None:
        return Unchanged(replace(before, checked_at=now))
    is_told = all(file.fingerprint for file in files.values())
    told = msgspec.json.encode(files).decode() if is_told else ""
    paths = {path: _spooled(folder, path) for path in files}
    if snapshot.follow is not None:
        paths = _follow(snapshot, mirror, folder, paths)
    contents = msgspec.json.encode({path: _digest(file) for path, file in sorted(paths.items())}).decode()
    if contents == before.archive_fingerprint:
        return Unchanged(replace(before, listing_fingerprint=told, checked_at=now))
    if not asked.confirmed and (reason := _find_older(files, held)):
        return Outdated(before, None, reason)
    documents = _spool_records(snapshot, paths, folder / "records", now)
    for path in paths.values():
        path.unlink()
    known_ids = {record_id for record_id, _ in asked.known}
    removed = known_ids - {document.id for document in documents.index}
    _refuse_shrinking(snapshot, mirror, len(removed), len(known_ids), asked.confirmed)
    state = FeedState(told, contents, None, now, now, len(documents))
    return Changes(state, (documents,), tuple(sorted(removed)), (), (), folder)


def _download(
    snapshot: Snapshot, mirror: FeedMirror, folder: Path, held: Mapping[str, _File]
) -> dict[str, _File] | None:
    """Bring the files; returns those that are there, None where nothing changed."""
    asked = {path: held[path].fingerprint if path in held else "" for path in snapshot.files}
    answers = {path: _get(snapshot, mirror, folder, path, fingerprint) for path, fingerprint in asked.items()}
    unchanged = {path for path, answer in answers.items() if isinstance(answer, NotModified)}
    if held and unchanged == held.keys() and not any(isinstance(one, Downloaded) for one in answers.values()):
        return None
    answers |= {path: _get(snapshot, mirror, folder, path, "") for path in unchanged}
    found = {
        path: _File(one.fingerprint, one.modified_at) for path, one in answers.items() if isinstance(one, Downloaded)
    }
    for path in snapshot.files:
        if path not in found and (path not in snapshot.optional or not found):
            raise FeedRejectedError(snapshot.source, mirror.describe(path), "there is no such file")
    return found


def _find_older(files: Mapping[str, _File], held: Mapping[str, _File]) -> str:
    """Return which file is older than the one that was taken over; empty where none is, as far as they are dated.

    Alike files of several servers are dated seconds apart: call it for others than those that were taken over.
    """
    for path, file in files.items():
        before = held[path].modified_at if path in held else None
        if before is not None and file.modified_at is not None and file.modified_at < before:
            return f"{path} is of {file.modified_at:%Y-%m-%d %H:%M:%S}, we hold that of {before:%Y-%m-%d %H:%M:%S}"
    return ""


def _follow(snapshot: Snapshot, mirror: FeedMirror, folder: Path, paths: dict[str, Path]) -> dict[str, Path]:
    """Return the files that hold records.

    Raises:
        FeedRejectedError: a file that is named is not there, or has another digest.
        MalformedSnapshotError: a list of files is none, or lists lead on and on.
    """
    assert snapshot.follow is not None
    records: dict[str, Path] = {}
    waiting = [(Linked(path), spooled, 0) for path, spooled in paths.items()]
    while waiting:
        linked, spooled, depth = waiting.pop()
        if linked.sha256 and _digest(spooled) != linked.sha256:
            raise FeedRejectedError(snapshot.source, mirror.describe(linked.path), "not the file that its list names")
        named = snapshot.follow(linked.path, spooled.read_bytes())
        if named is None:
            records[linked.path] = spooled
            continue
        spooled.unlink()
        if depth == _LONGEST_WAY:
            raise MalformedSnapshotError(snapshot.label, f"{linked.path[:80]} names files that name files")
        for one in named:
            if not isinstance(_get(snapshot, mirror, folder, one.path, ""), Downloaded):
                raise FeedRejectedError(snapshot.source, mirror.describe(one.path), "there is no such file")
            waiting.append((one, _spooled(folder, one.path), depth + 1))
    return records


def _remembered(text: str) -> dict[str, _File]:
    try:
        return msgspec.json.decode(text, type=dict[str, _File]) if text else {}
    except msgspec.MsgspecError:
        return {}


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _spooled(folder: Path, path: str) -> Path:
    return folder / path.replace("/", "__")


def _get(
    snapshot: Snapshot, mirror: FeedMirror, folder: Path, path: str, fingerprint: str
) -> Downloaded | NotModified | Missing:
    with open(_spooled(folder, path), "w+b") as file:
        return mirror.download(
            path,
            file,
            max_bytes=snapshot.limits.max_snapshot_bytes,
            timeout_seconds=snapshot.limits.archive_transfer_seconds,
            fingerprint=fingerprint,
        )


def _spool_records(snapshot: Snapshot, paths: Mapping[str, Path], to: Path, now: datetime) -> SingleDocuments:
    listed = to_ticks(now)
    index: list[SpooledDocument] = []
    seen: set[str] = set()
    with open(to, "wb") as file:
        for record_id, content in snapshot.split(paths):
            if record_id in seen:
                raise MalformedSnapshotError(snapshot.label, f"{record_id[:80]!r} occurs twice")
            if len(content) > snapshot.limits.max_record_bytes:
                what = f"{snapshot.label} {record_id[:80]}"
                raise LimitExceededError(what, "max_record_bytes", snapshot.limits.max_record_bytes, "bytes")
            seen.add(record_id)
            index.append(SpooledDocument(record_id, listed, file.tell(), len(content)))
            file.write(content)
            if len(index) > snapshot.limits.max_listed_records:
                allowed = snapshot.limits.max_listed_records
                raise LimitExceededError(snapshot.label, "max_listed_records", allowed, "records")
    if not index:
        raise MalformedSnapshotError(snapshot.label, "no record in it")
    return SingleDocuments(to, tuple(index))


def _refuse_shrinking(snapshot: Snapshot, mirror: FeedMirror, lost: int, held: int, confirmed: bool) -> None:
    limits = snapshot.limits
    if not confirmed and held >= limits.shrink_floor_records and lost * 100 > held * limits.max_shrink_percent:
        address = mirror.describe(snapshot.files[0])
        raise FeedShrunkError(snapshot.source, address, lost, held, limits.max_shrink_percent)


def read_json(content: bytes, shape: type[_Shape], label: str, what: str) -> _Shape:
    """Return a JSON document of a file as a shape.

    Args:
        content: the document.
        shape: what msgspec makes of it.
        label: the feed in words.
        what: what it should be, as in "a list of statements".

    Raises:
        MalformedSnapshotError: it is none.
    """
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as refused:
        raise MalformedSnapshotError(label, f"not {what}: {str(refused)[:200]}") from refused
