"""Along exposures: what is said of vulnerabilities in order, the inventories with each, and their images.

For orders by severity, score, source, name and probability. The walk goes through an index, or through what few
vulnerabilities or few images narrow it to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from dogwatch.store.candidates.ids import array, one_of_many
from dogwatch.store.candidates.orders import Along
from dogwatch.store.candidates.search import AFFECTED, Candidates, Key, Search, listed, named
from dogwatch.store.filters import Constant, every
from dogwatch.store.queries import load_queries

_SQL = load_queries("finding_candidates")

_EXPRESSIONS: Mapping[str, str] = {
    "severity": "exposure.severity",
    "score_tenths": "coalesce(exposure.score_tenths, '-1'::smallint)",
    "source": "exposure.source",
    "vulnerability": "vulnerability.name",
    "epss_ppm": "vulnerability.epss_ppm",
    "vulnerability_id": "exposure.vulnerability_id",
}

_OF_VULNERABILITY = frozenset({"vulnerability", "epss_ppm", "vulnerability_id"})
"""What stands with the vulnerability, and is the same for all that is said of it."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What is walked through: columns with their expressions, and what must hold of exposures and spans behind each.

    `same` says that an exposure is one of those that a step of the walk stands for; `inventories` is what must hold of
    an inventory beside having such a one.
    """

    columns: Mapping[str, str]
    steps: sql.Composable
    same: sql.Composable
    exposures: sql.Composable
    inventories: sql.Composable
    monitoring: sql.Composable


@dataclass(frozen=True, slots=True)
class _Contents:
    """What images were ever watched with: ids of inventories, and of all sets in these; None where images are many."""

    inventories: Sequence[int] | None = None
    sets: Sequence[int] | None = None


def along_exposures(search: Search, after: Key | None, most: int) -> Candidates:
    """Return the next candidates in an order by what exposures say."""
    scope = search.scope
    columns = {column: _EXPRESSIONS[column] for column in search.order.columns[:-2]}
    own = [one for one in columns if one not in _OF_VULNERABILITY]
    walk = Walk(
        columns,
        steps=every([AFFECTED, scope.exposures, scope.of_vulnerability("exposure.vulnerability_id")]),
        same=every([sql.SQL(f"{columns[one]} = walk.{one}") for one in own]),
        exposures=scope.exposures,
        inventories=scope.has_vulnerability("inventory_set.inventory_id", "walk.vulnerability_id"),
        monitoring=every(
            [
                scope.live_monitoring("held.has_ended"),
                scope.observed_since("held.newest"),
                scope.counted_for("held.is_live", "held.first_rev", "held.last_rev"),
            ]
        ),
    )
    return search.fetch(joined(search, walk, after, most), most)


def joined(search: Search, walk: Walk, after: Key | None, most: int) -> sql.Composed:
    """Join a walk with the inventories that have what it names, and these with their images."""
    scope = search.scope
    contents = _few_contents(search)
    places = [*(f"walk.{column}" for column in walk.columns), "inventory_set.inventory_id"]
    of_inventory = one_of_many("inventory_set.inventory_id", contents.inventories)
    watched = [scope.of_repository("monitoring.repository_id"), scope.of_image("monitoring.image_id")]
    return sql.SQL(_SQL["along_exposures"]).format(
        walk=_steps(search, walk, contents, after),
        walked=listed([f"walk.{column}" for column in walk.columns]),
        same=walk.same,
        exposure_filter=walk.exposures,
        live=scope.lately_open_exposures,
        set_filter=one_of_many("set_exposure.set_id", contents.sets),
        inventory_filter=every([of_inventory, walk.inventories, search.beyond(places, after, or_equal=True)]),
        monitoring_filter=every([walk.monitoring, *watched]),
        direction=search.direction,
        after=search.beyond(search.order.columns, after),
        most=Constant(most),
    )


def _few_contents(search: Search) -> _Contents:
    images = search.scope.images
    is_asked_often = search.order.along is Along.TIME
    if images is None or (is_asked_often and len(images) > search.limits.few_images):
        return _Contents()
    row = search.connection.execute(_SQL["contents_of_images"], {"images": list(images)}).fetchone()
    assert row is not None  # an aggregate
    return _Contents(*row)


def _steps(search: Search, walk: Walk, contents: _Contents, after: Key | None) -> sql.Composable:
    name, few = "walk_of_sets", contents.sets
    if few is None or len(few) > search.limits.few_sets:
        name, few = "walk_of_vulnerabilities", search.scope.vulnerabilities
    if few is None:
        return _index_walk(search, walk, after)
    return sql.SQL(_SQL[name]).format(
        columns=named(walk.columns),
        few=array(few),
        filter=walk.steps,
        after=search.beyond(list(walk.columns.values()), after, or_equal=True),
        order=search.ordered(list(walk.columns)),
    )


def _index_walk(search: Search, walk: Walk, after: Key | None) -> sql.Composable:
    columns, table, steps = dict(walk.columns), "exposure", walk.steps
    if columns.keys() <= _OF_VULNERABILITY:  # it stands apart from what is said of it
        columns["vulnerability_id"], table = "vulnerability.id", "vulnerability"
        scope = search.scope
        steps = every([scope.may_be_exposed("vulnerability.id"), scope.of_vulnerability("vulnerability.id")])
    expressions = list(columns.values())
    return sql.SQL(_SQL["walk"]).format(
        columns=named(columns),
        table=sql.SQL(table),
        filter=steps,
        after=search.beyond(expressions, after, or_equal=True),
        expressions=listed(expressions),
        beyond=sql.SQL("<" if search.descending else ">"),
        walked=listed([f"walk.{column}" for column in columns]),
        order=search.ordered(expressions),
    )
