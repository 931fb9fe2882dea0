"""One OSV record: bytes → `Advisory`. Tolerant of what it does not use, strict about what it does.

What decides whether a package is affected (package, ranges, versions, times, ids) is read exactly or the record is
refused; prose is cut to a bound. Called by `osv`, by tests, and by whoever has a record in hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec

from dogwatch.advisories.apk_components import restate_by_component
from dogwatch.advisories.limits import TEXT_LIMITS, TextLimits
from dogwatch.advisories.listing import RECORD_ID
from dogwatch.advisories.module_streams import tell_streams
from dogwatch.advisories.osv_ecosystems import ecosystem_of
from dogwatch.advisories.suse_products import restate_by_binary
from dogwatch.advisories.texts import cut_prose, is_link
from dogwatch.advisories.ubuntu_releases import tell_plain_releases
from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    RangeEvent,
    RangeEventKind,
    SeverityFact,
    StatedRange,
)
from dogwatch.model.errors import MalformedAdvisoryError
from dogwatch.model.times import parse_rfc3339

_VECTORS = frozenset({"CVSS_V2", "CVSS_V3", "CVSS_V4"})
_TEXT = "TEXT"
_USED_RANGES = frozenset({"SEMVER", "ECOSYSTEM"})
_GIT = "GIT"
_END_OF_LIFE = "end-of-life"  # Debian's urgency for packages that get no more fixes


_NULL = msgspec.Raw(b"null")  # Raw takes whatever stands there, null included


class _Severity(msgspec.Struct):
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
    severity: list[_Severity] | None = None
    ecosystem_specific: msgspec.Raw = _NULL
    database_specific: msgspec.Raw = _NULL


class _Reference(msgspec.Struct):
    url: str = ""


class _Document(msgspec.Struct):
    id: str
    modified: str
    published: str | None = None
    withdrawn: str | None = None
    summary: str | None = None
    details: str | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    affected: list[_Affected] | None = None
    severity: list[_Severity] | None = None
    references: list[_Reference] | None = None
    database_specific: msgspec.Raw = _NULL


class _Specific(msgspec.Struct):
    """The few publishers' own fields that we read; the schema leaves their types open."""

    severity: Any = None
    urgency: Any = None
    cwe_ids: Any = None


_DOCUMENT = msgspec.json.Decoder(_Document)
_SPECIFIC = msgspec.json.Decoder(_Specific)
_NOTHING = _Specific()


class _RefusedError(Exception):
    """Why the record cannot be used."""


def parse_advisory(
    content: bytes, *, source: str = "osv", expected_id: str = "", limits: TextLimits = TEXT_LIMITS
) -> Advisory:
    """Read one record in the OSV format.

    Entries without a package ecosystem and GIT ranges are dropped: they speak of repositories. An unknown kind of range
    or of event refuses the record, because leaving it out would change what is affected. Ecosystems and names stay as
    written, but for those of repositories and variants (`osv_ecosystems`), SUSE's (`suse_products`), Ubuntu's
    (`ubuntu_releases`) and those of module streams (`module_streams`). Severity words of GitHub and Debian become TEXT
    facts; Debian's urgency `end-of-life` is also the state.

    Args:
        content: the JSON document.
        source: becomes part of the advisory; named in errors.
        expected_id: the id it is listed under; empty accepts any.
        limits: caps on texts.

    Raises:
        MalformedAdvisoryError: not JSON, not an OSV record, another record than expected, or a text that cannot be
            stored.

    Source:
        OSV schema 1.7; GitHub's database_specific (severity, cwe_ids); Debian's ecosystem_specific (urgency).
    """
    try:
        return tell_plain_releases(tell_streams(_read(_DOCUMENT.decode(content), source, expected_id, limits)))
    except (msgspec.MsgspecError, ValueError, _RefusedError) as refused:
        raise MalformedAdvisoryError(source, expected_id or "without a known id", str(refused)[:500]) from refused
    except RecursionError as too_deep:
        raise MalformedAdvisoryError(source, expected_id or "without a known id", "nested too deeply") from too_deep


def _read(document: _Document, source: str, expected_id: str, limits: TextLimits) -> Advisory:
    if not RECORD_ID.fullmatch(document.id):
        raise _RefusedError(f"not a record id: {document.id[:80]!r}")
    if expected_id and document.id != expected_id:
        raise _RefusedError(f"it says it is {document.id}")
    specific = _specific(document.database_specific)
    modified_at = _time("modified", document.modified)
    assert modified_at is not None  # a required field
    return Advisory(
        source=source,
        id=document.id,
        modified_at=modified_at,
        published_at=_time("published", document.published),
        withdrawn_at=_time("withdrawn", document.withdrawn),
        summary=cut_prose(document.summary or "", limits.max_summary),
        details=cut_prose(document.details or "", limits.max_details),
        aliases=_identifiers("aliases", document.aliases, limits),
        upstream=_identifiers("upstream", document.upstream, limits),
        related=_identifiers("related", document.related, limits),
        affected=_all_affected(document, limits),
        severity=_severity(document.severity, specific.severity, limits),
        references=_references(document.references, limits),
        cwes=_cwes(specific.cwe_ids),
    )


