"""Everything at once, sorted: where few vulnerabilities or few images make that little."""

from __future__ import annotations

from psycopg import sql

from dogwatch.store.candidates.orders import EPOCH, Along
from dogwatch.store.candidates.search import AFFECTED, Candidates, Key, Search, listed
from dogwatch.store.filters import EVERYTHING, Constant, every
from dogwatch.store.queries import load_queries

_SQL = load_queries("finding_candidates")

_BEGINNING = (
    "CASE WHEN monitoring.frozen_revision IS NULL THEN greatest(monitoring.from_at, exposure.from_at)"
    " ELSE monitoring.from_at END"
)
_ENDS = ("monitoring.to_at", "exposure.to_at", "clocks.watched_until + interval '1 microsecond'")
"""Moments of a span, as in the view `finding_span`: when it began, and what may have ended it."""


def is_little(search: Search) -> bool:
    """Whether the vulnerabilities asked for are in few inventories."""
    found = search.scope.vulnerabilities
    few = search.limits.few_inventories
    if found is None or len(found) > few:
        return False
    values = {"vulnerabilities": list(found), "most": few + 1}
    row = search.connection.execute(_SQL["spread"], values).fetchone()
    return row is not None and int(row[0]) <= few


def everything(search: Search, after: Key | None, most: int, spans: sql.Composable = EVERYTHING) -> Candidates:
    """Return the next candidates out of all of them; `spans` may narrow these further."""
    scope, columns = search.scope, search.order.columns
    conditions = [
        AFFECTED,
        scope.of_vulnerability("exposure.vulnerability_id"),
        scope.of_repository("monitoring.repository_id"),
        scope.of_image("monitoring.image_id"),
        spans,
    ]
    by_time = search.order.along is Along.TIME
    if by_time:
        conditions += [sql.SQL("moment.at <= {}").format(Constant(scope.at)), scope.may_be_shown]
        conditions.append(scope.within(columns[0], "moment.at"))
    else:
        conditions.append(scope.spans)
    statement = sql.SQL(_SQL["everything"]).format(
        columns=listed([f"{one} AS pushed_at" if one == EPOCH else one for one in columns]),
        column=sql.SQL(f", moment.at AS {columns[0]}" if by_time else ""),
        moments=sql.SQL(_moments(search) if by_time else ""),
        span_filter=every(conditions),
        after=search.beyond(columns, after),
        order=search.ordered([str(place) for place in range(1, len(columns) + 1)]),
        most=Constant(most),
    )
    return search.fetch(statement, most)


def _moments(search: Search) -> str:
    """Return the join with those moments of a span that can be a finding's key in an order by time."""
    is_by_beginning, statuses = search.order.columns[0] == "first_observed_at", search.scope.demands.statuses
    moments = [_BEGINNING] if is_by_beginning or "ACTIVE" in statuses else []
    if not is_by_beginning and "CLOSED" in statuses:
        moments += _ENDS
    return f"CROSS JOIN LATERAL (VALUES {', '.join(f'({one})' for one in moments)}) AS moment (at)"
