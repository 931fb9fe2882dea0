"""The `affected` entries of an OSV record; one that is not right leaves its package undetermined (decision 0054)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from dogwatch.advisories.apk_components import restate_by_component
from dogwatch.advisories.limits import TEXT_LIMITS
from dogwatch.advisories.osv_ecosystems import ecosystem_of
from dogwatch.advisories.suse_products import is_told_by_binary, restate_by_binary
from dogwatch.advisories.texts import cut_prose, keep_unread
from dogwatch.model.advisories import AffectedPackage, RangeEvent, RangeEventKind, SeverityFact, StatedRange

_VECTORS = frozenset({"CVSS_V2", "CVSS_V3", "CVSS_V4"})
_TEXT = "TEXT"
_USED_RANGES = frozenset({"SEMVER", "ECOSYSTEM"})
_GIT = "GIT"
_END_OF_LIFE = "end-of-life"  # Debian's urgency for packages that get no more fixes
_NOTICES = ("unmaintained", "notice")  # RustSec's words for what is no vulnerability; "unsound" may be one

NULL = msgspec.Raw(b"null")  # Raw takes whatever stands there, null included


class Severity(msgspec.Struct):
    """A rating of one kind: of a record, or of an entry."""

    type: str = ""  # Ubuntu leaves it out
    score: str = ""


class _Event(msgspec.Struct):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class _Range(msgspec.Struct):
    type: str
    events: list[_Event] | None = None


class _Package(msgspec.Struct):
    ecosystem: str = ""
    name: str = ""
    purl: str | None = None


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None
    severity: list[Severity] | None = None
    ecosystem_specific: msgspec.Raw = NULL
    database_specific: msgspec.Raw = NULL


class _Named(msgspec.Struct):
    """What is still read of an entry that is not right."""

    package: _Package


class Specific(msgspec.Struct):
    """The few publishers' own fields that we read; the schema leaves their types open."""

    severity: Any = None
    urgency: Any = None
    cwe_ids: Any = None
    informational: Any = None


_ENTRY = msgspec.json.Decoder(_Affected)
_NAMED = msgspec.json.Decoder(_Named)
_SPECIFIC = msgspec.json.Decoder(Specific)
_NOTHING = Specific()


class RefusedError(ValueError):
    """Why the record, or an entry of it, cannot be used."""


def read_affected(entries: Iterable[msgspec.Raw]) -> tuple[tuple[AffectedPackage, ...], tuple[str, ...]]:
    """Return what is said of packages, each statement once (SUSE's records repeat theirs), and what cannot be read."""
    found: dict[AffectedPackage, None] = {}
    unread: list[str] = []
    for number, entry in enumerate(entries):
        try:
            found |= dict.fromkeys(_restated(entry))
        except ValueError as refused:
            problem = cut_prose(str(refused), TEXT_LIMITS.max_identifier)
            try:
                found[_named(entry, problem)] = None
            except ValueError:
                unread.append(f"affected[{number}]: {problem}")
    return tuple(found), keep_unread(unread)


def _restated(content: msgspec.Raw) -> Iterable[AffectedPackage]:
    """Return what an entry says; nothing where it is about no package, or tells that of no vulnerability."""
    entry = _ENTRY.decode(content)
    if not entry.package or not entry.package.ecosystem:
        return ()
    if read_specific(entry.database_specific).informational in _NOTICES:
        return ()
    specific = entry.ecosystem_specific
    by_component = restate_by_component(_affected(entry, entry.package), specific, entry.database_specific)
    return tuple(restate_by_binary(by_component, specific))


def _named(content: msgspec.Raw, problem: str) -> AffectedPackage:
    """Return the package of an entry that cannot be read.

    Raises:
        ValueError: it does not tell even that; or the packages that images have are told by what cannot be read.
    """
    package = _package(_NAMED.decode(content).package)
    if is_told_by_binary(package.ecosystem):
        raise RefusedError("a source package")
    return replace(package, problem=problem)


def _package(package: _Package) -> AffectedPackage:
    if not package.name:
        raise RefusedError(f"an affected package of {package.ecosystem[:80]!r} without a name")
    return AffectedPackage(
        ecosystem=ecosystem_of(exact("ecosystem", package.ecosystem, TEXT_LIMITS.max_name), package.purl or ""),
        name=exact("package name", package.name, TEXT_LIMITS.max_name),
    )


def _affected(entry: _Affected, package: _Package) -> AffectedPackage:
    specifics = (read_specific(entry.ecosystem_specific), read_specific(entry.database_specific))
    urgency = next((each.urgency for each in specifics if isinstance(each.urgency, str)), "")
    word = urgency or next((each.severity for each in specifics if isinstance(each.severity, str)), "")
    return replace(
        _package(package),
        ranges=tuple(_range(each) for each in entry.ranges or () if each.type != _GIT),
        versions=tuple(exact("version", version, TEXT_LIMITS.max_version) for version in entry.versions or ()),
        state="end of life" if urgency == _END_OF_LIFE else "",
        severity=severity_facts(entry.severity, word),
    )


def _range(stated: _Range) -> StatedRange:
    if stated.type not in _USED_RANGES:
        raise RefusedError(f"an unknown kind of range: {stated.type[:80]!r}")
    return StatedRange(stated.type, tuple(event for each in stated.events or () for event in _events(each)))


def _events(event: _Event) -> Iterable[RangeEvent]:
    """One event by the schema; old records put the two ends of an interval into one object."""
    stated = (
        (RangeEventKind.INTRODUCED, event.introduced),
        (RangeEventKind.FIXED, event.fixed),
        (RangeEventKind.LAST_AFFECTED, event.last_affected),
        (RangeEventKind.LIMIT, event.limit),
    )
    events = [
        RangeEvent(kind, exact("version", version, TEXT_LIMITS.max_version))
        for kind, version in stated
        if version is not None
    ]
    if not events:
        raise RefusedError("a range event of an unknown kind")
    return events


def severity_facts(stated: list[Severity] | None, word: object) -> tuple[SeverityFact, ...]:
    """Return ratings as facts: CVSS vectors keep their kind, every other one is a word.

    Raises:
        RefusedError: one cannot be kept.
    """
    facts = [
        SeverityFact(
            each.type if each.type in _VECTORS else _TEXT, exact("severity", each.score, TEXT_LIMITS.max_identifier)
        )
        for each in stated or ()
        if each.score
    ]
    if isinstance(word, str) and word:
        facts.append(SeverityFact(_TEXT, exact("severity", word, TEXT_LIMITS.max_identifier)))
    return tuple(dict.fromkeys(facts))


def read_specific(raw: msgspec.Raw) -> Specific:
    """Return what we read of a publisher's own fields."""
    try:
        return _SPECIFIC.decode(raw)
    except msgspec.MsgspecError:
        return _NOTHING  # not an object: a publisher's own business, and nothing that decides


def exact(what: str, text: str, longest: int) -> str:
    """Return a text that decides: it can neither be cut nor stored otherwise.

    Raises:
        RefusedError: it cannot be kept.
    """
    if len(text) > longest:
        raise RefusedError(f"{what} of {len(text)} characters, more than {longest}: {text[:80]!r}")
    if "\0" in text:
        raise RefusedError(f"{what} with a zero character: {text[:80]!r}")
    return text
