"""One OSV record: bytes → `Advisory`. Tolerant of what it does not use, strict about what it does.

What decides whether a package is affected is read exactly: an entry whose ranges or versions are not right leaves its
package undetermined, and times and ids that are not right refuse the record (decision 0054). Prose is cut to a bound.
Called by `osv`, by tests, and by whoever has a record in hand.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from dogwatch.advisories.limits import TEXT_LIMITS
from dogwatch.advisories.listing import RECORD_ID
from dogwatch.advisories.module_streams import tell_streams
from dogwatch.advisories.osv_entries import (
    NULL,
    RefusedError,
    Severity,
    exact,
    read_affected,
    read_specific,
    severity_facts,
)
from dogwatch.advisories.texts import cut_prose, is_link
from dogwatch.advisories.ubuntu_releases import tell_plain_releases
from dogwatch.model.advisories import Advisory
from dogwatch.model.errors import MalformedAdvisoryError
from dogwatch.model.times import parse_rfc3339


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
    affected: list[msgspec.Raw] | None = None
    severity: list[Severity] | None = None
    references: list[_Reference] | None = None
    database_specific: msgspec.Raw = NULL


_DOCUMENT = msgspec.json.Decoder(_Document)


def parse_advisory(content: bytes, *, source: str = "osv", expected_id: str = "") -> Advisory:
    """Read one record in the OSV format.

    Entries without a package ecosystem and GIT ranges are dropped: they speak of repositories. An unknown kind of range
    or of event is a problem of its entry, because leaving it out would change what is affected. Ecosystems and names
    stay as written, but for those of repositories and variants (`osv_ecosystems`), SUSE's (`suse_products`), Ubuntu's
    (`ubuntu_releases`) and those of module streams (`module_streams`). Severity words of GitHub and Debian become TEXT
    facts; Debian's urgency `end-of-life` is also the state.

    Args:
        content: the JSON document.
        source: becomes part of the advisory; named in errors.
        expected_id: the id it is listed under; empty accepts any.

    Raises:
        MalformedAdvisoryError: not JSON, not an OSV record, another record than expected, or a text that cannot be
            stored.

    Source:
        OSV schema 1.7; GitHub's database_specific (severity, cwe_ids); Debian's ecosystem_specific (urgency).
    """
    try:
        return tell_plain_releases(tell_streams(_read(_DOCUMENT.decode(content), source, expected_id)))
    except ValueError as refused:  # msgspec's errors are ValueErrors
        raise MalformedAdvisoryError(source, expected_id or "without a known id", str(refused)[:500]) from refused
    except RecursionError as too_deep:
        raise MalformedAdvisoryError(source, expected_id or "without a known id", "nested too deeply") from too_deep


def _read(document: _Document, source: str, expected_id: str) -> Advisory:
    if not RECORD_ID.fullmatch(document.id):
        raise RefusedError(f"not a record id: {document.id[:80]!r}")
    if expected_id and document.id != expected_id:
        raise RefusedError(f"it says it is {document.id}")
    specific = read_specific(document.database_specific)
    affected, unread = read_affected(document.affected or ())
    modified_at = _time("modified", document.modified)
    assert modified_at is not None  # a required field
    return Advisory(
        source=source,
        id=document.id,
        modified_at=modified_at,
        published_at=_time("published", document.published),
        withdrawn_at=_time("withdrawn", document.withdrawn),
        summary=cut_prose(document.summary or "", TEXT_LIMITS.max_summary),
        details=cut_prose(document.details or "", TEXT_LIMITS.max_details),
        aliases=_identifiers("aliases", document.aliases),
        upstream=_identifiers("upstream", document.upstream),
        related=_identifiers("related", document.related),
        affected=affected,
        severity=severity_facts(document.severity, specific.severity),
        references=_references(document.references),
        cwes=_cwes(specific.cwe_ids),
        unread=unread,
    )


def _time(field: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_rfc3339(text)
    except ValueError as unreadable:
        raise RefusedError(f"{field} is not a time: {text[:80]!r}") from unreadable


def _identifiers(what: str, ids: list[str] | None) -> tuple[str, ...]:
    if ids and len(ids) > TEXT_LIMITS.max_names:
        raise RefusedError(f"{len(ids)} {what}, more than {TEXT_LIMITS.max_names}")
    return tuple(dict.fromkeys(exact(what, each, TEXT_LIMITS.max_identifier) for each in ids or () if each))


def _references(references: list[_Reference] | None) -> tuple[str, ...]:
    """Return web addresses only, each once: they become links."""
    usable = (each.url for each in references or () if is_link(each.url))
    return tuple(dict.fromkeys(usable))[: TEXT_LIMITS.max_references]


def _cwes(ids: object) -> tuple[str, ...]:
    if not isinstance(ids, list):
        return ()
    return tuple(dict.fromkeys(each for each in ids if isinstance(each, str) and _is_cwe(each)))


def _is_cwe(text: str) -> bool:
    digits = text.removeprefix("CWE-")
    return digits != text and digits.isascii() and digits.isdigit() and len(digits) <= 6
