"""Photon OS: what its makers say of each vulnerability in each package of a release, the unaffected included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.snapshot import Records, Snapshot, SnapshotSource, read_json
from dogwatch.advisories.texts import refuse_long
from dogwatch.model.advisories import Advisory, AffectedPackage, RangeEvent, RangeEventKind, StatedRange

_FAMILY: Final = "Photon OS"
_RELEASE: Final = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}")
_ID: Final = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}|BDSA-[0-9]{4}-[0-9]{1,9}|GHSA(?:-[0-9a-z]{4}){3}")
_NO_VERSION: Final = ("", "NA")
_NOT_AFFECTED: Final = "not affected"
_FIXED: Final = "fixed"
_INTRODUCED: Final = RangeEvent(RangeEventKind.INTRODUCED, "0")


class _Entry(msgspec.Struct, frozen=True, order=True):
    """What is said of one vulnerability in one binary package."""

    cve_id: str
    pkg: str
    status: str
    res_ver: str = ""


class _Record(msgspec.Struct):
    """One vulnerability in one release."""

    ecosystem: str
    entries: list[_Entry]


@dataclass(frozen=True, slots=True)
class PhotonSource(SnapshotSource):
    """The file of each release, a list of statements."""

    name: str = "photon"
    licence: str = "published openly by Broadcom, without a licence text"
    public_location: str = "https://packages.broadcom.com/photon/photon_cve_metadata"
    folder: str = "photon"
    by_release: bool = True
    stale_after: timedelta = timedelta(days=2)  # made anew on most days
    ecosystems: tuple[str, ...] = (_FAMILY,)
    limits: FeedLimits = FEED_LIMITS

    def covers(self, ecosystem: str) -> bool:
        """Whether it is Photon OS or a release of it."""
        family, colon, release = ecosystem.partition(":")
        return family == _FAMILY and (not colon or _RELEASE.fullmatch(release) is not None)

    def snapshot_of(self, ecosystem: str) -> Snapshot:
        """Return the file of a release."""
        release = ecosystem.partition(":")[2]
        split = partial(_split, f"{self.name} {ecosystem}", ecosystem)
        return Snapshot(self.name, ecosystem, (f"cve_data_photon{release}.json",), split, limits=self.limits)

    def read(self, record_id: str, content: bytes, now: datetime) -> Advisory:
        """Make an advisory of a record; scores without a vector are left to others."""
        record = msgspec.json.decode(content, type=_Record)
        refuse_long([text for entry in record.entries for text in (entry.pkg, entry.res_ver)])
        return Advisory(
            source=self.name,
            id=record_id,
            modified_at=now,
            published_at=None,
            withdrawn_at=None,
            summary="",
            details="",
            upstream=(record.entries[0].cve_id,),
            affected=tuple(_affected(record.ecosystem, entry) for entry in record.entries),
        )


def _split(label: str, ecosystem: str, files: Mapping[str, Path]) -> Records:
    """Yield one record per vulnerability; what has no id that anybody else knows (`UNK-1`) is left out."""
    by_id: dict[str, set[_Entry]] = {}
    for path in files.values():
        for entry in read_json(path.read_bytes(), list[_Entry], label, "a list of statements"):
            if _ID.fullmatch(entry.cve_id):
                by_id.setdefault(entry.cve_id, set()).add(entry)
    release = ecosystem.partition(":")[2]
    for name in sorted(by_id):
        yield f"PHOTON-{release}-{name}", msgspec.json.encode(_Record(ecosystem, sorted(by_id[name])))


def _affected(ecosystem: str, entry: _Entry) -> AffectedPackage:
    """Return what an entry says: not affected, fixed in a version, or without a fix.

    "Fixed" without a version leaves undetermined who is affected.
    """
    status = entry.status.strip().lower()
    if status == _NOT_AFFECTED:
        return AffectedPackage(ecosystem, entry.pkg, state=_NOT_AFFECTED)
    if entry.res_ver not in _NO_VERSION:
        fixed = RangeEvent(RangeEventKind.FIXED, entry.res_ver)
        return AffectedPackage(ecosystem, entry.pkg, (StatedRange("ECOSYSTEM", (_INTRODUCED, fixed)),))
    ranges = (StatedRange("ECOSYSTEM", (_INTRODUCED,)),) if status != _FIXED else ()
    return AffectedPackage(ecosystem, entry.pkg, ranges)


SOURCE = PhotonSource()
