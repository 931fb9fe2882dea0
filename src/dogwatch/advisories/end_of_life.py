"""Releases of distributions past their last day: an advisory of our own for each, from the table that comes along.

Nothing is downloaded. Which days have passed is asked anew with every fetch, so a release ends on its day, whatever
version of Dogwatch runs by then.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import msgspec

from dogwatch.advisories.source import Changes, FeedState, FetchRequest, FetchResult, RawDocument, Unchanged
from dogwatch.model.advisories import Advisory, AffectedPackage, SeverityFact
from dogwatch.model.feeds import ParsedRecord
from dogwatch.model.release_endings import LAST_DAYS, PAGES, RELEASE_PACKAGE, RELEASES_ECOSYSTEM, end_of

_NO_PART_OF_AN_ID = re.compile(r"[^0-9A-Za-z.]+")


class _Record(msgspec.Struct):
    """One release and its last day."""

    release: str
    last_day: date


@dataclass(frozen=True, slots=True)
class EndOfLifeSource:
    """Speaks of releases whose last day has passed; `last_days` says which is whose."""

    name: str = "end-of-life"
    licence: str = "facts collected by Dogwatch"
    public_location: str = ""
    folder: str = ""
    by_release: bool = False
    dates_records: bool = True
    stale_after: timedelta = timedelta(days=1)  # asked as often as other feeds; older than a day it is not asked at all
    ecosystems: tuple[str, ...] = (RELEASES_ECOSYSTEM,)
    last_days: Mapping[str, date] = field(default_factory=lambda: LAST_DAYS)

    def covers(self, ecosystem: str) -> bool:
        """Whether it is the ecosystem of the pseudo-packages."""
        return ecosystem == RELEASES_ECOSYSTEM

    def fetch(self, asked: FetchRequest) -> FetchResult:
        """Return a record for each release that has ended by now; the mirror is not asked."""
        now = asked.now
        documents = tuple(_documents(self.last_days, now))
        fingerprint = hashlib.sha256(b"\n".join(one.content for one in documents)).hexdigest()
        if asked.before.listing_fingerprint == fingerprint:
            return Unchanged(replace(asked.before, checked_at=now))
        removed = {record_id for record_id, _ in asked.known} - {one.id for one in documents}
        state = FeedState(fingerprint, "", None, now, now, len(documents))
        return Changes(state, (documents,), tuple(sorted(removed)), (), (), asked.spool / self.name)

    def parse(self, changes: Changes) -> Iterator[ParsedRecord]:
        """Read the records; see `AdvisorySource.parse`."""
        for raw in changes:
            record = msgspec.json.decode(raw.content, type=_Record)
            advisory = _advisory(self.name, raw.id, record)
            yield ParsedRecord(raw.id, advisory.modified_at, raw.content, advisory)


def _documents(last_days: Mapping[str, date], now: datetime) -> Iterator[RawDocument]:
    for release, last_day in sorted(last_days.items()):
        ended_at = end_of(last_day)
        if ended_at <= now:
            record_id = "EOL-" + _NO_PART_OF_AN_ID.sub("-", release)
            yield RawDocument(record_id, ended_at, msgspec.json.encode(_Record(release, last_day)))


def _advisory(source: str, record_id: str, record: _Record) -> Advisory:
    shown = record.release.replace(":", " ")
    severity = (SeverityFact("TEXT", "critical"),)
    return Advisory(
        source=source,
        id=record_id,
        modified_at=end_of(record.last_day),
        published_at=end_of(record.last_day),
        withdrawn_at=None,
        summary=f"{shown} is past its end of life",
        details=(
            f"The last day of {shown} was {record.last_day}. Its distribution publishes no fixes for it any more, and "
            "what is found in its packages from now on stays. Few findings do not mean that an image on it is safe. "
            "Build the image on a release that is maintained."
        ),
        affected=(
            AffectedPackage(RELEASES_ECOSYSTEM, RELEASE_PACKAGE, (), (record.release,), "end of life", severity),
        ),
        severity=severity,
        references=(page,) if (page := PAGES.get(record.release)) else (),
    )


SOURCE = EndOfLifeSource()
