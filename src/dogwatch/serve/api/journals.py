"""/api/v1/db/diff: what changed in the advisories between two moments, and what that did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from fastapi import APIRouter

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.journals import DiffQuery, Tally
from dogwatch.serve.api.asked import Json, Known
from dogwatch.serve.api.filters import PAGING, read_limit
from dogwatch.serve.moments import read_moment

router = APIRouter()


@router.get("/db/diff")
def show_diff(asked: Known) -> Json:
    """What happened after `since`, up to `until`, each a revision or a time; the counts come with the first page."""
    texts = asked.filters(("kind",), (*PAGING, "since", "until"))
    since = _boundary("since", asked.one("since"))
    if since is None:
        raise InvalidRequestError("since", "a revision or a time is needed")
    cursor = asked.one("cursor")
    query = DiffQuery(
        asked.account_id,
        since,
        _boundary("until", asked.one("until")),
        frozenset(value for _, value in texts.get("kind", ())),
        read_limit(asked.one("limit")),
        cursor,
    )
    told = asked.views.diff(query)
    counts = {
        "advisories": _tallies(told.advisories),
        "exposures_begun": _tallies(told.begun),
        "exposures_ended": _tallies(told.ended),
        "more_exposures": told.are_more,
    }
    return Json(
        {
            "since": told.begin,
            "until": told.end,
            "changes": told.changes,
            "next": told.next or None,
            "counts": None if cursor else counts,
        }
    )


def _boundary(field: str, text: str) -> int | datetime | None:
    if text.isascii() and text.isdigit() and len(text) <= 10:
        return int(text)
    return read_moment(field, text)


def _tallies(several: Iterable[Tally]) -> dict[str, int]:
    return {one.of: one.count for one in several}
