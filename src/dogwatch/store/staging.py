"""Brings the documents of one publication into temporary tables, a batch at a time, so that memory stays bounded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from itertools import islice

import psycopg
from psycopg.types.json import Jsonb

from dogwatch.matching import key_affected_ranges, name_advisory
from dogwatch.model.advisories import Advisory, AffectedRange
from dogwatch.model.feeds import OPERATOR_SOURCES, ParsedRecord
from dogwatch.store.compression import compress
from dogwatch.store.queries import load_queries
from dogwatch.versions import speaks_for

_SQL = load_queries("journal")

_RECORDS_AT_ONCE = 500
"""Records per COPY: a Debian record is a few kB and lists a few ranges, so a batch stays at a few MB."""

_ADVISORY_TYPES = ("text", "timestamptz", "timestamptz", "timestamptz", "text", "bytea", "text[]", "text[]")
_RANGE_TYPES = (
    *("text", "text", "text", "text", "int4", "bytea", "bytea", "text", "text"),
    *("text", "text", "text", "bytea", "text", "text", "jsonb", "text", "text", "bytea"),
)

_WITHOUT_NAMING = [each.name for each in fields(AffectedRange)].index("naming")
"""How many fields come before it."""


@dataclass(frozen=True, slots=True)
class Staged:
    """How many records were staged, and how many could not be read (their earlier state stays in force)."""

    records: int
    refused: int


def stage_records(
    connection: psycopg.Connection,
    ecosystem: str,
    records: Iterable[ParsedRecord],
    removed: Sequence[str],
    now: datetime,
) -> Staged:
    """Fill the stage from a feed's changes.

    Only ranges of the feed's own ecosystem are staged: a record may stand in several feeds, each brings its part. A
    withdrawn record brings none. The same id twice is the same record; the last counts.

    Raises:
        MalformedSnapshotError: from `records`, while they are read.
    """
    connection.execute(_SQL["stage"])
    staged = refused = 0
    remaining = iter(records)
    seen: set[str] = set()
    while batch := list(islice(remaining, _RECORDS_AT_ONCE)):
        readable = {record.id: record for record in batch if record.advisory is not None and record.id not in seen}
        refused += sum(record.advisory is None for record in batch)
        seen |= readable.keys()
        staged += len(readable)
        _copy(connection, "copy_advisories", _ADVISORY_TYPES, map(_advisory_row, readable.values()))
        _copy(connection, "copy_ranges", _RANGE_TYPES, _range_rows(ecosystem, readable.values(), now))
    connection.execute(_SQL["stage_removed"], {"names": [name for name in removed if name not in seen]})
    connection.execute(_SQL["analyze_stage"])
    return Staged(staged, refused)


def _copy(connection: psycopg.Connection, query: str, types: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with connection.cursor() as cursor, cursor.copy(_SQL[query]) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _clean(text: str) -> str:
    """Drop what PostgreSQL's text cannot hold; such characters mean nothing in what a person reads."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _advisory_row(record: ParsedRecord) -> Sequence[object]:
    advisory = _advisory(record)
    names = name_advisory(advisory)
    return (
        record.id,
        record.modified_at,
        advisory.published_at,
        advisory.withdrawn_at,
        _clean(advisory.summary),
        compress(record.document),
        [_clean(name) for name in names.cves],
        [_clean(name) for name in names.others],
    )


def _advisory(record: ParsedRecord) -> Advisory:
    assert record.advisory is not None  # filtered by the caller
    return record.advisory


def _range_rows(ecosystem: str, records: Iterable[ParsedRecord], now: datetime) -> Iterator[Sequence[object]]:
    for record in records:
        advisory = _advisory(record)
        if advisory.withdrawn_at is not None and advisory.withdrawn_at <= now:
            continue
        contents: set[bytes] = set()
        for one in key_affected_ranges(advisory):
            content = _digest(one, record)
            if speaks_for(ecosystem, one.ecosystem) and content not in contents:
                contents.add(content)
                yield _range_row(record.id, one, content)


def _digest(one: AffectedRange, record: ParsedRecord) -> bytes:
    """Return what tells whether a range is stated as before.

    Naming counts where there is one: few have. When the operator said it counts as well, as the newest word is taken.
    """
    told = astuple(one) if one.naming else astuple(one)[:_WITHOUT_NAMING]
    if _advisory(record).source in OPERATOR_SOURCES:
        told = (*told, record.modified_at.isoformat())
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
