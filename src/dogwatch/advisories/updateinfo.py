"""Updates of distributions that publish them with their yum or dnf repositories (`updateinfo.xml`).

A repository's list of files (`repomd.xml`) names the file of updates with its digest, so a day on which no update came
costs one small request. Updates that mend no vulnerability are kept, and affect nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from xml.parsers import expat

import msgspec

from dogwatch.advisories.limits import FEED_LIMITS, TEXT_LIMITS, FeedLimits
from dogwatch.advisories.module_streams import tell_streams
from dogwatch.advisories.snapshot import Linked, Records, Snapshot, SnapshotSource
from dogwatch.advisories.texts import refuse_long
from dogwatch.advisories.updateinfo_document import ENCODING, Update, UpdatedPackage, read_updates
from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    RangeEvent,
    RangeEventKind,
    SeverityFact,
    StatedRange,
)
from dogwatch.model.errors import MalformedSnapshotError
from dogwatch.versions import variant_of

_LIST: Final = "repodata/repomd.xml"
_MIRRORS: Final = "mirror.list"
_SECURITY: Final = "security"
_DATE: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]?([0-9]{2}:[0-9]{2})?(?::([0-9]{2}))?")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_PATH: Final = re.compile(r"(?!/)(?!.*(?:^|/)\.\.(?:/|$))[0-9A-Za-z._~+/-]{1,300}")
_INTRODUCED: Final = RangeEvent(RangeEventKind.INTRODUCED, "0")


class _Record(msgspec.Struct):
    """An update of one release."""

    ecosystem: str
    update: Update


@dataclass(frozen=True, slots=True)
class UpdateinfoSource(SnapshotSource):
    """One publisher of updateinfo files.

    `family` is its ecosystem without release; `releases` what a release looks like behind the colon. `places` are the
    files to begin with, `{release}` in them: a repository's list of files, or a list of mirrors that leads to one.
    """

    name: str
    licence: str
    public_location: str
    family: str
    releases: re.Pattern[str]
    places: tuple[str, ...]
    by_release: bool = True
    stale_after: timedelta = timedelta(days=2)  # they come with the updates, on most working days
    limits: FeedLimits = FEED_LIMITS

    @property
    def folder(self) -> str:
        """As its name."""
        return self.name

    @property
    def ecosystems(self) -> tuple[str, ...]:
        """The one family."""
        return (self.family,)

    def covers(self, ecosystem: str) -> bool:
        """Whether it is the family, or a release of it."""
        family, colon, release = ecosystem.partition(":")
        return family == self.family and (not colon or self.releases.fullmatch(release) is not None)

    def snapshot_of(self, ecosystem: str) -> Snapshot:
        """Return the lists of files of a release's repositories, which lead to its updates."""
        files = tuple(place.format(release=ecosystem.partition(":")[2]) for place in self.places)
        label = f"{self.name} {ecosystem}"
        split = partial(_split, label, ecosystem, self.limits)
        follow = partial(_follow, label, self.public_location)
        return Snapshot(self.name, ecosystem, files, split, limits=self.limits, follow=follow)

    def read(self, record_id: str, content: bytes, now: datetime) -> Advisory:
        """Make an advisory of an update; one that mends no vulnerability, or variants alone, affects nothing."""
        record = msgspec.json.decode(content, type=_Record)
        update = record.update
        if len(record_id) > TEXT_LIMITS.max_identifier:
            raise ValueError("an id that cannot be kept")
        refuse_long(text for package in update.packages for text in (package.name, package.version))
        if not update.id:
            raise ValueError("an update without an id")
        mends = update.type == _SECURITY or update.cves
        packages = [each for each in update.packages if mends and not variant_of(record.ecosystem, each.version)]
        word = update.severity[: TEXT_LIMITS.max_identifier]
        advisory = Advisory(
            source=self.name,
            id=record_id,
            modified_at=_moment(update.updated) or _moment(update.issued) or now,
            published_at=_moment(update.issued),
            withdrawn_at=None,
            summary=update.title[: TEXT_LIMITS.max_summary],
            details=update.description,
            upstream=tuple(update.cves),
            affected=tuple(_affected(record.ecosystem, package) for package in packages),
            unread=("packages without a name",) if mends and update.nameless else (),
            severity=(SeverityFact("TEXT", word),) if word and word.lower() != "none" else (),
        )
        return tell_streams(advisory)


