"""Along images: by push, by repository or by registry, and the vulnerabilities of each."""

from __future__ import annotations

from psycopg import sql

from dogwatch.store.candidates.orders import EPOCH
from dogwatch.store.candidates.search import AFFECTED, Candidates, Key, Search, named
from dogwatch.store.filters import Constant, every
from dogwatch.store.queries import load_queries

_SQL = load_queries("finding_candidates")

_PLACES = {"alias": "registry.alias", "repository": "repository.name", "repository_id": "repository.id"}


def along_images(search: Search, after: Key | None, most: int) -> Candidates:
    """Return the next candidates in an order by what images are."""
    statement = sql.SQL(_SQL["along_images"]).format(
        images=_by_push(search, after) if search.order.columns[0] == EPOCH else _by_place(search, after),
        span_filter=every([AFFECTED, search.scope.spans]),
        direction=search.direction,
        after=search.beyond(search.order.columns, after),
        most=Constant(most),
    )
    return search.fetch(statement, most)


def _by_push(search: Search, after: Key | None) -> sql.Composable:
    scope = search.scope
    behind = search.beyond(["coalesce(clocks.pushed_at, 'epoch')", "clocks.image_id"], after, or_equal=True)
    return sql.SQL(_SQL["images_by_push"]).format(
        image_filter=every([scope.of_repository("image.repository_id"), scope.of_image("image.id")]),
        clocks_filter=behind if scope.images is None else every([behind, scope.of_image("clocks.image_id")]),
        direction=search.direction,
    )


def _by_place(search: Search, after: Key | None) -> sql.Composable:
    scope = search.scope
    place = {column: _PLACES[column] for column in search.order.columns if column in _PLACES}
    expressions = list(place.values())
    return sql.SQL(_SQL["images_by_repository"]).format(
        place=named(place),
        repository_filter=every(
            [scope.of_repository("repository.id"), search.beyond(expressions, after, or_equal=True)]
        ),
        order=search.ordered(expressions),
        image_filter=scope.of_image("image.id"),
        direction=search.direction,
        after=search.beyond([*(f"place.{column}" for column in place), "image.id"], after, or_equal=True),
    )
