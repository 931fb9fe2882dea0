"""OSV.dev's public export: the list of records first, then what changed, singly or by the ecosystem's archive.

How a record is read stands in `osv_document`; what a list may claim in `listing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from dogwatch.advisories.documents import select_documents
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.listed_feed import Compared, ListedFeed
from dogwatch.advisories.listing import Comparison, parse_listing
from dogwatch.advisories.mirror import Downloaded, Missing, NotModified
from dogwatch.advisories.osv_document import parse_advisory
from dogwatch.advisories.singles import fetch_singles
from dogwatch.advisories.source import (
    Changes,
    Documents,
    FeedState,
    FetchRequest,
    FetchResult,
    RefusedDocument,
    Unchanged,
)
from dogwatch.advisories.spool import fetch_into_folder
from dogwatch.model.errors import FeedRejectedError, MalformedAdvisoryError
from dogwatch.model.feeds import ParsedRecord
from dogwatch.versions import speaks_for

_LISTING = "modified_id.csv"
_ARCHIVE = "all.zip"


OSV_ECOSYSTEMS: Final = (
    *("Debian", "PyPI", "npm"),
    *("AlmaLinux", "Alpaquita", "Alpine", "Azure Linux", "BellSoft Hardened Containers", "Bitnami", "Chainguard"),
    *("CleanStart", "Echo", "Go", "Hex", "Julia", "Mageia", "Maven", "MinimOS", "NuGet", "Packagist"),
    *("Pub", "Rocky Linux", "RubyGems", "SUSE", "SwiftURL", "Ubuntu", "Wolfi"),
    *("crates.io", "openEuler", "openSUSE"),
)
"""Those of which packages are found in images; docs/feeds.md says what of the export is left out, and why."""


@dataclass(frozen=True, slots=True)
class OsvSource:
    """Advisories in the OSV format, as the public export or a mirror of it gives them."""

    name: str = "osv"
    licence: str = (
        "collected by OSV.dev under the licences of their publishers: CC-BY-4.0 (PyPA, GitHub, Go, Red Hat), "
        "CC-BY-SA-4.0 (Ubuntu), CC0-1.0 (RustSec), Apache-2.0 (Bitnami, malicious packages), MIT (AlmaLinux, Drupal), "
        "BSD (Rocky Linux); the Debian security tracker's data is published openly"
    )
    public_location: str = "https://osv-vulnerabilities.storage.googleapis.com"
    folder: str = ""
    by_release: bool = False
    dates_records: bool = True
    stale_after: timedelta = timedelta(hours=24)  # the export is renewed several times an hour
    ecosystems: tuple[str, ...] = OSV_ECOSYSTEMS
    limits: FeedLimits = FEED_LIMITS

    def covers(self, ecosystem: str) -> bool:
        """Whether the ecosystem, without its release, is one of `ecosystems`."""
        return any(speaks_for(each, ecosystem) for each in self.ecosystems)

    def fetch(self, asked: FetchRequest) -> FetchResult:
        """Bring what differs from `known` into the spool; see `AdvisorySource.fetch`.

        1. The listing, conditionally. Not modified: nothing new.
        2. A listing whose newest record is older than the newest seen before comes from a mirror that lags: outdated.
        3. Compare with `known`. A listing that lost too much, or only its tail, is refused.
        4. Changed records one by one; the archive instead for the first import, for many changes, and where a folder
           has no single records.
        5. Records that are missing or older than listed stay pending; the listing's fingerprint is then not kept, so
           that the next fetch reads it again.

        Source:
            OSV.dev documentation, "Data dumps" (2025); OSV schema 1.7, fields id and modified.
        """
        return fetch_into_folder(self.name, asked.spool, lambda folder: _Fetch(self, asked, folder).run())

    def parse(self, changes: Changes) -> Iterator[ParsedRecord]:
        """Read the documents of a fetch, one at a time; see `AdvisorySource.parse`."""
        for refused in changes.refused:
            yield ParsedRecord(refused.id, refused.listed_at, b"", None, refused.reason)
        for raw in changes:
            try:
                advisory = parse_advisory(raw.content, source=self.name, expected_id=raw.id)
            except MalformedAdvisoryError as malformed:
                yield ParsedRecord(raw.id, raw.listed_at, raw.content, None, str(malformed.fields["reason"]))
            else:
                yield ParsedRecord(raw.id, advisory.modified_at, raw.content, advisory)


@dataclass(slots=True)
class _Fetch:
    """One fetch under way: where it reads and writes, and what it has gathered so far."""

    source: OsvSource
    asked: FetchRequest
    folder: Path
    feed_folder: str = ""
    archive_fingerprint: str = ""
    documents: list[Documents] = field(default_factory=list)
    refused: list[RefusedDocument] = field(default_factory=list)

    def run(self) -> FetchResult:
        """Go through the five steps of `OsvSource.fetch`."""
        before = self.asked.before
        path = self.folder / _LISTING
        downloaded = self._download_listing(path, before)
        if isinstance(downloaded, NotModified):
            return Unchanged(replace(before, checked_at=self.asked.now))
        with open(path, "rb") as file:
            listing = parse_listing(file, self._label(), self.asked.now, self.source.limits)
        path_of_list, limits = f"{self.feed_folder}/{_LISTING}", self.source.limits
        feed = ListedFeed(self.source.name, self._label(), path_of_list, self._path_of, self.asked.mirror, limits)
        compared = feed.compare(listing, downloaded.fingerprint, self.asked)
        if not isinstance(compared, Compared):
            return compared
        comparison, state = compared.comparison, compared.state
        pending = self._bring(comparison, before)
        return Changes(
            state=replace(
                state,
                listing_fingerprint="" if pending else state.listing_fingerprint,
                archive_fingerprint=self.archive_fingerprint or state.archive_fingerprint,
            ),
            documents=tuple(self.documents),
            removed=tuple(record_id for record_id, _ in comparison.removed),
            pending=pending,
            refused=tuple(self.refused),
            spool=self.folder,
        )

    def _label(self) -> str:
        return f"{self.source.name} {self.asked.ecosystem}"

    def _download_listing(self, path: Path, before: FeedState) -> Downloaded | NotModified:
        """Find the ecosystem's folder, whose name may have `_` for `:`, and get its listing."""
        if not self.asked.ecosystem or "/" in self.asked.ecosystem or self.asked.ecosystem.startswith("."):
            raise FeedRejectedError(self.source.name, self.asked.ecosystem, "not an ecosystem's name")
        with open(path, "w+b") as file:
            for spelling in dict.fromkeys((self.asked.ecosystem, self.asked.ecosystem.replace(":", "_"))):
                self.feed_folder = spelling
                downloaded = self.asked.mirror.download(
                    f"{spelling}/{_LISTING}",
                    file,
                    max_bytes=self.source.limits.max_listing_bytes,
                    timeout_seconds=self.source.limits.small_transfer_seconds,
                    fingerprint=before.listing_fingerprint,
                )
                if not isinstance(downloaded, Missing):
                    return downloaded
        address = self.asked.mirror.describe(f"{self.feed_folder}/{_LISTING}")
        raise FeedRejectedError(self.source.name, address, "there is no such file; is this a mirror of the export?")

    def _bring(self, comparison: Comparison, before: FeedState) -> tuple[str, ...]:
        """Get the changed records; return the ids that the feed does not have yet."""
        wanted, limits = comparison.changed, self.source.limits
        if comparison.known_records == 0 or len(wanted) > limits.max_single_records:
            first = comparison.known_records == 0 or self.asked.mirror.is_local
            wanted = self._bring_by_archive(wanted, "" if first else before.archive_fingerprint)
        singles = dict(islice(wanted.items(), limits.max_single_records))
        if not singles:
            return tuple(wanted)
        fetched = fetch_singles(self.asked.mirror, self._path_of, singles, self.folder / "singles", limits)
        self.documents.append(fetched.documents)
        self.refused.extend(fetched.refused)
        missing = {record_id: wanted[record_id] for record_id in fetched.pending}
        if missing and self.asked.mirror.is_local and not self.archive_fingerprint:
            missing = self._bring_by_archive(missing, "")
        return (*missing, *(record_id for record_id in wanted if record_id not in singles))

    def _path_of(self, record_id: str) -> str:
        return f"{self.feed_folder}/{record_id}.json"

    def _bring_by_archive(self, wanted: dict[str, int], fingerprint: str) -> dict[str, int]:
        """Take the wanted records out of the archive; return what it does not have (`wanted` itself, consumed)."""
        path = self.folder / _ARCHIVE
        with open(path, "w+b") as file:
            downloaded = self.asked.mirror.download(
                f"{self.feed_folder}/{_ARCHIVE}",
                file,
                max_bytes=self.source.limits.max_archive_bytes,
                timeout_seconds=self.source.limits.archive_transfer_seconds,
                fingerprint=fingerprint,
            )
        if not isinstance(downloaded, Downloaded):
            with suppress(FileNotFoundError):
                path.unlink()
            return wanted
        selected = select_documents(path, self._label(), wanted, self.source.limits)
        self.archive_fingerprint = downloaded.fingerprint
        self.documents.append(selected.documents)
        self.refused.extend(selected.refused)
        return wanted
