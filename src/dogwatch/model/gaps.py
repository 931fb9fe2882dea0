"""Gaps: what a finished step could not see. A gap is a value inside the result, kept and shown.

Each kind has a fixed text and a fixed consequence (what it may hide). docs/gaps.md lists them; a test keeps that true.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class GapKind(StrEnum):
    """Why something could not be seen."""

    FILE_TOO_LARGE = "file-too-large"
    FILE_UNREADABLE = "file-unreadable"
    PACKAGE_INCOMPLETE = "package-incomplete"
    TOO_MANY_FILES = "too-many-files"
    PATH_UNSAFE = "path-unsafe"
    LINK_NOT_FOLLOWED = "link-not-followed"
    RELEASE_UNKNOWN = "release-unknown"
    DISTRIBUTION_UNSUPPORTED = "distribution-unsupported"
    PACKAGE_DATABASE_MISSING = "package-database-missing"
    PACKAGE_DATABASE_UNREAD = "package-database-unread"
    PLATFORM_UNSUPPORTED = "platform-unsupported"
    FEED_STALE = "feed-stale"
    FEED_MISSING = "feed-missing"
    PACKAGE_UNIDENTIFIED = "package-unidentified"
    SOURCE_PACKAGE_UNKNOWN = "source-package-unknown"
    EPOCH_UNKNOWN = "epoch-unknown"
    ATTACHED_BILL_UNREAD = "attached-bill-unread"
    PACKAGE_ONLY_LISTED = "package-only-listed"


CONSEQUENCES: dict[GapKind, str] = {
    GapKind.FILE_TOO_LARGE: "a file over the size limit was not read; the packages it lists are not seen",
    GapKind.FILE_UNREADABLE: "a file does not parse; the packages it lists are not seen",
    GapKind.PACKAGE_INCOMPLETE: "an entry lacks a name or a version; that package is not judged",
    GapKind.TOO_MANY_FILES: "more wanted files than the limit; the packages of the rest are not seen",
    GapKind.PATH_UNSAFE: "an entry's path leaves the root or is not text; what lies under it is not seen",
    GapKind.LINK_NOT_FOLLOWED: "a wanted file is a link that leads outside the image or nowhere; it is not read",
    GapKind.RELEASE_UNKNOWN: "the distribution's release is not known; its packages are not judged",
    GapKind.DISTRIBUTION_UNSUPPORTED: "no advisory feed for this distribution; its packages are not judged",
    GapKind.PACKAGE_DATABASE_MISSING: "a distribution without its package database; its packages are not seen",
    GapKind.PACKAGE_DATABASE_UNREAD: "a package database of a kind that is not read; its packages are not seen",
    GapKind.PLATFORM_UNSUPPORTED: "this platform's package databases are not read",
    GapKind.FEED_STALE: "the feed is older than its expected age; newer advisories are not known",
    GapKind.FEED_MISSING: "no feed was imported for this ecosystem; its packages are not judged",
    GapKind.PACKAGE_UNIDENTIFIED: "an entry without a package URL of a kind that is judged; it is not judged",
    GapKind.SOURCE_PACKAGE_UNKNOWN: "no package names its source package, by which advisories go; some are not judged",
    GapKind.EPOCH_UNKNOWN: "no rpm package names its epoch; those that have one look older than they are",
    GapKind.ATTACHED_BILL_UNREAD: "an attached bill of materials was not read; what only it names is not seen",
    GapKind.PACKAGE_ONLY_LISTED: "packages that an attached bill names and nobody found; they are judged on its word",
}


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """One thing that could not be seen: kind, path inside the image (may be empty), and the detail in words."""

    kind: GapKind
    path: str
    detail: str

    @property
    def consequence(self) -> str:
        """What the gap may hide, in words."""
        return CONSEQUENCES[self.kind]