def _follow(label: str, public_location: str, path: str, content: bytes) -> tuple[Linked, ...] | None:
    """Return what a list of mirrors or of files leads to; None for a file of updates."""
    if path.endswith(_MIRRORS):
        return (_first_mirror(label, public_location, content),)
    if not path.endswith(_LIST):
        return None
    href, sha256 = _find_updateinfo(label, content)
    if not _PATH.fullmatch(href):
        raise MalformedSnapshotError(label, f"{path} names a file at no path below it: {href[:80]!r}")
    return (Linked(path.removesuffix(_LIST) + href, sha256 if _SHA256.fullmatch(sha256) else ""),)


def _first_mirror(label: str, public_location: str, content: bytes) -> Linked:
    """Return the first mirror's list of files; a mirror is an address below the publisher's own."""
    first = (content.decode("ascii", "replace").split() or [""])[0].replace("$basearch", "x86_64")
    path = urlsplit(first).path.removeprefix(urlsplit(public_location).path).strip("/")
    if not _PATH.fullmatch(path):
        raise MalformedSnapshotError(label, f"a list of mirrors that begins with no address: {first[:80]!r}")
    return Linked(f"{path}/{_LIST}")


def _find_updateinfo(label: str, content: bytes) -> tuple[str, str]:
    """Return href and SHA-256 of the file of updates that a repository's list names."""
    found = {"href": "", "sha256": ""}
    path: list[str] = []
    is_updateinfo = is_sha256 = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_updateinfo, is_sha256
        path.append(name)
        if name == "data":
            is_updateinfo = attributes.get("type") == "updateinfo"
        elif is_updateinfo and name == "location":
            found["href"] = attributes.get("href", "")
        is_sha256 = name == "checksum" and attributes.get("type") == "sha256"

    def text(piece: str) -> None:
        if is_updateinfo and is_sha256 and path[-1] == "checksum":
            found["sha256"] += piece.strip()

    def end(_: str) -> None:
        path.pop()

    def refuse(*_: object) -> None:
        raise MalformedSnapshotError(label, "a document type, which such a list never has")

    parser = expat.ParserCreate(ENCODING)
    parser.buffer_text = True
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, text, end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as refused:
        raise MalformedSnapshotError(label, f"not a list of files: {str(refused)[:200]}") from refused
    if not found["href"]:
        raise MalformedSnapshotError(label, "the repository names no file of updates")
    return found["href"], found["sha256"]


def _split(label: str, ecosystem: str, limits: FeedLimits, files: Mapping[str, Path]) -> Records:
    """Yield each update once: repositories of one release may share some, and each then names packages of its own."""
    updates: dict[str, Update] = {}
    for path in files.values():
        for number, update in enumerate(read_updates(path, label, limits)):
            held = updates.setdefault(update.id or f"update {number} without an id", update)
            held.packages = sorted({*held.packages, *update.packages})
            held.cves = sorted({*held.cves, *update.cves})
            held.nameless = max(held.nameless, update.nameless)
    for update_id in sorted(updates):
        yield update_id, msgspec.json.encode(_Record(ecosystem, updates[update_id]))


def _affected(ecosystem: str, package: UpdatedPackage) -> AffectedPackage:
    if not package.version:
        return AffectedPackage(ecosystem, package.name, problem="no version, or no release, of the fix")
    fixed = RangeEvent(RangeEventKind.FIXED, package.version)
    return AffectedPackage(ecosystem, package.name, (StatedRange("ECOSYSTEM", (_INTRODUCED, fixed)),))


def _moment(text: str) -> datetime | None:
    """Read a date, with or without a time; publishers mean UTC. None for what is none."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    day, minute, second = found.groups()
    try:
        return datetime.fromisoformat(f"{day}T{minute or '00:00'}:{second or '00'}").replace(tzinfo=UTC)
    except ValueError:
        return None
