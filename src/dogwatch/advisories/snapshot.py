"""Feeds that are a few whole files: download what changed, take the records out, compare their ids with those held.

Such feeds date neither their records nor themselves, so every record of a changed file is handed on; the journal leaves
alone what says the same as before. What the files are and how a record is read stands with each source.
"""

from __future__ import annotations

import hashlib
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from dogwatch.advisories.documents import SingleDocuments, SpooledDocument, read_records
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.listing import to_ticks
from dogwatch.advisories.mirror import Downloaded, FeedMirror, Missing, NotModified
from dogwatch.advisories.source import Changes, FeedState, FetchResult, Unchanged
from dogwatch.advisories.spool import fetch_folder
from dogwatch.model.advisories import Advisory
from dogwatch.model.errors import FeedRejectedError, FeedShrunkError, LimitExceededError, MalformedSnapshotError
from dogwatch.model.feeds import ParsedRecord

_LONGEST_WAY = 2
"""Lists of mirrors name lists of files; nobody goes further."""

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


class SnapshotSource(ABC):
    """What the sources of such feeds have in common: `fetch` and `parse` of an AdvisorySource, by two questions."""

    __slots__ = ()

    name: str

    @abstractmethod
    def snapshot_of(self, ecosystem: str) -> Snapshot:
        """Return what the feed of an ecosystem is made of."""

    @abstractmethod
    def read(self, record_id: str, content: bytes, now: datetime) -> Advisory:
        """Make an advisory of a record.

        Raises:
            ValueError: it cannot be used (msgspec's errors are ValueErrors).
        """

    def fetch(
        self,
        ecosystem: str,
        previous: FeedState | None,
        known: Iterable[tuple[str, datetime]],
        *,
        mirror: FeedMirror,
        spool: Path,
        now: datetime,
        confirmed: bool = False,
    ) -> FetchResult:
        """Bring a feed of whole files into the spool; see `AdvisorySource.fetch`.

        1. Every file, conditionally. None changed: nothing new.
        2. Where one changed, the others once more: an id may stand in several.
        3. Files that only name others are followed; where these are those of the last time by their digests, nothing
           is new.
        4. Records into one spool file. Ids that are held and no longer there are removed; too many of them are refused.
        """
        snapshot = self.snapshot_of(ecosystem)
        before = previous or FeedState()
        with fetch_folder(snapshot.source, spool) as folder:
            files = _download(snapshot, mirror, folder, before.listing_fingerprint)
            if files is None:
                shutil.rmtree(folder, ignore_errors=True)
                return Unchanged(replace(before, checked_at=now))
            fingerprint, paths = files
            contents = ""
            if snapshot.follow is not None:
                paths, contents = _follow(snapshot, mirror, folder, paths)
                if contents and contents == before.archive_fingerprint:
                    shutil.rmtree(folder, ignore_errors=True)
                    return Unchanged(replace(before, listing_fingerprint=fingerprint, checked_at=now))
            documents = _spool_records(snapshot, paths, folder / "records", now)
            for path in paths.values():
                path.unlink()
            held = {record_id for record_id, _ in known}
            removed = held - {document.id for document in documents.index}
            _refuse_shrinking(snapshot, mirror, len(removed), len(held), confirmed)
            state = FeedState(fingerprint, contents, None, now, now, len(documents))
            return Changes(state, (documents,), tuple(sorted(removed)), (), (), folder)

    def parse(self, changes: Changes) -> Iterator[ParsedRecord]:
        """Read the records; see `read_records`."""
        return read_records(changes, self.name, self.read)


def _download(
    snapshot: Snapshot, mirror: FeedMirror, folder: Path, fingerprints: str
) -> tuple[str, dict[str, Path]] | None:
    """Return the files' fingerprints in one text, and the files that are there; None where nothing changed."""
    held = _fingerprints(fingerprints)
    answers = {path: _get(snapshot, mirror, folder, path, held.get(path, "")) for path in snapshot.files}
    unchanged = {path for path, answer in answers.items() if isinstance(answer, NotModified)}
    if held and unchanged == held.keys() and not any(isinstance(one, Downloaded) for one in answers.values()):
        return None
    answers |= {path: _get(snapshot, mirror, folder, path, "") for path in unchanged}
    found = {path: answer.fingerprint for path, answer in answers.items() if isinstance(answer, Downloaded)}
    for path in snapshot.files:
        if path not in found and (path not in snapshot.optional or not found):
            raise FeedRejectedError(snapshot.source, mirror.describe(path), "there is no such file")
    text = msgspec.json.encode(found).decode() if all(found.values()) else ""
    return text, {path: _spooled(folder, path) for path in found}


def _follow(
    snapshot: Snapshot, mirror: FeedMirror, folder: Path, paths: dict[str, Path]
) -> tuple[dict[str, Path], str]:
    """Return the files that hold records, and their digests in one text, empty where one is not told.

    Raises:
        FeedRejectedError: a file that is named is not there, or has another digest.
        MalformedSnapshotError: a list of files is none, or lists lead on and on.
    """
    assert snapshot.follow is not None
    records: dict[str, Path] = {}
    digests: dict[str, str] = {}
    waiting = [(Linked(path), spooled, 0) for path, spooled in paths.items()]
    while waiting:
        linked, spooled, depth = waiting.pop()
        content = spooled.read_bytes()
        if linked.sha256 and hashlib.sha256(content).hexdigest() != linked.sha256:
            raise FeedRejectedError(snapshot.source, mirror.describe(linked.path), "not the file that its list names")
        named = snapshot.follow(linked.path, content)
        if named is None:
            records[linked.path], digests[linked.path] = spooled, linked.sha256
            continue
        spooled.unlink()
        if depth == _LONGEST_WAY:
            raise MalformedSnapshotError(snapshot.label, f"{linked.path[:80]} names files that name files")
        for one in named:
            if not isinstance(_get(snapshot, mirror, folder, one.path, ""), Downloaded):
                raise FeedRejectedError(snapshot.source, mirror.describe(one.path), "there is no such file")
            waiting.append((one, _spooled(folder, one.path), depth + 1))
    is_told = all(digests.values())
    return records, msgspec.json.encode(dict(sorted(digests.items()))).decode() if is_told else ""


def _fingerprints(text: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(text, type=dict[str, str]) if text else {}
    except msgspec.MsgspecError:
        return {}


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


def read_json_members(content: bytes, label: str) -> dict[str, msgspec.Raw]:
    """Return the members of a JSON object, each still as bytes.

    Raises:
        MalformedSnapshotError: it is none.
    """
    try:
        return msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as refused:
        raise MalformedSnapshotError(label, f"not the JSON object that it should be: {str(refused)[:200]}") from refused
