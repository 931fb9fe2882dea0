"""The secdb format of Alpine and its relatives: per package, which version fixed which vulnerabilities.

A fixed version "0" is a mark: this release was never affected (`matching.ranges` knows it). Nothing is said of what has
no fix yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.snapshot import Records, Snapshot, SnapshotSource, read_json
from dogwatch.advisories.texts import refuse_long
from dogwatch.model.advisories import Advisory, AffectedPackage, RangeEvent, RangeEventKind, StatedRange

_ID = re.compile(r"[A-Z][A-Za-z]*-[0-9A-Za-z._:-]+")
_INTRODUCED = RangeEvent(RangeEventKind.INTRODUCED, "0")


class _Package(msgspec.Struct):
    name: str
    secfixes: dict[str, list[str] | None] | None = None


class _Entry(msgspec.Struct):
    pkg: _Package


class _Document(msgspec.Struct):
    packages: list[_Entry] | None


class _Record(msgspec.Struct):
    """One vulnerability in one release: package → the versions that fixed it."""

    id: str
    ecosystem: str
    fixed: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class SecdbSource(SnapshotSource):
    """One publisher of secdb files.

    `family` is its ecosystem without release; `releases` what a release looks like behind the colon, None where there
    is none. `repositories` are the names of its files, below the release's folder; all but the first may be missing.
    """

    name: str
    licence: str
    public_location: str
    family: str
    prefix: str
    repositories: tuple[str, ...]
    releases: re.Pattern[str] | None = None
    stale_after: timedelta = timedelta(days=2)  # they are made anew at least once a day
    limits: FeedLimits = FEED_LIMITS

    @property
    def folder(self) -> str:
        """As its name."""
        return self.name

    @property
    def by_release(self) -> bool:
        """Where there are releases, each has files of its own."""
        return self.releases is not None

    @property
    def ecosystems(self) -> tuple[str, ...]:
        """The one family."""
        return (self.family,)

    def covers(self, ecosystem: str) -> bool:
        """Whether it is the family, or a release of it."""
        family, _, release = ecosystem.partition(":")
        if self.releases is None or not release:
            return ecosystem == self.family
        return family == self.family and self.releases.fullmatch(release) is not None

    def snapshot_of(self, ecosystem: str) -> Snapshot:
        """Return the repositories' files of a release."""
        release = ecosystem.partition(":")[2]
        files = tuple(f"{release}/{each}.json" if release else f"{each}.json" for each in self.repositories)
        prefix = f"{self.prefix}{release}-" if release else self.prefix
        split = partial(_split, f"{self.name} {ecosystem}", ecosystem, prefix)
        return Snapshot(self.name, ecosystem, files, split, frozenset(files[1:]), self.limits)

    def read(self, record_id: str, content: bytes, now: datetime) -> Advisory:
        """Make an advisory of a record. Where several versions of a package fixed the same, the newest counts."""
        record = msgspec.json.decode(content, type=_Record)
        versions = [version for each in record.fixed.values() for version in each]
        refuse_long([record.id, *record.fixed, *versions])
        return Advisory(
            source=self.name,
            id=record_id,
            modified_at=now,
            published_at=None,
            withdrawn_at=None,
            summary="",
            details="",
            upstream=(record.id,),
            affected=tuple(
                AffectedPackage(record.ecosystem, package, tuple(_range(version) for version in versions))
                for package, versions in sorted(record.fixed.items())
            ),
        )


def _split(label: str, ecosystem: str, prefix: str, files: Mapping[str, Path]) -> Records:
    """Turn the files of one release into one record per vulnerability.

    Raises:
        MalformedSnapshotError: a file is not of this format.
    """
    fixed: dict[str, dict[str, list[str]]] = {}
    for path in files.values():
        document = read_json(path.read_bytes(), _Document, label, "a secdb")
        for entry in document.packages or ():
            for version, names in (entry.pkg.secfixes or {}).items():
                for name in _ids(names):
                    versions = fixed.setdefault(name, {}).setdefault(entry.pkg.name, [])
                    versions += [version] if version not in versions else []
    for name, packages in sorted(fixed.items()):
        yield f"{prefix}{name}", msgspec.json.encode(_Record(name, ecosystem, packages))


def _ids(names: list[str] | None) -> list[str]:
    """Return the ids of an entry, each of which may be several with spaces between, and remarks in parentheses."""
    return [name for text in names or () for name in text.split() if _ID.fullmatch(name)]


def _range(version: str) -> StatedRange:
    return StatedRange("ECOSYSTEM", (_INTRODUCED, RangeEvent(RangeEventKind.FIXED, version)))
