"""Manifests that could not be resolved: nobody knows yet whether they are images, so they are listed on their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from dogwatch.model.monitoring import StatusCode, StatusReason
from dogwatch.model.views import ImageQuery, Page, UnresolvedView
from dogwatch.store.connection import Database
from dogwatch.store.cursors import decode_cursor, encode_cursor, foreign_cursor, list_fingerprint, refuse_page_size
from dogwatch.store.filters import EVERYTHING
from dogwatch.store.image_filters import image_conditions
from dogwatch.store.queries import load_queries

_SQL = load_queries("unresolved")

UNRESOLVED = sql.SQL(_SQL["unresolved"]).format(account=EVERYTHING)
UNRESOLVED_OF_ACCOUNT = sql.SQL(_SQL["unresolved"]).format(account=sql.SQL("repository.account_id = %(account)s"))
UNRESOLVED_OF_REPOSITORY = sql.SQL(_SQL["unresolved"]).format(account=sql.SQL("repository.id = %(repository)s"))
"""All of them, or those of `account` or `repository`, to be part of other queries."""


def load_unresolved_page(database: Database, query: ImageQuery, now: datetime) -> Page[UnresolvedView]:
    """Return a page of the manifests that filters on images ask for; what nobody knows of them yet meets no filter.

    Raises:
        InvalidRequestError: an unknown field, comparison or cursor, or a page size that is not offered.
    """
    refuse_page_size(query.limit)
    fingerprint = list_fingerprint(
        "unresolved", query.account_id, query.texts, query.times, query.numbers, query.filter
    )
    repository, digest = _after(query, fingerprint)
    statement = sql.SQL(_SQL["page"]).format(unresolved=UNRESOLVED_OF_ACCOUNT, filters=image_conditions(query, now))
    values = {"account": query.account_id, "limit": query.limit + 1, "repository": repository, "digest": digest}
    with database.transaction() as connection, connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement, values, prepare=False).fetchall()
    shown = rows[: query.limit]
    more = len(rows) > len(shown)
    following = encode_cursor(fingerprint, now, [shown[-1]["repository_id"], shown[-1]["digest"]]) if more else ""
    return Page(tuple(_view(row) for row in shown), following)


def _after(query: ImageQuery, fingerprint: str) -> tuple[int, str]:
    """Return the key that the page begins behind."""
    if not query.after:
        return 0, ""
    _, key = decode_cursor(query.after, fingerprint)
    match key:
        case (int(repository), str(digest)) if 0 <= repository < 2**63:
            return repository, digest
    raise foreign_cursor()


def _view(row: Mapping[str, Any]) -> UnresolvedView:
    return UnresolvedView(
        account_id=row["account_id"],
        registry_alias=row["alias"],
        registry_url=row["url"],
        region=row["region"],
        repository=row["repository"],
        digest=row["digest"],
        tags=tuple(row["tags"] or ()),
        scan_frequency=row["scan_frequency"],
        status_code=StatusCode(row["status_code"]),
        status_reason=StatusReason(row["status_reason"]),
        problem=row["problem"],
        attempts=row["attempts"],
        tried_at=row["tried_at"],
    )
