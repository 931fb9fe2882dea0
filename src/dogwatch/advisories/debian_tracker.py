"""The Debian security tracker: what Debian says of each of its source packages and each vulnerability.

It knows what the export in the OSV format cannot say: never affected, ignored, postponed, past its end of life, not
determined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from dogwatch.advisories.limits import FEED_LIMITS, TEXT_LIMITS, FeedLimits
from dogwatch.advisories.snapshot import Records, Snapshot, SnapshotSource, read_json
from dogwatch.advisories.texts import cut_prose, refuse_long
from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    RangeEvent,
    RangeEventKind,
    SeverityFact,
    StatedRange,
)
from dogwatch.versions import speaks_for

_FILE: Final = "json"
_ECOSYSTEM: Final = "Debian"
_PREFIX: Final = "DEBIAN-TRACKER-"

_RELEASES: Final = {
    "buster": "Debian:10",
    "bullseye": "Debian:11",
    "bookworm": "Debian:12",
    "trixie": "Debian:13",
    "forky": "Debian:14",
    "sid": "Debian:sid",
}
"""Of a release that is not here nothing is taken over: the export in the OSV format still speaks for it."""

_END_OF_LIFE: Final = "end-of-life"
_NO_URGENCY: Final = frozenset({"", "not yet assigned", _END_OF_LIFE})
_INTRODUCED: Final = RangeEvent(RangeEventKind.INTRODUCED, "0")
_STATES: Final = {"ignored": "will not fix", "postponed": "deferred"}


class _Release(msgspec.Struct):
    status: str
    fixed_version: str | None = None
    urgency: str = ""
    nodsa: str | None = None
    nodsa_reason: str | None = None


class _Issue(msgspec.Struct):
    releases: dict[str, msgspec.Raw]
    description: str | None = None


class _Record(msgspec.Struct):
    """What the tracker says of one source package and one vulnerability."""

    package: str
    vulnerability: str
    issue: msgspec.Raw


@dataclass(frozen=True, slots=True)
class DebianTrackerSource(SnapshotSource):
    """The tracker's data in one file."""

    name: str = "debian-tracker"
    licence: str = "published openly by the Debian project"
    public_location: str = "https://security-tracker.debian.org/tracker/data"
    folder: str = "debian-tracker"
    by_release: bool = False
    stale_after: timedelta = timedelta(hours=24)  # it is made anew several times a day
    ecosystems: tuple[str, ...] = (_ECOSYSTEM,)
    limits: FeedLimits = FEED_LIMITS

    def covers(self, ecosystem: str) -> bool:
        """Whether it is Debian or a release of it."""
        return speaks_for(_ECOSYSTEM, ecosystem)

    def snapshot_of(self, ecosystem: str) -> Snapshot:
        """Return the tracker's file, which has a record for each source package and vulnerability."""
        return Snapshot(self.name, ecosystem, (_FILE,), _split, limits=self.limits)

    def read(self, record_id: str, content: bytes, now: datetime) -> Advisory:
        """Make an advisory of what is said of one source package and one vulnerability."""
        record = msgspec.json.decode(content, type=_Record)
        issue = msgspec.json.decode(record.issue, type=_Issue)
        refuse_long([record.package])
        refuse_long([record.vulnerability], TEXT_LIMITS.max_identifier)
        described = issue.description or ""
        return Advisory(
            source=self.name,
            id=record_id,
            modified_at=now,
            published_at=None,
            withdrawn_at=None,
            summary=cut_prose(described, TEXT_LIMITS.max_summary),
            details=cut_prose(described, TEXT_LIMITS.max_details),
            upstream=(record.vulnerability,),
            affected=tuple(
                _read_release(_RELEASES[name], record.package, release)
                for name, release in sorted(issue.releases.items())
                if name in _RELEASES
            ),
        )


def _split(files: Mapping[str, Path]) -> Records:
    for path in files.values():
        for package, issues in _members(path.read_bytes(), "debian-tracker").items():
            for vulnerability, issue in _members(bytes(issues), f"debian-tracker {package[:80]}").items():
                record_id = f"{_PREFIX}{package}-{vulnerability}"
                yield record_id, msgspec.json.encode(_Record(package, vulnerability, issue))


def _members(content: bytes, label: str) -> dict[str, msgspec.Raw]:
    return read_json(content, dict[str, msgspec.Raw], label, "the JSON object that it should be")


def _read_release(ecosystem: str, package: str, release: msgspec.Raw) -> AffectedPackage:
    """Return what is said of one release, which is a problem of this release alone where it is not right."""
    try:
        return _affected(ecosystem, package, msgspec.json.decode(release, type=_Release))
    except ValueError as refused:
        return AffectedPackage(ecosystem, package, problem=cut_prose(str(refused), TEXT_LIMITS.max_identifier))


def _affected(ecosystem: str, package: str, release: _Release) -> AffectedPackage:
    """Turn what is said of one release into a statement.

    Raises:
        ValueError: a status that nobody knows, no version behind it, or one that cannot be kept: leaving it out would
            say something else.

    Source:
        Debian security tracker, documentation of the data (status, fixed_version, urgency, nodsa and its reason).
    """
    refuse_long([release.fixed_version or ""])
    word = release.urgency.strip("*")
    severity = () if word in _NO_URGENCY else (SeverityFact("TEXT", cut_prose(word, TEXT_LIMITS.max_identifier)),)
    if release.status == "undetermined":
        return AffectedPackage(ecosystem, package)
    if release.status == "resolved":
        if not release.fixed_version:
            raise ValueError("resolved, and no version that it is resolved in")
        events = (_INTRODUCED, RangeEvent(RangeEventKind.FIXED, release.fixed_version))
        return AffectedPackage(ecosystem, package, (StatedRange("ECOSYSTEM", events),), severity=severity)
    if release.status != "open":
        raise ValueError(f"an unknown status: {release.status[:80]!r}")
    state = "end of life" if word == _END_OF_LIFE else _STATES.get(release.nodsa_reason or "", "")
    return AffectedPackage(
        ecosystem, package, (StatedRange("ECOSYSTEM", (_INTRODUCED,)),), state=state, severity=severity
    )


SOURCE = DebianTrackerSource()
