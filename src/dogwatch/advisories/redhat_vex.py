"""Red Hat's VEX documents: one for each CVE id, with what Red Hat says of it for each of its products.

What speaks of Red Hat Enterprise Linux itself is kept of each document, by the main stream of each major release
(decision 0044): a plain image tells its release, and not from which repository a package came.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from dogwatch.advisories.csaf_document import UNDEFINED, VexDocument, VexStatement, read_vex
from dogwatch.advisories.csaf_feed import CsafSource
from dogwatch.advisories.csaf_record import Severity, keep_document, make_advisory, read_document
from dogwatch.advisories.limits import CSAF_LIMITS, FeedLimits
from dogwatch.advisories.rpm_branches import range_with_fixes
from dogwatch.advisories.texts import refuse_long
from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    RangeEvent,
    RangeEventKind,
    SeverityFact,
    StatedRange,
)
from dogwatch.versions import UNNAMED_STREAM, name_in_stream, speaks_for

_ECOSYSTEM: Final = "Red Hat"
_PREFIX: Final = "REDHAT-"
_MAIN_STREAM: Final = re.compile(r"cpe:/[ao]:redhat:(?:enterprise_linux|rhel_els):(\d{1,2})(?:\.\d{1,2})?(?:::.*)?")
"""Products of the main stream, whichever the repository, and of extended life, which goes on where that ended."""

_EXTENDED_STREAM: Final = re.compile(
    r"cpe:/[ao]:redhat:rhel_(?:eus|eus_long_life|aus|e4s|tus):(\d{1,2})\.\d{1,2}(?:::.*)?"
)
"""Products that go on with a minor release where the main stream left it, for those who pay for it."""

_EXTENDED: Final = "+"
"""Marks the place of what is said of an extended stream."""

_EVERYTHING: Final = StatedRange("ECOSYSTEM", (RangeEvent(RangeEventKind.INTRODUCED, "0"),))
_NOT_FIXED, _NOT_AFFECTED, _UNKNOWN, _FIXED, _UNREAD = "", "not affected", "unknown", "fixed", "unread"
_STATES: Final = {
    "will not fix": "will not fix",
    "out of support scope": "end of life",
    "fix deferred": "deferred",
}
"""How the details of a remediation without a fix read, in lower case; all others only say that there is none yet."""

_FIXES: Final = frozenset({"fixed", "first_fixed"})
_AFFECTED: Final = frozenset({"known_affected", "first_affected", "last_affected"})
_SYMBOLS: Final = re.compile(r".*-debug(?:info|source)(?:-common(?:-.*)?)?")
"""Packages of symbols hold no code that runs, and are half of what a document names."""

_WORDS: Final = ("", "low", "moderate", "important", "critical")


class _Package(msgspec.Struct, frozen=True, array_like=True, order=True):
    """What is said of one name in one release: `state` is one of the words above, `fixed` the versions.

    `extended` are the fixes of extended streams, where there are others.
    """

    release: str
    module: str
    name: str
    state: str
    fixed: tuple[str, ...]
    severity: int
    extended: tuple[str, ...] = ()


_PACKAGES: Final = msgspec.json.Decoder(tuple[_Package, ...])


@dataclass(frozen=True, slots=True)
class RedHatVexSource(CsafSource):
    """The VEX documents of Red Hat."""

    name: str = "redhat-vex"
    licence: str = "CC-BY-4.0 (Red Hat)"
    public_location: str = "https://security.access.redhat.com/data/csaf/v2/vex"
    folder: str = "redhat-vex"
    by_release: bool = False
    dates_records: bool = True
    stale_after: timedelta = timedelta(hours=48)  # documents change daily
    ecosystems: tuple[str, ...] = (_ECOSYSTEM,)
    limits: FeedLimits = CSAF_LIMITS

    def covers(self, ecosystem: str) -> bool:
        """Whether it is Red Hat Enterprise Linux or a release of it, as images tell it."""
        return speaks_for(_ECOSYSTEM, ecosystem)

    def id_of(self, cve: str) -> str:
        """Return the id under which a document is kept."""
        return f"{_PREFIX}{cve}"

    def path_of(self, record_id: str) -> str:
        """Return where a document is: by year."""
        cve = record_id.removeprefix(_PREFIX)
        return f"{cve[4:8]}/{cve.lower()}.json"

    def condense(self, content: bytes) -> bytes:
        """Keep of a document what is said of the main stream."""
        document = read_vex(content, _place_of)
        counted = Counter(Severity(one.impact, one.vector) for one in document.statements).most_common()
        severities = tuple(severity for severity, _ in counted)
        packages = _gather(document, {severity: number for number, severity in enumerate(severities)})
        return keep_document(document, _describe(document), severities, packages)

    def read(self, record_id: str, content: bytes, listed_at: datetime) -> Advisory:
        """Make an advisory of what was kept."""
        record = read_document(content)
        packages = _PACKAGES.decode(record.packages)
        refuse_long([text for one in packages for text in _texts(one)])
        severities = [one.facts for one in record.severities]
        affected = tuple(_affected(one, severities) for one in (*packages, *_of_any_stream(packages)))
        return make_advisory(self.name, record_id, listed_at, record, affected)


def _place_of(_: str, cpe: str) -> str:
    """Return the major release of a product of the main stream, marked for one of an extended; empty for all others."""
    if found := _MAIN_STREAM.fullmatch(cpe):
        return found[1]
    found = _EXTENDED_STREAM.fullmatch(cpe)
    return f"{found[1]}{_EXTENDED}" if found else ""


def _describe(document: VexDocument) -> str:
    """Return the description, with the reasons for which packages are not affected."""
    reasons = sorted({one.reason.replace("_", " ") for one in document.statements if one.reason})
    why = f'Red Hat\'s reasons where it says "not affected": {", ".join(reasons)}.' if reasons else ""
    return f"{document.description}\n\n{why}".strip()


def _gather(document: VexDocument, numbers: dict[Severity, int]) -> tuple[_Package, ...]:
    """Join what is said of a name in all repositories of a release.

    A source package counts where no binary has its name: what is said of both is the same.
    """
    by_name: dict[tuple[str, str, str], list[VexStatement]] = {}
    sources: dict[tuple[str, str, str], list[VexStatement]] = {}
    for one in document.statements:
        if not _SYMBOLS.fullmatch(one.rpm.name):
            kept = sources if one.rpm.arch == "src" else by_name
            kept.setdefault((one.place, one.rpm.module, one.rpm.name), []).append(one)
    packages: list[_Package] = []
    for (release, module, name), said in (sources | by_name).items():
        if release.endswith(_EXTENDED):
            continue
        extended = _fixes(by_name.get((f"{release}{_EXTENDED}", module, name), []))
        worst = max(said, key=lambda one: _WORDS.index(one.impact.lower()) if one.impact.lower() in _WORDS else 0)
        number = numbers[Severity(worst.impact, worst.vector)]
        states = _resolve(said)
        if document.may_concern(release, name):
            states = [*(one for one in states if one[0] != _NOT_AFFECTED), (_UNREAD, ())]
        for state, fixed in states:
            packages.append(_Package(release, module, name, state, fixed, number, extended if fixed else ()))
    return tuple(sorted(packages))


def _fixes(said: list[VexStatement]) -> tuple[str, ...]:
    return tuple(sorted({one.rpm.version for one in said if one.status in _FIXES and one.rpm.version}))


def _resolve(said: list[VexStatement]) -> list[tuple[str, tuple[str, ...]]]:
    """Return states with fixes. What is affected anywhere is; what is not affected must be so everywhere.

    A fix without a version, and any status that nobody knows, is something that cannot be told.
    """
    fixed = _fixes(said)
    affected = {_STATES.get(one.remedy.lower(), _NOT_FIXED) for one in said if one.status in _AFFECTED}
    found: list[tuple[str, tuple[str, ...]]] = [(_FIXED, fixed)] if fixed else []
    found.extend((state, ()) for state in sorted(affected))
    if found:
        return found
    is_clean = all(one.status == "known_not_affected" for one in said)
    return [(_NOT_AFFECTED if is_clean else _UNKNOWN, ())]


def _of_any_stream(packages: tuple[_Package, ...]) -> list[_Package]:
    """Return what meets packages of which only that they are of some stream is known: they are undetermined."""
    named = {(one.release, one.name) for one in packages if one.module and one.state != _NOT_AFFECTED}
    return [_Package(release, UNNAMED_STREAM, name, _NOT_FIXED, (), 0) for release, name in sorted(named)]


def _affected(package: _Package, severities: list[tuple[SeverityFact, ...]]) -> AffectedPackage:
    said = AffectedPackage(
        f"{_ECOSYSTEM}:enterprise_linux:{package.release}",
        name_in_stream(package.module, package.name),
        severity=severities[package.severity] if package.severity else (),
    )
    if package.state == _UNKNOWN:
        return said
    if package.state == _UNREAD:
        return replace(said, problem=UNDEFINED)
    if package.state == _NOT_AFFECTED:
        return replace(said, state=_NOT_AFFECTED)
    if package.state == _FIXED:
        return replace(said, ranges=(range_with_fixes(package.fixed, package.extended),))
    return replace(said, ranges=(_EVERYTHING,), state=package.state)


def _texts(package: _Package) -> tuple[str, ...]:
    return (package.release, package.module, package.name, *package.fixed, *package.extended)


SOURCE = RedHatVexSource()
