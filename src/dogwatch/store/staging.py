"""Brings the documents of one publication into temporary tables, a batch at a time, so that memory stays bounded."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from dogwatch.matching import AdvisoryNames, key_affected_ranges, name_advisory
from dogwatch.model.advisories import Advisory, AffectedRange
from dogwatch.model.feeds import OPERATOR_SOURCES, FeedChanges, ParsedRecord
from dogwatch.store.compression import compress
from dogwatch.store.connection import copy_rows
from dogwatch.store.queries import load_queries
from dogwatch.versions import normalise_name, speaks_for

_SQL = load_queries("journal")

_RECORDS_AT_ONCE = 500
"""Records per COPY: a Debian record is a few kB and lists a few ranges, so a batch stays at a few MB."""

_MOST_TOLD = 20
"""Parts of one record that could not be read and are told in words: what is wrong with it is seen by the first."""

_ADVISORY_TYPES = (
    *("text", "timestamptz", "timestamptz", "timestamptz", "text", "bytea", "text[]", "text[]", "bytea", "text[]"),
)
_UNREAD_TYPES = ("text", "text", "text")
_RANGE_TYPES = (
    *("text", "text", "text", "text", "int4", "bytea", "bytea", "text", "text"),
    *("text", "text", "text", "bytea", "text", "text", "jsonb", "text", "text", "bytea"),
)

_FIELDS = [each.name for each in fields(AffectedRange)]
_BEFORE_SEVERITY = attrgetter(*_FIELDS[: _FIELDS.index("severity")])
"""What a range says in single values; severity is behind it, and then the naming."""


@dataclass(frozen=True, slots=True)
class Staged:
    """How many records were staged, and how many could not be read (their earlier state stays in force)."""

    records: int
    refused: int


class _Unread(NamedTuple):
    """What of a record could not be read, in words, and of which package that is said; without a name of any."""

    ecosystem: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class _Incoming:
    """What a record brings: its names, its ranges by what tells them apart, and what tells whether all is as before."""

    record: ParsedRecord
    advisory: Advisory
    names: AdvisoryNames
    ranges: dict[bytes, AffectedRange]
    content: bytes
    unread: tuple[_Unread, ...]


def stage_records(connection: psycopg.Connection, feed: tuple[str, str], changes: FeedChanges, now: datetime) -> Staged:
    """Fill the stage from a feed's changes; the caller is the publisher.

    Only ranges of the feed's own ecosystem are staged: a record may stand in several feeds, each brings its part. A
    withdrawn record brings none. The same id twice is the same record; the last counts. Records that bring what they
    brought before are left out.

    Args:
        connection: whose transaction the stage belongs to.
        feed: (source, ecosystem).
        changes: what it shows.
        now: the present.

    Raises:
        MalformedSnapshotError: from the records, while they are read.
    """
    connection.execute(_SQL["stage"])
    staged = refused = 0
    remaining = iter(changes.records)
    seen: set[str] = set()
    while batch := list(islice(remaining, _RECORDS_AT_ONCE)):
        readable = {record.id: record for record in batch if record.advisory is not None and record.id not in seen}
        refused += sum(record.advisory is None for record in batch)
        seen |= readable.keys()
        incoming = [_incoming(record, record.advisory, feed[1], now) for record in readable.values() if record.advisory]
        unchanged = _find_unchanged(connection, feed, incoming, changes.is_dated)
        changed = [one for one in incoming if one.record.id not in unchanged]
        staged += len(changed)
        copy_rows(connection, _SQL["copy_advisories"], _ADVISORY_TYPES, map(_advisory_row, changed))
        copy_rows(connection, _SQL["copy_ranges"], _RANGE_TYPES, _range_rows(changed))
        unread = ((one.record.id, hole.ecosystem, hole.name) for one in changed for hole in one.unread)
        copy_rows(connection, _SQL["copy_unread_packages"], _UNREAD_TYPES, unread)
    connection.execute(_SQL["stage_removed"], {"names": [name for name in changes.removed if name not in seen]})
    connection.execute(_SQL["analyze_stage"])
    return Staged(staged, refused)


def _find_unchanged(
    connection: psycopg.Connection, feed: tuple[str, str], incoming: Collection[_Incoming], is_dated: bool
) -> set[str]:
    """Return the ids of records that bring what they brought before, at the same time where the feed dates them."""
    shown = {
        "source": feed[0],
        "ecosystem": feed[1],
        "is_dated": is_dated,
        "names": [one.record.id for one in incoming],
        "times": [one.record.modified_at for one in incoming],
        "contents": [one.content for one in incoming],
    }
    return {row[0] for row in connection.execute(_SQL["find_unchanged"], shown)}


def _clean(text: str) -> str:
    """Drop what PostgreSQL's text cannot hold; such characters mean nothing in what a person reads."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _incoming(record: ParsedRecord, advisory: Advisory, ecosystem: str, now: datetime) -> _Incoming:
    names = name_advisory(advisory)
    is_withdrawn = advisory.withdrawn_at is not None and advisory.withdrawn_at <= now
    stated = () if is_withdrawn else key_affected_ranges(advisory)
    told = (one for one in stated if speaks_for(ecosystem, one.ecosystem))
    said_at = record.modified_at.isoformat() if advisory.source in OPERATOR_SOURCES else ""
    ranges = {_digest(one, said_at): one for one in told}
    said = (advisory.published_at, advisory.withdrawn_at, advisory.summary, names.cves, names.others, sorted(ranges))
    content = hashlib.sha256(repr(said).encode("utf-8", "surrogatepass") + record.document).digest()
    unread = () if is_withdrawn else tuple(_find_unread(advisory, ecosystem))
    return _Incoming(record, advisory, names, ranges, content, unread)


