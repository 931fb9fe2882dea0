"""What stands in a repository, as a registry's own clients list it: everything under a digest, scanned or not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import sql

from dogwatch.model.manifests import ManifestQuery, ManifestView
from dogwatch.model.monitoring import StatusReason
from dogwatch.model.views import Page
from dogwatch.store.connection import Database
from dogwatch.store.cursors import decode_cursor, encode_cursor, foreign_cursor, list_fingerprint, refuse_page_size
from dogwatch.store.image_views import COVERAGE_OF_REPOSITORY
from dogwatch.store.lifecycle import asked_of, find_repository
from dogwatch.store.queries import load_queries
from dogwatch.store.text import storable_identity
from dogwatch.store.unresolved import UNRESOLVED_OF_REPOSITORY

_SQL = load_queries("manifests")

_HELD = sql.SQL(_SQL["held"]).format(coverage=COVERAGE_OF_REPOSITORY, unresolved=UNRESOLVED_OF_REPOSITORY)
_PAGE = sql.SQL(_SQL["page"]).format(held=_HELD)


def load_manifests(
    database: Database, account_id: str, alias: str, repository: str, query: ManifestQuery, now: datetime
) -> Page[ManifestView]:
    """Return a page of what stands in a repository, by digest.

    Raises:
        NotFoundError: no such repository.
        InvalidRequestError: a cursor of another list, or a page size that is not offered.
    """
    refuse_page_size(query.limit)
    with database.transaction() as connection:
        repository_id = find_repository(connection, account_id, alias, repository)
        fingerprint = list_fingerprint("manifests", repository_id, query.named, query.is_tagged, query.is_archived)
        place = {"repository": repository_id, "now": now, "after": _after(query.after, fingerprint)}
        values = {**place, "archived": query.is_archived, **asked_of(query)}
        rows = connection.execute(_PAGE, values, prepare=False).fetchall()
    shown = rows[: query.limit]
    following = encode_cursor(fingerprint, now, [shown[-1][0]]) if len(rows) > len(shown) else ""
    return Page(tuple(_view(row) for row in shown), following)


def _after(cursor: str, fingerprint: str) -> str:
    """Return the digest that the page begins behind."""
    if not cursor:
        return ""
    _, key = decode_cursor(cursor, fingerprint)
    match key:
        case (str(digest),):
            return storable_identity(digest)
    raise foreign_cursor()


def _view(row: tuple[Any, ...]) -> ManifestView:
    digest, media_type, artifact_type, subject, size_bytes, tags, pushed_at, pulled_at, reason, problem, *archive = row
    status_reason = None if reason is None else StatusReason(reason)
    return ManifestView(
        digest,
        media_type,
        artifact_type,
        subject,
        size_bytes,
        tuple(tags),
        pushed_at,
        pulled_at,
        status_reason,
        problem,
        *archive,
    )
