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
from dogwatch.store.candidates.ids import array
from dogwatch.store.candidates.merging import merged, nearest
from dogwatch.store.candidates.scope import BEGINS
from dogwatch.store.candidates.search import AFFECTED, Candidates, Key, Search, complete_until, listed
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
    found: list[Candidates] = []
    for side in sides:
        found.append(_of_watches(search, side, after, nearest(search, found), most))
    limit = nearest(search, found)
    if _END in sides:
        found.append(_of_overdue(search, after, most))
    found += [_of_exposures(search, side, after, limit, most) for side in sides]
    return merged(search, found)


def _sides(search: Search) -> tuple[_Side, ...]:
    statuses = search.scope.demands.statuses
    return tuple(side for side, status in ((_BEGINNING, "ACTIVE"), (_END, "CLOSED")) if status in statuses)


def _of_watches(search: Search, side: _Side, after: Key | None, limit: Key | None, most: int) -> Candidates:
    scope, column = search.scope, search.order.columns[0]
    at = f"monitoring.{side.column}"
    told = [
        sql.SQL("monitoring.inventory_id IS NOT NULL"),
        sql.SQL(f"{at} <= {{}}").format(Constant(scope.at)),
        scope.of_repository("monitoring.repository_id"),
    ]
    of_moment = [
        *told,
        _still_told(search, side, "monitoring"),
        search.beyond([at], after, or_equal=True),
        _until(search, at, limit),
        scope.within(column, at),
    ]
    stop = _after_some_watches(search, at, of_moment)
    if stop is not None:
        of_moment.append(search.short_of([at], stop))
    of_image = scope.of_image("monitoring.image_id")
    spans = [AFFECTED, scope.of_set_member, sql.SQL(side.exposed.format(moment="moment.at")), *told, of_image]
    moments = sql.SQL(_SQL["moments" if scope.images is None else "moments_of_images"]).format(
        side=sql.SQL(side.column),
        filter=every([*of_moment, scope.of_sought_image("monitoring.image_id")]),
        beyond=sql.SQL("<" if search.descending else ">"),
        direction=search.direction,
    )
    statement = sql.SQL(_SQL["along_watches"]).format(
        moments=moments,
        side=sql.SQL(side.column),
        column=sql.SQL(column),
        span_filter=every([*spans, scope.of_vulnerability("exposure.vulnerability_id"), scope.may_be_shown]),
        direction=search.direction,
        after=search.beyond(search.order.columns, after),
        most=Constant(most),
    )
    return complete_until(search.fetch(statement, most), stop)


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
    watched = [sql.SQL(side.watched.format(moment=f"walk.{column}")), scope.may_be_watched]
    if side is _BEGINNING:
        early = None if search.descending else _of_first_watches(search, after, limit, most)
        if early is not None:
            return early
        watched.append(_still_told(search, side, "monitoring"))
    columns = {column: at, "vulnerability_id": "exposure.vulnerability_id"}
    is_by_beginning = column == "first_observed_at"
    begins = BEGINS if is_by_beginning else _still_told(search, side, "exposure")
    steps = [
        AFFECTED,
        sql.SQL(f"{at} <= {{}}").format(Constant(scope.at)),
        search.beyond(list(columns.values()), after, or_equal=True),
        _until(search, at, limit),
        begins,
        scope.within(column, at),
        scope.of_vulnerability("exposure.vulnerability_id"),
        scope.may_be_exposed("exposure.vulnerability_id"),
    ]
    stop = _after_some_steps(search, columns, steps)
    if stop is not None:
        steps.append(search.short_of(list(columns.values()), stop))
    walk = Walk(
        columns,
        steps=every(steps),
        same=sql.SQL(f"{at} = walk.{column}"),
        exposures=begins,
        inventories=EVERYTHING,
        monitoring=every(watched),
    )
    return complete_until(search.fetch(joined(search, walk, after, most), most), stop)


def _after_some_watches(search: Search, at: str, watches: Sequence[sql.Composable]) -> list[object] | None:
    """Return a key that bounds the work where each image has to be looked up, and hardly any may be asked for.

    Moments are counted, as what began at one moment cannot be told apart.
    """
    if search.scope.knows_images:
        return None
    statement = sql.SQL(_SQL["watch_after"]).format(
        at=sql.SQL(at), filter=every(watches), direction=search.direction, steps=Constant(search.limits.watches)
    )
    row = search.connection.execute(statement, {}, prepare=False).fetchone()
    return None if row is None else search.ahead_of(row)


def _after_some_steps(
    search: Search, columns: Mapping[str, str], steps: Sequence[sql.Composable]
) -> list[object] | None:
    """Return a key that bounds the work: where no image is found, each step costs all inventories behind it."""
    statement = sql.SQL(_SQL["exposure_after"]).format(
        columns=listed(list(columns.values())),
        filter=every(steps),
        order=search.ordered(list(columns.values())),
        steps=Constant(search.limits.steps),
    )
    row = search.connection.execute(statement, {}, prepare=False).fetchone()
    return None if row is None else search.ahead_of(row)


def _of_first_watches(search: Search, after: Key | None, limit: Key | None, most: int) -> Candidates | None:
    """Return all that happened on the few watches that began first, as far as these go; None behind them.

    What is older than where they end can belong to no other watch.
    """
    scope = search.scope
    few = search.limits.few_watches if scope.knows_images else search.limits.watches
    told = every([_still_told(search, _BEGINNING, "monitoring"), scope.of_repository("monitoring.repository_id")])
    of_image, known = scope.of_sought_image("monitoring.image_id"), scope.knows_images
    statement = sql.SQL(_SQL["first_watches"]).format(
        is_meant=EVERYTHING if known else of_image,
        is_beyond=search.beyond(["monitoring.from_at"], after),
        filter=every([told, _until(search, "monitoring.from_at", limit), *([of_image] if known else [])]),
        fence=sql.SQL("OFFSET 0" if scope.images is not None else ""),
        few=Constant(few),
    )
    rows = search.connection.execute(statement, {}, prepare=False).fetchall()
    stop = None
    if len(rows) > few:
        began_at, _, _, is_beyond = rows[-1]
        if known or not is_beyond:
            return None  # where no image is looked up, exposures lead to the page's end in fewer rounds
        stop = search.ahead_of([began_at])
        rows = [row for row in rows if row[0] < began_at]
    images = sql.SQL("monitoring.image_id = ANY({})").format(array(row[1] for row in rows if row[2]))
    moments = _until(search, "moment.at", stop or limit)
    return complete_until(everything(search, after, most, every([images, moments, told])), stop)


def _until(search: Search, column: str, limit: Key | None) -> sql.Composable:
    """Return the condition that a moment is not behind a key's."""
    if limit is None:
        return EVERYTHING
    return sql.SQL(f"{column} {'>=' if search.descending else '<='} {{}}").format(Constant(limit[0]))