def _find_unread(advisory: Advisory, ecosystem: str) -> Iterator[_Unread]:
    for one in advisory.affected:
        if one.problem and speaks_for(ecosystem, one.ecosystem):
            name = normalise_name(one.ecosystem, one.name)
            yield _Unread(*map(_clean, (one.ecosystem, name, f"{name} of {one.ecosystem}: {one.problem}")))
    for words in advisory.unread:
        yield _Unread("", "", _clean(words))


def _advisory_row(incoming: _Incoming) -> Sequence[object]:
    record, advisory, names = incoming.record, incoming.advisory, incoming.names
    return (
        record.id,
        record.modified_at,
        advisory.published_at,
        advisory.withdrawn_at,
        _clean(advisory.summary),
        compress(record.document),
        [_clean(name) for name in names.cves],
        [_clean(name) for name in names.others],
        incoming.content,
        [one.words for one in incoming.unread[:_MOST_TOLD]],
    )


def _range_rows(incoming: Iterable[_Incoming]) -> Iterator[Sequence[object]]:
    for one in incoming:
        yield from (_range_row(one.record.id, stated, content) for content, stated in one.ranges.items())


def _digest(one: AffectedRange, said_at: str) -> bytes:
    """Return what tells whether a range is stated as before.

    Naming counts where there is one: few have. When the operator said it (`said_at`, else empty) counts as well, as the
    newest word is taken.
    """
    told = (*_BEFORE_SEVERITY(one), tuple((fact.kind, fact.value) for fact in one.severity))
    if one.naming:
        told = (*told, one.naming, one.arch)
    if said_at:
        told = (*told, said_at)
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).digest()


def _range_row(advisory: str, one: AffectedRange, content: bytes) -> Sequence[object]:
    return (
        advisory,
        _clean(one.ecosystem),
        _clean(one.name),
        one.scheme,
        one.scheme_number,
        one.low,
        one.high,
        _clean(one.exact_version),
        _clean(one.not_comparable),
        _clean(one.introduced),
        _clean(one.fixed),
        _clean(one.last_affected),
        one.fixed_key,
        str(one.fix_state),
        str(one.stated_verdict),
        Jsonb([[_clean(fact.kind), _clean(fact.value)] for fact in one.severity]),
        str(one.naming),
        _clean(one.arch),
        content,
    )
