"""Documents that the operator supplies: kept beside the journal, which gets what they say as one revision each.

They speak for packages of every ecosystem, so that they are no feed, have no age and make no gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.feeds import OPERATOR_SOURCES, FeedChanges, ParsedRecord, Publication
from dogwatch.model.operator_documents import (
    DocumentDetails,
    DocumentFormat,
    DocumentView,
    OperatorDocument,
    StatementView,
    SuppliedDocument,
    Supply,
    UnusedProduct,
)
from dogwatch.store.clock import ProductClock
from dogwatch.store.compression import compress, decompress
from dogwatch.store.connection import Database
from dogwatch.store.journal import publish_staged
from dogwatch.store.locks import become_publisher, own_vulnerabilities
from dogwatch.store.queries import load_queries
from dogwatch.store.staging import stage_records
from dogwatch.store.text import MAX_KEY, is_storable_key, storable
from dogwatch.versions import EVERY_ECOSYSTEM

_SQL = load_queries("operator_documents")

MAX_STATEMENTS_SHOWN = 1_000
"""Statements of one document that are shown: as many as a page of any list has."""

MAX_UNUSED_KEPT = 1_000
"""Products that meet nothing, kept to be shown: somebody mends them one after the other."""


MOST_AHEAD = timedelta(days=1)
"""How far a document may be dated ahead of our clock: clocks differ, and some tools write local times as UTC."""


class OperatorDocumentStore:
    """The documents in force."""

    def __init__(self, database: Database, clock: ProductClock) -> None:
        self._database = database
        self._clock = clock

    def list(self) -> tuple[DocumentView, ...]:
        """Return the documents, the newest first."""
        with self._database.transaction() as connection:
            return tuple(map(_view, connection.execute(_SQL["list"], {"id": None}).fetchall()))

    def show(self, key: str) -> DocumentDetails:
        """Return a document with what it says.

        Args:
            key: its number or its name.

        Raises:
            NotFoundError: no such document.
        """
        with self._database.transaction() as connection:
            document_id = _find(connection, key)[0]
            values = {"id": document_id, "most": MAX_STATEMENTS_SHOWN, "operators": list(OPERATOR_SOURCES)}
            rows = connection.execute(_SQL["statements"], values).fetchall()
            unused = connection.execute(_SQL["unused"], {"id": document_id}).fetchone()
            view = _load(connection, document_id)
        left = int(rows[0][-1]) - len(rows) if rows else 0
        told = unused[0] if unused else []
        return DocumentDetails(view, tuple(map(_statement, rows)), left, tuple(UnusedProduct(*one) for one in told))

    def add(self, document: OperatorDocument, by: str) -> SuppliedDocument:
        """Let a document count from now on, in place of what it said before.

        Raises:
            InvalidRequestError: it is dated in the future, is held in a newer state or another format, or another
                document has one of its records.
        """
        now = self._clock.now()
        _refuse_future(document, now)
        with self._database.transaction() as connection:
            become_publisher(connection)
            held = _held(connection, document)
            if held is not None and held[1] == document.content:
                return SuppliedDocument(Supply.UNCHANGED, _load(connection, held[0]))
            _refuse_claimed(connection, document)
            ended = sorted(set(held[2] if held else ()) - {one.id for one in document.records})
            publication = _publish(connection, document.source, document.records, ended, now)
            saved = connection.execute(_SQL["save"], _columns(document, by, now)).fetchone()
            assert saved is not None  # INSERT … RETURNING
            return SuppliedDocument(
                Supply.ADDED if held is None else Supply.REPLACED,
                _load(connection, saved[0]),
                len(ended),
                publication.exposures_begun,
                publication.exposures_ended,
            )

    def remove(self, key: str) -> DocumentView:
        """Take a document back: what others say counts again. Returns it as it was.

        Args:
            key: its number or its name.

        Raises:
            NotFoundError: no such document.
        """
        with self._database.transaction() as connection:
            become_publisher(connection)
            document_id, source, records = _find(connection, key)
            view = _load(connection, document_id)
            _publish(connection, source, (), records, self._clock.now())
            connection.execute(_SQL["forget"], {"id": document_id})
            return view


def _publish(
    connection: psycopg.Connection,
    source: str,
    records: Sequence[ParsedRecord],
    removed: Sequence[str],
    now: datetime,
) -> Publication:
    """Journal what changed as one revision; the caller is the publisher."""
    changes = FeedChanges({}, iter(records), tuple(removed))
    stage_records(connection, (source, EVERY_ECOSYSTEM), changes, now)
    own_vulnerabilities(connection)  # no package of any ecosystem arrives meanwhile
    return publish_staged(connection, {"source": source, "ecosystem": EVERY_ECOSYSTEM, "now": now}, now)


def _find(connection: psycopg.Connection, key: str) -> tuple[Any, ...]:
    row = connection.execute(_SQL["find"], {"key": key}).fetchone() if is_storable_key(key) else None
    if row is None:
        raise NotFoundError("document", key)
    return row


def _held(connection: psycopg.Connection, document: OperatorDocument) -> tuple[int, bytes, Sequence[str]] | None:
    """Return id, content and records of the document as it is held; None where it is new.

    Raises:
        InvalidRequestError: what is held is newer, or in another format.
    """
    row = connection.execute(_SQL["by_name"], {"name": document.name}).fetchone()
    if row is None:
        return None
    document_id, source, records, content, stated_at = row
    if stated_at > document.stated_at:
        reason = f"{document.name} is held as of {stated_at:%Y-%m-%dT%H:%M:%SZ}, which is newer; remove it first"
        raise InvalidRequestError(document.file, reason)
    if source != document.source:
        raise InvalidRequestError(document.file, f"{document.name} is held in another format; remove it first")
    return document_id, decompress(content), records


def _refuse_future(document: OperatorDocument, now: datetime) -> None:
    """Refuse what says to be newer than anything that could be said until then."""
    latest = max((document.stated_at, *(one.modified_at for one in document.records)))
    if latest > now + MOST_AHEAD:
        raise InvalidRequestError(document.file, f"dated in the future: {latest:%Y-%m-%dT%H:%M:%SZ}")


def _refuse_claimed(connection: psycopg.Connection, document: OperatorDocument) -> None:
    values = {"source": document.source, "name": document.name, "records": [one.id for one in document.records]}
    claimed = connection.execute(_SQL["claimed"], values).fetchone()
    if claimed is not None:
        raise InvalidRequestError(document.file, f"another document has {claimed[0]} already")


def _columns(document: OperatorDocument, by: str, now: datetime) -> dict[str, object]:
    return {
        "source": document.source,
        "name": document.name,
        "format": str(document.format),
        "author": storable(document.author),
        "stated_at": document.stated_at,
        "now": now,
        "by": storable(by, MAX_KEY),
        "content": compress(document.content),
        "records": [one.id for one in document.records],
        "unused": Jsonb(
            [[one.place, storable(one.product), storable(one.reason)] for one in document.unused[:MAX_UNUSED_KEPT]]
        ),
    }


def _load(connection: psycopg.Connection, document_id: int) -> DocumentView:
    row = connection.execute(_SQL["list"], {"id": document_id}).fetchone()
    assert row is not None  # the caller found it in this transaction
    return _view(row)


def _view(row: Sequence[Any]) -> DocumentView:
    document_id, name, form, *rest = row
    return DocumentView(document_id, name, DocumentFormat(form), *rest)


def _statement(row: Sequence[Any]) -> StatementView:
    ecosystem, package, exact, introduced, fixed, last, arch, *said, packages, names, overruled_by, _ = row
    verdict, fix_state, why_not, summary = said
    words = (
        f"from {introduced}" if introduced else "",
        f"before {fixed}" if fixed else "",
        f"up to {last}" if last else "",
    )
    versions = f"not comparable: {why_not}" if why_not else exact or ", ".join(filter(None, words)) or "all"
    told = (verdict, fix_state, summary, packages, overruled_by)
    return StatementView(names or "", ecosystem, package, versions, arch, *told)
