"""What a change of windows would do to the images that there are; reads only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from dogwatch.model.matches import Severity
from dogwatch.model.scopes import Scope
from dogwatch.model.views import Page
from dogwatch.model.what_if import LeavingImage, WakeableImage, WhatIf
from dogwatch.store.connection import give_memory
from dogwatch.store.cursors import decode_id_cursor, encode_cursor, list_fingerprint, refuse_page_size
from dogwatch.store.queries import load_queries
from dogwatch.windows import Tally, WindowKind, WindowPlan, WindowSteps, earliest_inside
from dogwatch.windows.what_if import BEGINNING

_SQL = load_queries("what_if")

_Values = dict[str, object]


def count_what_if(
    connection: psycopg.Connection, account_id: str, plan: WindowPlan, now: datetime, *, counts_findings: bool
) -> WhatIf:
    """Return what a planned change would do now, in one pass over the clocks and one over the inventories leaving."""
    give_memory(connection)
    kinds, values = _load_kinds(connection, account_id, plan, now)
    steps = WindowSteps(kinds, now)
    values["moments"] = steps.moments
    tallies, resting = (_tally(connection, values, only) for only in (sql.SQL("true"), _composed("only_resting")))
    counted = steps.count(tallies, resting)
    closing: dict[Severity, int] | None = None
    if counts_findings:
        rows = connection.execute(_composed("closing"), values).fetchall() if counted.leaving else []
        closing = {Severity(severity): findings for severity, findings in rows}
    return WhatIf(
        windows=plan.windows,
        at=now,
        watched=counted.watched,
        leaving=counted.leaving,
        staying=counted.watched - counted.leaving,
        wakeable=counted.wakeable,
        closing=closing,
        grid=counted.grid,
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
    rows, following = _load_page("leaving", connection, account_id, plan, now, limit, after)
    return Page(tuple(LeavingImage(*row) for row in rows), following)


def load_wakeable(
    connection: psycopg.Connection, account_id: str, plan: WindowPlan, now: datetime, limit: int, after: str
) -> Page[WakeableImage]:
    """Return a page of the images that a planned change could wake, by id; all as `load_leaving`."""
    rows, following = _load_page("wakeable", connection, account_id, plan, now, limit, after)
    return Page(tuple(WakeableImage(*row) for row in rows), following)


def _load_page(
    name: str,
    connection: psycopg.Connection,
    account_id: str,
    plan: WindowPlan,
    now: datetime,
    limit: int,
    after: str,
) -> tuple[list[tuple[Any, ...]], str]:
    """Return the rows of one of the lists, and the cursor of the next page."""
    refuse_page_size(limit)
    windows = plan.windows
    asked = (windows.push_window, windows.activity_window, windows.activity_mode)
    fingerprint = list_fingerprint(name, account_id, str(plan.scope), *map(str, asked))
    now, last_id = decode_id_cursor(after, fingerprint) if after else (now, 0)
    values = {**_load_kinds(connection, account_id, plan, now)[1], "after": last_id, "limit": limit + 1}
    page = sql.SQL(_SQL["page"]).format(images=_composed("images"), only=_composed(f"is_{name}"))
    query = sql.SQL(_SQL[name]) + sql.SQL("\n") + page
    rows = connection.execute(query, values).fetchall()
    shown = rows[:limit]
    return shown, encode_cursor(fingerprint, now, [shown[-1][0]]) if len(rows) > limit else ""


def _tally(connection: psycopg.Connection, values: _Values, only: sql.Composable) -> list[Tally]:
    query = sql.SQL(_SQL["tally"]).format(placed=sql.SQL(_SQL["placed"]), only=only)
    return [Tally(*row) for row in connection.execute(query, values).fetchall()]


def _composed(name: str) -> sql.Composed:
    placed = sql.SQL(_SQL["placed"])
    images = sql.SQL(_SQL["images"]).format(placed=placed)
    return sql.SQL(_SQL[name]).format(placed=placed, images=images, resting=sql.SQL(_SQL["resting"]))


def _load_kinds(
    connection: psycopg.Connection, account_id: str, plan: WindowPlan, now: datetime
) -> tuple[list[WindowKind], _Values]:
    """Return the kinds of windows that the change comes to, and what the queries are given of them."""
    rows = connection.execute(_SQL["repositories"], {"account": account_id}).fetchall()
    named = [(number, Scope(alias, name), can_wake) for number, alias, name, can_wake in rows]
    found = {
        number: plan.kind_of(place, can_wake=can_wake) for number, place, can_wake in named if plan.is_about(place)
    }
    kinds = list(dict.fromkeys(found.values()))
    numbers = {kind: number for number, kind in enumerate(kinds)}
    return kinds, {
        "now": now,
        "beginning": BEGINNING,
        "repositories": list(found),
        "repository_kinds": [numbers[kind] for kind in found.values()],
        "can_wake": [one.can_wake for one in kinds],
        "push_windows": [str(one.push) for one in kinds],
        "activity_windows": [str(one.activity) for one in kinds],
        "modes": [str(one.mode) for one in kinds],
        "push_since": [earliest_inside(one.push, now) for one in kinds],
        "activity_since": [earliest_inside(one.activity, now) for one in kinds],
    }
