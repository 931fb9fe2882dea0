"""Images by their tags: where few images carry what is asked for, a list begins at the tags and not at the images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import psycopg
from psycopg import sql

from dogwatch.model.filters import Filter, Like, OneOf, conjuncts
from dogwatch.model.views import ImageQuery
from dogwatch.store.filters import Constant, TextEntries, every, text_condition
from dogwatch.store.queries import load_queries

_SQL = load_queries("image_views")

FEW = 5_000
"""Up to so many tags: their images are named one by one. Of more, a walk through all images meets enough soon."""


def tagged_condition(connection: psycopg.Connection, query: ImageQuery) -> sql.Composable:
    """Return a condition on `image.image_id` that every image meets that the query's filters on tags let through.

    It adds nothing to these filters; it tells the database where to look.
    """
    conditions: list[sql.Composable] = []
    for entries in wanted_tags(query.texts, query.filter):
        statement = sql.SQL(_SQL["tags_like"]).format(condition=text_condition("tag", sql.SQL("name"), entries))
        tags = connection.execute(statement, {"limit": FEW + 1}, prepare=False).fetchall()
        if len(tags) <= FEW:
            values = {"repositories": [one[0] for one in tags], "digests": [one[1] for one in tags]}
            ids = [row[0] for row in connection.execute(_SQL["tagged"], values).fetchall()]
            conditions.append(sql.SQL("image.image_id = ANY({}::bigint[])").format(Constant(ids)))
    return every(conditions)


def wanted_tags(texts: Mapping[str, TextEntries], given: Filter | None) -> Iterator[TextEntries]:
    """Yield what some tag of an image must be, for each demand of its own."""
    positive = [entry for entry in texts.get("tag", ()) if entry[0] != "NOT_EQUALS"]
    if positive:
        yield positive
    for part in conjuncts(given):
        if isinstance(part, OneOf) and part.field == "tag":
            yield [("EQUALS", str(value)) for value in part.values]
        elif isinstance(part, Like) and part.field == "tag":
            yield [("GLOB", part.pattern)]
