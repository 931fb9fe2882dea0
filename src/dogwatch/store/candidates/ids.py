"""Ids as SQL: constants in the text, which the planner can hash and look up in an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg import sql

from dogwatch.store.filters import EVERYTHING, Constant

_NAMED = 200
"""Ids that are listed one by one at most: as many images as are sorted at once (`Limits`). The planner estimates each
member of an array, which takes 5 ms for 3,500, and an index that could find them sorts them anew whenever it is asked,
which takes 0.15 ms. Runs take neither, and no index finds their members."""


def array(ids: Iterable[int]) -> sql.Composable:
    """Return ids as an array."""
    return sql.SQL(f"'{{{','.join(map(str, ids))}}}'::bigint[]")


def one_of(column: str, ids: Sequence[int] | None) -> sql.Composable:
    """Return the condition that a column is one of some ids, which an index can find; without ids, no condition."""
    if ids is None:
        return EVERYTHING
    return sql.SQL("{} = ANY({})").format(sql.SQL(column), array(ids))


def one_of_many(column: str, ids: Sequence[int] | None) -> sql.Composable:
    """Return the same of ids that ascend and may be thousands, for rows that something else leads to."""
    if ids is None or len(ids) <= _NAMED:
        return one_of(column, ids)
    breaks = [place for place in range(1, len(ids)) if ids[place] != ids[place - 1] + 1]
    runs = zip([0, *breaks], [*breaks, len(ids)], strict=True)
    written = ",".join(f"[{ids[begin]},{ids[end - 1]}]" for begin, end in runs)
    return sql.SQL("{}::int8multirange @> {}").format(Constant(f"{{{written}}}"), sql.SQL(column))
