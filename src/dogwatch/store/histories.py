"""The history of one image, read from its intervals, its events and its deeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dogwatch.model.deeds import Deed, DeedView
from dogwatch.model.errors import NotFoundError
from dogwatch.model.histories import EventView, ImageHistory, IntervalView
from dogwatch.model.monitoring import Clock
from dogwatch.model.registries import EventKind, EventOrigin
from dogwatch.store.connection import Database
from dogwatch.store.cursors import decode_cursor, encode_cursor, foreign_cursor, list_fingerprint, refuse_page_size
from dogwatch.store.queries import load_queries
from dogwatch.store.usage import load_uses

_SQL = load_queries("histories")
_IS_IMAGE = load_queries("image_views")["is_image"]

MAX_INTERVALS = 1_000
"""Intervals, and deeds, of one image: an image that comes and goes every day for three years has as many."""

_OWN = "a read of our own"
_FOUND = "there when its registry was added: what counts is when it was created"
_BY_INDEX = "of an index: the platform that a client fetches is an event of its own"


def load_history(
    database: Database, account_id: str, image_id: int, limit: int, after: str, now: datetime
) -> ImageHistory:
    """Return a page of an image's history.

    Raises:
        NotFoundError: the account has no such image.
        InvalidRequestError: a page size that is not offered, or a foreign cursor.
    """
    refuse_page_size(limit)
    fingerprint = list_fingerprint("history", account_id, image_id)
    before_at, before_id = _place(after, fingerprint)
    values = {"account": account_id, "image": image_id, "now": now, "limit": MAX_INTERVALS}
    page = {"image": image_id, "limit": limit + 1, "before_at": before_at, "before_id": before_id}
    with database.transaction() as connection:
        if connection.execute(_IS_IMAGE, values).fetchone() is None:
            raise NotFoundError("image", str(image_id))
        intervals = tuple(IntervalView(*row) for row in connection.execute(_SQL["intervals"], values).fetchall())
        deeds = tuple(deed_view(row) for row in connection.execute(_SQL["deeds"], values).fetchall())
        uses = load_uses(connection, image_id)
        rows = connection.execute(_SQL["events"], page).fetchall()
    shown = rows[:limit]
    following = encode_cursor(fingerprint, now, [shown[-1][4], shown[-1][-1]]) if len(rows) > limit else ""
    return ImageHistory(intervals, deeds, tuple(_event(row) for row in shown), following, uses)


def deed_view(row: Sequence[Any]) -> DeedView:
    """Turn (at, deed, by, reason, until, clock, outcome) into a deed."""
    at, deed, by, reason, until, clock, outcome = row
    return DeedView(at, Deed(deed), by, reason, until, Clock(clock) if clock else None, outcome)


def _event(row: Sequence[Any]) -> EventView:
    kind, origin, tag, via_index, occurred_at, received_at, actor, agent, address, own, by_index, excluded, found, _ = (
        row
    )
    note = _OWN if own else f"excluded: {excluded}" if excluded else _BY_INDEX if by_index else _FOUND if found else ""
    place = (EventKind(kind), EventOrigin(origin), tag, via_index, occurred_at, received_at)
    return EventView(*place, actor, agent, address, counts=not note and kind != EventKind.DELETED, note=note)


def _place(after: str, fingerprint: str) -> tuple[str | None, int]:
    """Return the moment and id of the event that the page begins behind."""
    if not after:
        return None, 0
    _, key = decode_cursor(after, fingerprint)
    if len(key) == 2 and isinstance(key[0], str) and isinstance(key[1], int) and 0 <= key[1] < 2**63:
        return key[0], key[1]
    raise foreign_cursor()
