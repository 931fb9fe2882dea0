"""Along images: by push, by repository or by registry, and the vulnerabilities of each."""

from __future__ import annotations

from psycopg import sql

from dogwatch.store.candidates.orders import EPOCH
from dogwatch.store.candidates.search import AFFECTED, Candidates, Key, Search, complete_until, named
from dogwatch.store.filters import Constant, every
from dogwatch.store.queries import load_queries

_SQL = load_queries("finding_candidates")

_PUSHED = ("coalesce(clocks.pushed_at, 'epoch')", "clocks.image_id")
_PLACES = {"alias": "registry.alias", "repository": "repository.name", "repository_id": "repository.id"}


def along_images(search: Search, after: Key | None, most: int) -> Candidates:
    """Return the next candidates in an order by what images are."""
    stop = None
    if search.order.columns[0] == EPOCH:
        stop = _after_some_images(search, after)
        images = _by_push(search, after, stop)
    else:
        images = _by_place(search, after)
    statement = sql.SQL(_SQL["along_images"]).format(
        images=images,
        span_filter=every([AFFECTED, search.scope.of_set_member, search.scope.spans]),
        direction=search.direction,
        after=search.beyond(search.order.columns, after),
        most=Constant(most),
    )
    return complete_until(search.fetch(statement, most), stop)


def _after_some_images(search: Search, after: Key | None) -> list[object] | None:
    """Return a key that bounds the work where all images are gone through, and hardly any may be asked for."""
    if search.scope.images is not None or not search.scope.demands.finding:
        return None
    statement = sql.SQL(_SQL["image_after"]).format(
        filter=search.beyond(_PUSHED, after, or_equal=True),
        order=search.ordered(_PUSHED),
        images=Constant(search.limits.images),
    )
    row = search.connection.execute(statement, {}, prepare=False).fetchone()
    return None if row is None else search.ahead_of(row)


def _by_push(search: Search, after: Key | None, stop: Key | None) -> sql.Composable:
    scope = search.scope
    between = [search.beyond(_PUSHED, after, or_equal=True)]
    if stop is not None:
        between.append(search.short_of(_PUSHED, stop))
    if scope.images is not None:
        between.append(scope.of_sought_image("clocks.image_id"))
    return sql.SQL(_SQL["images_by_push"]).format(
        image_filter=every([scope.of_repository("image.repository_id"), scope.of_image_row]),
        clocks_filter=every(between),
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
        image_filter=scope.of_image_row,
        direction=search.direction,
        after=search.beyond([*(f"place.{column}" for column in place), "image.id"], after, or_equal=True),
    )
