"""Filters of lists of images, and of manifests that may be images, as SQL conditions on a row called `image`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from psycopg import sql

from dogwatch.model.views import ImageQuery
from dogwatch.store.filter_conditions import Columns
from dogwatch.store.filters import (
    Constant,
    TextEntries,
    bounds_condition,
    every,
    member_condition,
    refuse_unknown,
    text_condition,
)
from dogwatch.store.usage import in_use_count

_IMAGE_ID = re.compile(r"[1-9][0-9]{0,17}")

_OF_IMAGE = "CASE WHEN image.image_id <> 0 THEN {} END"
"""Not known of a manifest that could not be resolved."""

_TAGS = sql.SQL(
    "SELECT tag.name AS value FROM tag"
    " WHERE tag.digest = image.digest AND tag.repository_id = image.repository_id"
    " UNION ALL SELECT tag.name FROM index_image JOIN image_index ON image_index.id = index_image.index_id"
    " JOIN tag ON tag.digest = image_index.digest AND tag.repository_id = image_index.repository_id"
    " WHERE index_image.image_id = image.image_id"
)


def _column(name: str, column: sql.Composable) -> Callable[[TextEntries], sql.Composable]:
    return lambda entries: text_condition(name, column, entries)


def _image_condition(entries: TextEntries) -> sql.Composable:
    """Compare ids as numbers where they are asked for as such, which an index answers; otherwise as texts."""
    numbers = [int(value) for comparison, value in entries if comparison == "EQUALS" and _IMAGE_ID.fullmatch(value)]
    if len(numbers) == len(entries):
        return sql.SQL("image.image_id = ANY({}::bigint[])").format(Constant(numbers))
    return text_condition("image", sql.SQL("image.image_id::text"), entries)


_TEXTS: Mapping[str, Callable[[TextEntries], sql.Composable]] = {
    "status_code": _column("status_code", sql.SQL("image.status_code")),
    "status_reason": _column("status_reason", sql.SQL("image.status_reason")),
    "repository": _column("repository", sql.SQL("image.repository")),
    "registry": _column("registry", sql.SQL("image.alias")),
    "place": _column("place", sql.SQL("(image.alias || '/' || image.repository)")),
    "digest": _column("digest", sql.SQL("image.digest")),
    "architecture": _column("architecture", sql.SQL("image.architecture")),
    "image": _image_condition,
    "tag": lambda entries: member_condition("tag", _TAGS, entries),
}
_TIMES = {
    "pulled_at": sql.SQL("image.pulled_at"),
    "pushed_at": sql.SQL("image.pushed_at"),
    "in_use_at": sql.SQL("image.in_use_at"),
    "indexed_at": sql.SQL("image.indexed_at"),
}


def image_conditions(query: ImageQuery, now: datetime) -> sql.Composable:
    """Return the condition that an image must meet as of now; columns as in the named query `coverage`.

    Raises:
        InvalidRequestError: an unknown field or comparison.
    """
    refuse_unknown(query.texts, _TEXTS)
    refuse_unknown(query.times, _TIMES)
    numbers = {"in_use_count": sql.SQL(_OF_IMAGE).format(in_use_count("image.image_id", now))}
    refuse_unknown(query.numbers, numbers)
    conditions = [_TEXTS[name](entries) for name, entries in query.texts.items()]
    conditions += [bounds_condition(_TIMES[name], entries) for name, entries in query.times.items()]
    conditions += [bounds_condition(numbers[name], entries) for name, entries in query.numbers.items()]
    if query.filter is not None:
        conditions.append(Columns(_TEXTS, {**_TIMES, **numbers}).condition(query.filter))
    return every(conditions)
