"""The lists beside CSAF documents: what changed when, what was deleted, and which archive holds all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO, Final

from dogwatch.advisories.limits import FeedLimits
from dogwatch.advisories.listing import Listing, to_ticks
from dogwatch.model.errors import LimitExceededError, MalformedSnapshotError
from dogwatch.model.times import parse_rfc3339

_LINE: Final = re.compile(rb'"([^"\r\n]{1,300})","([0-9TZ:.+-]{1,40})"\r?\n?')
_DOCUMENT: Final = re.compile(r"(?:[^/]+/)*(cve-\d{4}-\d{4,19})\.json", re.IGNORECASE)
_ARCHIVE: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,80}(\d{4}-\d{2}-\d{2})\.tar\.(?:zst|xz|bz2|gz)")
_LONGEST_LINE_BYTES: Final = 512
_RELEASED: Final = re.compile(rb'"current_release_date"\s*:\s*"([^"]{1,40})"')
_META_BYTES: Final = 1024 * 1024  # what stands before the products: titles, notes and the history of a document


def cve_of(path: str) -> str:
    """Return the CVE id of a document by its path; empty for a path of any other form."""
    found = _DOCUMENT.fullmatch(path)
    return found[1].upper() if found else ""


def parse_changes(
    file: BinaryIO, deletions: BinaryIO, label: str, id_of: Callable[[str], str], now: datetime, limits: FeedLimits
) -> Listing:
    """Read the list of changes, without what was deleted since.

    Args:
        file: lines `"2023/cve-2023-6240.json","2024-08-04T10:17:22+00:00"`; a file that is no document of a CVE id is
            passed over.
        deletions: the same, of what is gone; may be empty.
        label: the feed, for errors.
        id_of: from CVE id to record id.
        now: later times do not count as the newest.
        limits: caps the number of lines.

    Raises:
        MalformedSnapshotError: a line that is none, the last one cut off included, or no document at all.
        LimitExceededError: more lines than the limit.

    Source:
        CSAF 2.0, section 7.1.13 (changes.csv); Red Hat's security data guidelines.
    """
    modified: dict[str, int] = {}
    for path, ticks in _lines(file, label, limits):
        if cve := cve_of(path):
            modified[id_of(cve)] = max(ticks, modified.get(id_of(cve), ticks))
    for path, ticks in _lines(deletions, label, limits):
        record_id = id_of(cve_of(path))
        if modified.get(record_id, ticks + 1) <= ticks:
            del modified[record_id]
    if not modified:
        raise MalformedSnapshotError(label, "the list of changes names no document")
    present = to_ticks(now)
    newest = max((ticks for ticks in modified.values() if ticks <= present), default=None)
    return Listing(modified, newest, min(modified.values()))


def _lines(file: BinaryIO, label: str, limits: FeedLimits) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE_BYTES), b""), start=1):
        if number > limits.max_listed_records:
            raise LimitExceededError(f"list of {label}", "max_listed_records", limits.max_listed_records, "records")
        found = _LINE.fullmatch(line)
        try:
            if found is not None:
                yield found[1].decode("ascii"), to_ticks(parse_rfc3339(found[2].decode("ascii")))
                continue
        except ValueError:
            pass  # neither a path nor a time: as any other line that is none
        raise MalformedSnapshotError(label, f"line {number} of a list is not a path and a time, each in quotes")


def read_archive_name(text: str) -> tuple[str, datetime] | None:
    """Return the name of the newest archive, and the beginning of the day that it says it is of.

    Returns:
        None for anything that is no file's name with a date: what a document in it is worth could not be told.
    """
    name = text.strip()
    found = _ARCHIVE.fullmatch(name)
    try:
        return (name, datetime.fromisoformat(found[1]).replace(tzinfo=UTC)) if found else None
    except ValueError:
        return None


def is_dated_before(content: bytes, listed: int) -> bool:
    """Whether a document's own date, which lists repeat, is before the one that is listed; so is one without a date.

    Args:
        content: the document; its tracking stands before its products.
        listed: in ticks.
    """
    found = _RELEASED.search(content, 0, _META_BYTES)
    try:
        return found is None or to_ticks(parse_rfc3339(found[1].decode("ascii"))) < listed
    except ValueError:
        return True
