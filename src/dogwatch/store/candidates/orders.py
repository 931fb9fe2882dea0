"""The orders that findings can be listed in: which columns, and where their candidates are found.

Every order ends in what makes a finding unique, in the direction of the whole, so that a key is one row comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from psycopg import sql

from dogwatch.model.errors import InvalidRequestError
from dogwatch.store.cursors import foreign_cursor
from dogwatch.store.filters import Constant


class Along(StrEnum):
    """What an order goes along, hence how its candidates are found."""

    EXPOSURES = "exposures"  # what is said of a vulnerability
    IMAGES = "images"
    TIME = "time"  # what began or ended, on either side


@dataclass(frozen=True, slots=True)
class Order:
    """Columns of the query `findings`, most significant first."""

    columns: tuple[str, ...]
    along: Along


EPOCH = "coalesce(pushed_at, 'epoch')"
_CASTS = {"first_observed_at": "timestamptz", "updated_at": "timestamptz", EPOCH: "timestamptz"}
_IN_VULNERABILITY = ("vulnerability_id", "inventory_id", "id")
_IN_REPOSITORY = ("repository", "repository_id", "id", "vulnerability_id")

ORDERS: Mapping[str, Order] = {
    "severity": Order(("severity", "score_tenths", *_IN_VULNERABILITY), Along.EXPOSURES),
    "score": Order(("score_tenths", *_IN_VULNERABILITY), Along.EXPOSURES),
    "epss": Order(("epss_ppm", *_IN_VULNERABILITY), Along.EXPOSURES),
    "vulnerability": Order(("vulnerability", *_IN_VULNERABILITY), Along.EXPOSURES),
    "source": Order(("source", *_IN_VULNERABILITY), Along.EXPOSURES),
    "status": Order(("status", "severity", "score_tenths", *_IN_VULNERABILITY), Along.EXPOSURES),
    "first_observed_at": Order(("first_observed_at", *_IN_VULNERABILITY), Along.TIME),
    "last_observed_at": Order(("updated_at", *_IN_VULNERABILITY), Along.TIME),
    "updated_at": Order(("updated_at", *_IN_VULNERABILITY), Along.TIME),
    "pushed_at": Order((EPOCH, "id", "vulnerability_id"), Along.IMAGES),
    "repository": Order(_IN_REPOSITORY, Along.IMAGES),
    "registry": Order(("alias", *_IN_REPOSITORY), Along.IMAGES),
}
"""What lists can be sorted by. Within equal values findings of one vulnerability, or of one image, stand together."""


def order_of(sort: str) -> Order:
    """Return an order by its name.

    Raises:
        InvalidRequestError: no such order.
    """
    if sort not in ORDERS:
        raise InvalidRequestError("sort", f"{sort!r} is none of {', '.join(sorted(ORDERS))}")
    return ORDERS[sort]


def key_of(columns: Sequence[str], row: Mapping[str, Any]) -> list[object]:
    """Return the key of a finding in an order, as a cursor keeps it."""
    epoch = "1970-01-01T00:00:00+00:00"
    return [(row["pushed_at"] or epoch) if column == EPOCH else row[column] for column in columns]


def compared(order: Sequence[str], columns: Sequence[str], operator: str, key: Sequence[object]) -> sql.Composed:
    """Return the condition that compares the leading columns of an order, as they are called here, with a key."""
    if len(key) != len(order):
        raise foreign_cursor()
    values = sql.SQL(", ").join(
        sql.SQL("{}::{}").format(Constant(value), sql.SQL(_CASTS[column])) if column in _CASTS else Constant(value)
        for column, value in list(zip(order, key, strict=True))[: len(columns)]
    )
    return sql.SQL("({}) {} ({})").format(sql.SQL(", ").join(map(sql.SQL, columns)), sql.SQL(operator), values)
