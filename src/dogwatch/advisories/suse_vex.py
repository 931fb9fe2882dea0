"""SUSE's VEX documents: one for each CVE id. Kept is what has no fix, and what is not affected (decision 0047).

Its records have the fixes.

Documents name an rpm by an id, `xz` or `xz-5.6.2-1.1`, and products by the names that its records have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from dogwatch.advisories.csaf_document import UNDEFINED, VexDocument, VexStatement, read_vex
from dogwatch.advisories.csaf_feed import CsafSource
from dogwatch.advisories.csaf_products import RpmName
from dogwatch.advisories.csaf_record import Severity, keep_document, make_advisory, read_document
from dogwatch.advisories.limits import CSAF_LIMITS, FeedLimits
from dogwatch.advisories.suse_products import release_of_name
from dogwatch.advisories.texts import refuse_long
from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    RangeEvent,
    RangeEventKind,
    StatedRange,
    UnaffectedPackages,
)
from dogwatch.versions import family_of, speaks_for

_FIXES: Final = frozenset({"recommended", "first_fixed", "fixed"})
"""All three name versions that have the fix; SUSE uses the first one nearly always."""

_AFFECTED: Final = frozenset({"known_affected", "first_affected", "last_affected"})
_NOT_AFFECTED: Final = "known_not_affected"
_NO_FIX_PLANNED: Final = "no_fix_planned"
_NOT_FIXED, _WILL_NOT_FIX, _UNAFFECTED, _UNKNOWN, _UNREAD = "", "will not fix", "not affected", "unknown", "unread"
_REJECTED: Final = re.compile(
    r"DO NOT USE THIS (?:CANDIDATE NUMBER|CVE RECORD)|has been rejected or withdrawn|\*\* REJECT \*\*", re.IGNORECASE
)
"""How descriptions of ids read that turned out to name no vulnerability; documents tell it in no other way."""

_EVERYTHING: Final = StatedRange("ECOSYSTEM", (RangeEvent(RangeEventKind.INTRODUCED, "0"),))


class _Package(msgspec.Struct, frozen=True, array_like=True, order=True):
    """What is said of one rpm in one release: `state` is one of the words above."""

    ecosystem: str
    name: str
    state: str


_PACKAGES: Final = msgspec.json.Decoder(tuple[_Package, ...])


@dataclass(frozen=True, slots=True)
class SuseVexSource(CsafSource):
    """The VEX documents of SUSE, as far as they speak of one of its two families of distributions."""

    name: str
    family: str
    licence: str = "CC-BY-4.0 (SUSE)"
    public_location: str = "https://ftp.suse.com/pub/projects/security"
    folder: str = "suse-vex"
    by_release: bool = False
    dates_records: bool = True
    stale_after: timedelta = timedelta(hours=48)  # made anew every night
    limits: FeedLimits = CSAF_LIMITS

    @property
    def ecosystems(self) -> tuple[str, ...]:
        """The one family."""
        return (self.family,)

    @property
    def lists(self) -> str:
        """Lists and documents stand in one folder, beside the archive."""
        return "csaf-vex/"

    @property
    def archive(self) -> str:
        """Of all documents; no day is told of it."""
        return "csaf-vex.tar.bz2"

    def covers(self, ecosystem: str) -> bool:
        """Whether it is the family, or a release of it as images tell it."""
        return speaks_for(self.family, ecosystem)

    def id_of(self, cve: str) -> str:
        """Return the id under which a document is kept: what is kept of it depends on the family."""
        return f"{self.family}-{cve}"

    def path_of(self, record_id: str) -> str:
        """Return where a document is."""
        return f"{self.lists}{record_id.removeprefix(f'{self.family}-').lower()}.json"

    def condense(self, content: bytes) -> bytes:
        """Keep of a document what has no fix in a release, or needs none; nothing of an id that was rejected."""
        document = read_vex(content, self._place_of, _rpm_of)
        severity = Severity(document.impact, document.vector)
        said = () if _REJECTED.search(document.description) else tuple(_gather(document))
        packages = [one for one in said if one.state != _UNAFFECTED]
        unaffected = tuple(_join([one for one in said if one.state == _UNAFFECTED]))
        return keep_document(document, document.description, (severity,), packages, unaffected)

    def read(self, record_id: str, content: bytes, listed_at: datetime) -> Advisory:
        """Make an advisory of what was kept."""
        record = read_document(content)
        packages = _PACKAGES.decode(record.packages)
        refuse_long([text for one in packages for text in (one.ecosystem, one.name)])
        return make_advisory(self.name, record_id, listed_at, record, tuple(map(_affected, packages)))

    def _place_of(self, product: str, _: str) -> str:
        release = release_of_name(product)
        return release if family_of(release) == self.family else ""


def _rpm_of(product_id: str, _: str) -> RpmName:
    """Take the whole id for the name: URLs cut some in two (`libjavascriptcoregtk@4_0-18`), or are not there."""
    return RpmName(product_id, "", "", "")


def _gather(document: VexDocument) -> Iterator[_Package]:
    """Yield what is said where no product of a release has the fix, by release and name."""
    said: dict[tuple[str, str], list[VexStatement]] = {}
    for one in document.statements:
        name = _without_version(one.rpm.name) if one.status in _FIXES else one.rpm.name
        said.setdefault((one.place, name), []).append(one)
    for (release, name), statements in sorted(said.items()):
        state = _resolve(statements)
        if state == _UNAFFECTED and document.may_concern(release, name):
            state = _UNREAD
        if state is not None:
            yield _Package(release, name, state)


def _join(unaffected: Sequence[_Package]) -> Iterator[UnaffectedPackages]:
    """Yield packages by the releases in which they are not affected: of most documents, all by the same ones."""
    releases: dict[str, list[str]] = {}
    for one in unaffected:
        releases.setdefault(one.name, []).append(one.ecosystem)
    names: dict[tuple[str, ...], list[str]] = {}
    for name, ecosystems in releases.items():
        names.setdefault(tuple(ecosystems), []).append(name)
    return (UnaffectedPackages(ecosystems, tuple(together)) for ecosystems, together in names.items())


def _without_version(rpm: str) -> str:
    """Return the name of `name-version-release`; neither of the other two has a hyphen."""
    return rpm.rsplit("-", 2)[0]


def _resolve(said: list[VexStatement]) -> str | None:
    """Return the state; None where there is a fix.

    What is affected in one product of the release is, and a fix may come where one of them does not rule it out.
    """
    if any(one.status in _FIXES for one in said):
        return None
    affected = [one for one in said if one.status in _AFFECTED]
    if affected:
        is_final = all(one.remedy_kind == _NO_FIX_PLANNED for one in affected)
        return _WILL_NOT_FIX if is_final else _NOT_FIXED
    return _UNAFFECTED if all(one.status == _NOT_AFFECTED for one in said) else _UNKNOWN


def _affected(package: _Package) -> AffectedPackage:
    if package.state == _UNKNOWN:
        return AffectedPackage(package.ecosystem, package.name)
    if package.state == _UNREAD:
        return AffectedPackage(package.ecosystem, package.name, problem=UNDEFINED)
    return AffectedPackage(package.ecosystem, package.name, (_EVERYTHING,), state=package.state)


SUSE = SuseVexSource("suse-vex", "SUSE")
OPENSUSE = SuseVexSource("opensuse-vex", "openSUSE")
