"""Along time: moments at which exposures began or ended while images were watched, and the other way round.

Each order by time merges several walks, each complete as far as it goes; together they are as far as the first that was
cut. Later walks need not go further than the earlier ones did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from dogwatch.store.candidates.everything import everything
from dogwatch.store.candidates.exposures import Walk, joined
from dogwatch.store.candidates.orders import compared, key_of
from dogwatch.store.candidates.scope import array
from dogwatch.store.candidates.search import AFFECTED, Candidates, Key, Search, listed
from dogwatch.store.filters import EVERYTHING, Constant, every
from dogwatch.store.queries import load_queries

_SQL = load_queries("finding_candidates")


@dataclass(frozen=True, slots=True)
class _Side:
    """A column of `monitoring` and `exposure`, and when the one holds at a moment of the other."""

    column: str
    watched: str
    exposed: str


_BEGINNING = _Side(
    "from_at",
    watched="monitoring.from_at <= {moment} AND monitoring.to_at > {moment}",
    exposed="(exposure.from_at <= {moment} AND exposure.to_at > {moment} OR monitoring.frozen_revision IS NOT NULL)",
)
_END = _Side(
    "to_at",
    watched="monitoring.from_at < {moment} AND monitoring.to_at >= {moment}",
    exposed="(exposure.from_at < {moment} AND exposure.to_at >= {moment} OR monitoring.frozen_revision IS NOT NULL)",
)


def along_moments(search: Search, after: Key | None, most: int) -> Candidates:
    """Return the next candidates in an order by time."""
    sides = (_BEGINNING,) if search.order.columns[0] == "first_observed_at" else _sides(search)
    found = [_of_watches(search, side, after, most) for side in sides]
    limit = _nearest(search, found)
    if _END in sides:
        found.append(_of_overdue(search, after, most))
    found += [_of_exposures(search, side, after, limit, most) for side in sides]
    return _merged(search, found)


def _sides(search: Search) -> tuple[_Side, ...]:
    statuses = search.scope.demands.statuses
    return tuple(side for side, status in ((_BEGINNING, "ACTIVE"), (_END, "CLOSED")) if status in statuses)


def _merged(search: Search, found: list[Candidates]) -> Candidates:
    columns = search.order.columns
    limit = _nearest(search, found)
    rows = {tuple(key_of(columns, row)): row for part in found for row in part.rows}
    keys = sorted(rows, reverse=search.descending)
    if limit is not None:
        last = tuple(limit)
        keys = [key for key in keys if (key >= last if search.descending else key <= last)]
    return Candidates([rows[key] for key in keys], limit)


def _nearest(search: Search, found: list[Candidates]) -> list[object] | None:
    """Return the key up to which all parts are complete."""
    limits = [part.complete_until for part in found if part.complete_until is not None]
    if not limits:
        return None
    return max(limits) if search.descending else min(limits)


def _of_watches(search: Search, side: _Side, after: Key | None, most: int) -> Candidates:
    scope, column = search.scope, search.order.columns[0]
    at = f"monitoring.{side.column}"
    watches = [
        sql.SQL("monitoring.inventory_id IS NOT NULL"),
        sql.SQL(f"{at} <= {{}}").format(Constant(scope.at)),
        scope.of_repository("monitoring.repository_id"),
        scope.of_image("monitoring.image_id"),
    ]
    of_moment = [*watches, _still_told(search, side, "monitoring"), search.beyond([at], after, or_equal=True)]
    spans = [AFFECTED, sql.SQL(side.exposed.format(moment="moment.at")), *watches]
    statement = sql.SQL(_SQL["along_watches"]).format(
        side=sql.SQL(side.column),
        column=sql.SQL(column),
        moment_filter=every([*of_moment, scope.within(column, at)]),
        span_filter=every([*spans, scope.of_vulnerability("exposure.vulnerability_id"), scope.may_be_shown]),
        beyond=sql.SQL("<" if search.descending else ">"),
        direction=search.direction,
        after=search.beyond(search.order.columns, after),
        most=Constant(most),
    )
    return search.fetch(statement, most)


def _still_told(search: Search, side: _Side, table: str) -> sql.Composable:
    """What must hold of a watch or an exposure for its beginning or end to be what a finding's last change was."""
    scope = search.scope
    if search.order.columns[0] == "first_observed_at":
        return EVERYTHING  # an interruption since then may have been bridged
    if side is _BEGINNING:
        return scope.open_watches if table == "monitoring" else scope.live_exposures
    return scope.lately_ended_watches if table == "monitoring" else scope.lately_ended_exposures


def _of_overdue(search: Search, after: Key | None, most: int) -> Candidates:
    """Watches that are over by the clock and that no sweep has ended yet: few, and none most of the time."""
    rows = search.connection.execute(_SQL["overdue"], {"at": search.scope.at}).fetchall()
    if not rows:
        return Candidates([], None)
    images = sql.SQL("monitoring.image_id = ANY({})").format(array(row[0] for row in rows))
    return everything(search, after, most, images)


def _of_exposures(search: Search, side: _Side, after: Key | None, limit: Key | None, most: int) -> Candidates:
    scope, column = search.scope, search.order.columns[0]
    at = f"exposure.{side.column}"
    until: sql.Composable = EVERYTHING
    if limit is not None:
        until = sql.SQL(f"{at} {'>=' if search.descending else '<='} {{}}").format(Constant(limit[0]))
        if not search.descending and side is _BEGINNING and _has_few_watches(search, limit):
            early = sql.SQL("monitoring.from_at <= {0} AND moment.at <= {0}").format(Constant(limit[0]))
            return everything(search, after, most, early)
    columns = {column: at, "vulnerability_id": "exposure.vulnerability_id"}
    steps = [
        AFFECTED,
        sql.SQL(f"{at} <= {{}}").format(Constant(scope.at)),
        search.beyond(list(columns.values()), after, or_equal=True),
        until,
        _still_told(search, side, "exposure"),
        scope.within(column, at),
        scope.of_vulnerability("exposure.vulnerability_id"),
        scope.may_be_exposed("exposure.vulnerability_id"),
    ]
    stop = _after_some_steps(search, columns, steps)
    if stop is not None:
        steps.append(compared(search.order.columns, list(columns.values()), ">" if search.descending else "<", stop))
    walk = Walk(
        columns,
        steps=every(steps),
        same=sql.SQL(f"{at} = walk.{column}"),
        exposures=EVERYTHING,
        monitoring=every([sql.SQL(side.watched.format(moment=f"walk.{column}")), scope.may_be_watched]),
    )
    found = search.fetch(joined(search, walk, after, most), most)
    return found if found.complete_until is not None else Candidates(found.rows, stop)


def _after_some_steps(
    search: Search, columns: Mapping[str, str], steps: Sequence[sql.Composable]
) -> list[object] | None:
    """Return a key that bounds the work: where no image is found, each step costs all inventories behind it.

    It lies before all findings of its vulnerability at its moment.
    """
    statement = sql.SQL(_SQL["exposure_after"]).format(
        columns=listed(list(columns.values())),
        filter=every(steps),
        order=search.ordered(list(columns.values())),
        steps=Constant(search.limits.steps),
    )
    row = search.connection.execute(statement, {}, prepare=False).fetchone()
    outside = 2**62 if search.descending else 0  # no inventory and no image has such an id
    return None if row is None else [*row, outside, outside]


def _has_few_watches(search: Search, limit: Key) -> bool:
    values = {"until": limit[0], "most": search.limits.few_watches + 1}
    row = search.connection.execute(_SQL["early_watches"], values).fetchone()
    return row is not None and int(row[0]) <= search.limits.few_watches