def _all_affected(document: _Document, limits: TextLimits) -> tuple[AffectedPackage, ...]:
    """Return what is said of packages, each statement once, since SUSE's records repeat theirs for every product."""
    entries = (entry for entry in document.affected or () if entry.package and entry.package.ecosystem)
    read = ((_affected(each, limits), each.ecosystem_specific) for each in entries)
    restated = (restate_by_binary(restate_by_component(one, specific), specific) for one, specific in read)
    return tuple(dict.fromkeys(chain.from_iterable(restated)))


def _affected(entry: _Affected, limits: TextLimits) -> AffectedPackage:
    package = entry.package or _Package()
    if not package.name:
        raise _RefusedError(f"an affected package of {package.ecosystem[:80]!r} without a name")
    specifics = (_specific(entry.ecosystem_specific), _specific(entry.database_specific))
    urgency = next((each.urgency for each in specifics if isinstance(each.urgency, str)), "")
    word = urgency or next((each.severity for each in specifics if isinstance(each.severity, str)), "")
    return AffectedPackage(
        ecosystem=ecosystem_of(_exact("ecosystem", package.ecosystem, limits.max_name), package.purl or ""),
        name=_exact("package name", package.name, limits.max_name),
        ranges=tuple(_range(each, limits) for each in entry.ranges or () if each.type != _GIT),
        versions=tuple(_exact("version", version, limits.max_version) for version in entry.versions or ()),
        state="end of life" if urgency == _END_OF_LIFE else "",
        severity=_severity(entry.severity, word, limits),
    )


def _range(stated: _Range, limits: TextLimits) -> StatedRange:
    if stated.type not in _USED_RANGES:
        raise _RefusedError(f"an unknown kind of range: {stated.type[:80]!r}")
    return StatedRange(stated.type, tuple(event for each in stated.events or () for event in _events(each, limits)))


def _events(event: _Event, limits: TextLimits) -> Iterable[RangeEvent]:
    """One event by the schema; old records put the two ends of an interval into one object."""
    stated = (
        (RangeEventKind.INTRODUCED, event.introduced),
        (RangeEventKind.FIXED, event.fixed),
        (RangeEventKind.LAST_AFFECTED, event.last_affected),
        (RangeEventKind.LIMIT, event.limit),
    )
    events = [
        RangeEvent(kind, _exact("version", version, limits.max_version))
        for kind, version in stated
        if version is not None
    ]
    if not events:
        raise _RefusedError("a range event of an unknown kind")
    return events


def _severity(stated: list[_Severity] | None, word: object, limits: TextLimits) -> tuple[SeverityFact, ...]:
    """CVSS vectors keep their kind; every other rating is a word."""
    facts = [
        SeverityFact(
            each.type if each.type in _VECTORS else _TEXT, _exact("severity", each.score, limits.max_identifier)
        )
        for each in stated or ()
        if each.score
    ]
    if isinstance(word, str) and word:
        facts.append(SeverityFact(_TEXT, _exact("severity", word, limits.max_identifier)))
    return tuple(dict.fromkeys(facts))


def _specific(raw: msgspec.Raw) -> _Specific:
    try:
        return _SPECIFIC.decode(raw)
    except msgspec.MsgspecError:
        return _NOTHING  # not an object: a publisher's own business, and nothing that decides


def _time(field: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_rfc3339(text)
    except ValueError as unreadable:
        raise _RefusedError(f"{field} is not a time: {text[:80]!r}") from unreadable


def _exact(what: str, text: str, longest: int) -> str:
    """Return a text that decides, or refuse: it can neither be cut nor stored otherwise."""
    if len(text) > longest:
        raise _RefusedError(f"{what} of {len(text)} characters, more than {longest}: {text[:80]!r}")
    if "\0" in text:
        raise _RefusedError(f"{what} with a zero character: {text[:80]!r}")
    return text


def _identifiers(what: str, ids: list[str] | None, limits: TextLimits) -> tuple[str, ...]:
    if ids and len(ids) > limits.max_names:
        raise _RefusedError(f"{len(ids)} {what}, more than {limits.max_names}")
    return tuple(dict.fromkeys(_exact(what, each, limits.max_identifier) for each in ids or () if each))


def _references(references: list[_Reference] | None, limits: TextLimits) -> tuple[str, ...]:
    """Return web addresses only, each once: they become links."""
    usable = (each.url for each in references or () if is_link(each.url, limits.max_reference))
    return tuple(dict.fromkeys(usable))[: limits.max_references]


def _cwes(ids: object) -> tuple[str, ...]:
    if not isinstance(ids, list):
        return ()
    return tuple(dict.fromkeys(each for each in ids if isinstance(each, str) and _is_cwe(each)))


def _is_cwe(text: str) -> bool:
    digits = text.removeprefix("CWE-")
    return digits != text and digits.isascii() and digits.isdigit() and len(digits) <= 6
