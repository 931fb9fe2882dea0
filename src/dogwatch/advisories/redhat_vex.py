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

from dogwatch.advisories.csaf_document import VexDocument, VexStatement, read_vex
from dogwatch.advisories.csaf_feed import CsafSource
from dogwatch.advisories.limits import FEED_LIMITS, TEXT_LIMITS, FeedLimits
from dogwatch.advisories.rpm_branches import range_with_fixes
from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    RangeEvent,
    RangeEventKind,
    SeverityFact,
    StatedRange,
)
from dogwatch.model.times import parse_rfc3339
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
_NOT_FIXED, _NOT_AFFECTED, _UNKNOWN, _FIXED = "", "not affected", "unknown", "fixed"
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


_LIMITS: Final = replace(
    FEED_LIMITS,
    max_record_bytes=32 * 1024 * 1024,  # ten times the largest sample; reading one takes five times its size
    max_archive_bytes=2 * 1024 * 1024 * 1024,  # of all documents: the spool's disk
    max_inflated_bytes=128 * 1024 * 1024 * 1024,  # time, not memory: 50 MB a second; such JSON packs 20 to 50 times
    max_single_records=2_000,  # the archive of all pays late, as a document is large
)


class _Severity(msgspec.Struct, frozen=True, array_like=True):
    word: str
    vector: str


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


class _Reference(msgspec.Struct):
    url: str


class _Vector(msgspec.Struct):
    type: str
    score: str


class _Specific(msgspec.Struct):
    severity: str


class _Record(msgspec.Struct):
    """What is kept of a document; what is shown of it stands where documents in the OSV format have it.

    `severities` are numbered; the first, which is the most frequent, is also `severity` and the word beside it.
    """

    cve: str
    summary: str
    details: str
    published: str
    cwe: str
    references: tuple[_Reference, ...]
    severity: tuple[_Vector, ...]
    database_specific: _Specific
    severities: tuple[_Severity, ...]
    packages: tuple[_Package, ...]


@dataclass(frozen=True, slots=True)
class RedHatVexSource(CsafSource):
    """The VEX documents of Red Hat."""

    name: str = "redhat-vex"
    licence: str = "CC-BY-4.0 (Red Hat)"
    public_location: str = "https://security.access.redhat.com/data/csaf/v2/vex"
    folder: str = "redhat-vex"
    by_release: bool = False
    stale_after: timedelta = timedelta(hours=48)  # documents change daily
    ecosystems: tuple[str, ...] = (_ECOSYSTEM,)
    limits: FeedLimits = _LIMITS

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
        counted = Counter(_Severity(one.impact, one.vector) for one in document.statements).most_common()
        severities = tuple(severity for severity, _ in counted)
        frequent = severities[0] if severities else _Severity("", "")
        record = _Record(
            document.cve,
            _shown(document.title, TEXT_LIMITS.max_summary),
            _shown(_describe(document), TEXT_LIMITS.max_details),
            document.published,
            document.cwe,
            tuple(_Reference(url) for url in document.references if _is_link(url))[: TEXT_LIMITS.max_references],
            tuple(_Vector(fact.kind, fact.value) for fact in _facts(frequent) if fact.kind != "TEXT"),
            _Specific(frequent.word),
            severities,
            _gather(document, {severity: number for number, severity in enumerate(severities)}),
        )
        return msgspec.json.encode(record)

    def read(self, record_id: str, content: bytes, listed_at: datetime) -> Advisory:
        """Make an advisory of what was kept."""
        record = msgspec.json.decode(content, type=_Record)
        if any(len(text) > TEXT_LIMITS.max_name or "\0" in text for one in record.packages for text in _texts(one)):
            raise ValueError("a name or version that cannot be kept")
        if any("\0" in one.word + one.vector for one in record.severities):
            raise ValueError("a severity that cannot be kept")
        severities = [_facts(one) for one in record.severities]
        return Advisory(
            source=self.name,
            id=record_id,
            modified_at=listed_at,
            published_at=parse_rfc3339(record.published) if record.published else None,
            withdrawn_at=None,
            summary=record.summary,
            details=record.details,
            upstream=(record.cve,),
            affected=tuple(_affected(one, severities) for one in (*record.packages, *_of_any_stream(record.packages))),
            severity=severities[0] if severities else (),
            references=tuple(one.url for one in record.references),
            cwes=(record.cwe,) if re.fullmatch(r"CWE-\d{1,6}", record.cwe) else (),
        )


def _place_of(cpe: str) -> str:
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


def _shown(text: str, longest: int) -> str:
    return text[:longest].replace("\0", "\N{REPLACEMENT CHARACTER}")


def _is_link(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= TEXT_LIMITS.max_reference and "\0" not in url


def _gather(document: VexDocument, numbers: dict[_Severity, int]) -> tuple[_Package, ...]:
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
        number = numbers[_Severity(worst.impact, worst.vector)]
        for state, fixed in _resolve(said):
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
    if package.state == _NOT_AFFECTED:
        return replace(said, state=_NOT_AFFECTED)
    if package.state == _FIXED:
        return replace(said, ranges=(range_with_fixes(package.fixed, package.extended),))
    return replace(said, ranges=(_EVERYTHING,), state=package.state)


def _facts(severity: _Severity) -> tuple[SeverityFact, ...]:
    kind = "CVSS_V3" if severity.vector.startswith("CVSS:3") else "CVSS_V2"
    vector = (SeverityFact(kind, severity.vector[: TEXT_LIMITS.max_identifier]),) if severity.vector else ()
    word = (SeverityFact("TEXT", severity.word[: TEXT_LIMITS.max_identifier]),) if severity.word else ()
    return (*vector, *word)


def _texts(package: _Package) -> tuple[str, ...]:
    return (package.release, package.module, package.name, *package.fixed, *package.extended)


SOURCE = RedHatVexSource()
