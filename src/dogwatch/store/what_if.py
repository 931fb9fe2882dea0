"""What a change of windows would do to the images that there are; reads only."""

from __future__ import annotations

from datetime import datetime

import psycopg
from psycopg import sql

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import RescanSetting
from dogwatch.model.scopes import Scope
from dogwatch.model.views import Page
from dogwatch.model.what_if import LeavingImage, WhatIf
from dogwatch.store.cursors import decode_id_cursor, encode_cursor, list_fingerprint
from dogwatch.store.queries import load_queries
from dogwatch.windows import WindowPlan, earliest_inside, grid_steps, watched_grid
from dogwatch.windows.what_if import BEGINNING, GRID_ACTIVITY, GRID_PUSH

_SQL = load_queries("what_if")

MAX_PAGE = 1_000
"""Images per page, as in the other lists."""

_COUNTING_MEMORY = "64MB"
"""Sorts and hashes of one count: of 1,000,000 images it would otherwise go through the disk."""

_Values = dict[str, object]


def count_what_if(connection: psycopg.Connection, account_id: str, plan: WindowPlan, now: datetime) -> WhatIf:
    """Return what a planned change would do now, in one pass over the images and one over the inventories leaving."""
    connection.execute("SELECT set_config('work_mem', %s, true)", (_COUNTING_MEMORY,))
    values = _values(connection, account_id, plan, now)
    kept: dict[tuple[int, int], int] = {}
    watched = leaving = wakeable = 0
    for is_watched, is_inside, push, activity, count in connection.execute(_composed("tally"), values).fetchall():
        if not is_watched:
            wakeable += count
            continue
        watched += count
        leaving += 0 if is_inside else count
        kept[push, activity] = kept.get((push, activity), 0) + count
    closing = connection.execute(_composed("closing"), values).fetchone() if leaving else None
    return WhatIf(
        windows=plan.windows,
        at=now,
        watched=watched,
        leaving=leaving,
        staying=watched - leaving,
        wakeable=wakeable,
        closing_findings=int(closing[0]) if closing else 0,
        grid=watched_grid(kept),
    )


def load_leaving(
    connection: psycopg.Connection, account_id: str, plan: WindowPlan, now: datetime, limit: int, after: str
) -> Page[LeavingImage]:
    """Return a page of the images that a planned change would end the watch of, by id.

    All pages speak of the moment of the first one.

    Args:
        connection: inside a transaction.
        account_id: whose images.
        plan: the change.
        now: the present; what a cursor says of it stands.
        limit: images at most.
        after: the cursor of the page before, or empty.

    Raises:
        InvalidRequestError: a page size that is not offered, or a cursor of another list.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidRequestError("limit", f"must be 1 to {MAX_PAGE}")
    windows = plan.windows
    asked = (windows.push_window, windows.activity_window, windows.activity_mode)
    fingerprint = list_fingerprint("leaving", account_id, str(plan.scope), *map(str, asked))
    now, last_id = decode_id_cursor(after, fingerprint) if after else (now, 0)
    values = {**_values(connection, account_id, plan, now), "after": last_id, "limit": limit + 1}
    rows = connection.execute(_composed("leaving"), values).fetchall()
    shown = tuple(LeavingImage(*row) for row in rows[:limit])
    return Page(shown, encode_cursor(fingerprint, now, [shown[-1].image_id]) if len(rows) > limit else "")


def _composed(name: str) -> sql.Composed:
    return sql.SQL(_SQL[name]).format(images=sql.SQL(_SQL["images"]))


def _values(connection: psycopg.Connection, account_id: str, plan: WindowPlan, now: datetime) -> _Values:
    """Return what the queries are given: the windows of every repository that the change is about."""
    rows = connection.execute(_SQL["repositories"], {"account": account_id}).fetchall()
    named = [(number, Scope(alias, name), can_wake) for number, alias, name, can_wake in rows]
    about = [one for one in named if plan.is_about(one[1])]
    wanted = [plan.windows_of(place) for _, place, _ in about]
    given = plan.with_both_windows()
    cells = [given.windows_of(place) for _, place, _ in about]
    return {
        "now": now,
        "beginning": BEGINNING,
        "steps": grid_steps(now),
        "push_windows": len(GRID_PUSH),
        "activity_windows": len(GRID_ACTIVITY),
        "repositories": [number for number, _, _ in about],
        "can_wake": [can_wake for _, _, can_wake in about],
        "push_window": [str(one.push_window) for one in wanted],
        "activity_window": [str(one.activity_window) for one in wanted],
        "mode": [str(one.activity_mode) for one in wanted],
        **_sinces(wanted, now, "push_since", "activity_since"),
        "is_push_given": [one.origin.push == plan.scope for one in cells],
        "is_activity_given": [one.origin.activity == plan.scope for one in cells],
        **_sinces(cells, now, "push_beside", "activity_beside"),
    }


def _sinces(windows: list[RescanSetting], now: datetime, push: str, activity: str) -> _Values:
    return {
        push: [earliest_inside(one.push_window, now) for one in windows],
        activity: [earliest_inside(one.activity_window, now) for one in windows],
    }
