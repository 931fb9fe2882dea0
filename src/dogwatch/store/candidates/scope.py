"""Where the findings asked for can be: which repositories, images and vulnerabilities, where these are few."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psycopg
from psycopg import sql

from dogwatch.model.views import FindingQuery
from dogwatch.store.candidates.demands import Demands
from dogwatch.store.candidates.ids import one_of, one_of_many
from dogwatch.store.candidates.limits import Limits
from dogwatch.store.candidates.orders import Along, order_of
from dogwatch.store.filters import EVERYTHING, Constant, bounds_condition, every, text_condition
from dogwatch.store.queries import load_queries
from dogwatch.store.tagged import wanted_tags

_SQL = load_queries("finding_candidates")

SHOWN_AFTER_END = timedelta(days=30)
SHOWN_AFTER_EXPIRY = timedelta(days=3)
"""How long closed findings stay in lists, as in the query `findings`: shorter where the windows were over."""


BEGINS = sql.SQL(
    "NOT EXISTS (SELECT FROM exposure AS before WHERE before.package_id = exposure.package_id"
    " AND before.vulnerability_id = exposure.vulnerability_id AND before.verdict = 'affected'"
    " AND before.from_at < exposure.from_at AND before.to_at = exposure.from_at)"
)
"""The condition on exposures that a finding can begin with one. One that goes on from another of its package, with
another score or fix, begins none: what was watched then had it before, and what began to be watched then begins with
its watch. Catalogues change many scores every day."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What narrows the search; None where it does not. `at` is the moment that the list speaks of."""

    at: datetime
    demands: Demands
    repositories: tuple[int, ...] | None
    images: tuple[int, ...] | None
    vulnerabilities: tuple[int, ...] | None
    anything_frozen: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be found."""
        return () in (self.repositories, self.images, self.vulnerabilities) or not self.demands.statuses

    @property
    def knows_images(self) -> bool:
        """Whether no image has to be looked up to tell that it is meant."""
        return self.images is not None or not self.demands.images

    def of_repository(self, column: str) -> sql.Composable:
        """Return the condition on a repository's id."""
        return one_of_many(column, self.repositories)

    def of_vulnerability(self, column: str) -> sql.Composable:
        """Return the condition on a vulnerability's id: one of few, and of packages of the right ecosystems."""
        probe = (
            "(SELECT true FROM exposure AS other JOIN package ON package.id = other.package_id"
            f" WHERE other.verdict = 'affected' AND other.vulnerability_id = {column} AND {{}} LIMIT 1)"
        )
        probes = [sql.SQL(probe).format(one) for one in self.demands.ecosystems]
        return every([one_of(column, self.vulnerabilities), *probes])

    def has_vulnerability(self, inventory: str, vulnerability: str) -> sql.Composable:
        """Return the condition on an inventory's id that it has a vulnerability by packages of the right ecosystems.

        For what a finding is now, which one inventory says; since when it is, an earlier one may tell.
        """
        probe = (
            "(SELECT true FROM inventory_set AS part"
            f" JOIN set_exposure AS member ON member.set_id = part.set_id AND member.vulnerability_id = {vulnerability}"
            " JOIN exposure AS other ON other.id = member.exposure_id JOIN package ON package.id = other.package_id"
            f" WHERE part.inventory_id = {inventory} AND {{}} LIMIT 1)"
        )
        return every([sql.SQL(probe).format(one) for one in self.demands.ecosystems])

    @property
    def of_set_member(self) -> sql.Composable:
        """Return the same of a row of `set_exposure`: a set has hundreds, and its index leads to those of few."""
        return one_of("set_exposure.vulnerability_id", self.vulnerabilities)

    def of_image(self, column: str) -> sql.Composable:
        """Return the condition on an image's id; where its row is at hand, `of_image_row` is asked."""
        if self.knows_images:
            return one_of_many(column, self.images)
        return sql.SQL("EXISTS (SELECT FROM image WHERE image.id = {} AND {})").format(
            sql.SQL(column), self.of_image_row
        )

    def of_sought_image(self, column: str) -> sql.Composable:
        """Return the same, written to be found by an index."""
        return self.of_image(column) if self.images is None else one_of(column, self.images)

    @property
    def of_image_row(self) -> sql.Composable:
        """Return the condition on a row called `image`, which would hide another of that name from `of_image`."""
        return one_of_many("image.id", self.images) if self.knows_images else every(self.demands.images)

    @property
    def exposures(self) -> sql.Composable:
        """Return the condition on exposures that may make a finding what it is."""
        return every([self.live_exposures, *self.demands.worst])

    @property
    def live_exposures(self) -> sql.Composable:
        """Return the condition on exposures that count at the moment, or whose findings may still be shown.

        For images that are not frozen. Any may count for those that are, so where there are some, this is no condition.
        """
        return EVERYTHING if self.anything_frozen else self.lately_open_exposures

    @property
    def lately_open_exposures(self) -> sql.Composable:
        """Return the same whether anything is frozen or not."""
        since = self.at if self.demands.statuses == {"ACTIVE"} else self.at - SHOWN_AFTER_END
        return sql.SQL("exposure.from_at <= {} AND exposure.to_at > {}").format(Constant(self.at), Constant(since))

    def counted_for(self, is_live: str, first_revision: str, last_revision: str) -> sql.Composable:
        """Return the condition that what exposures say counts for a watch: frozen images keep to their revision."""
        if not self.anything_frozen:
            return EVERYTHING
        return sql.SQL(
            f"CASE WHEN monitoring.frozen_revision IS NULL THEN {is_live}"
            f" ELSE {first_revision} <= monitoring.frozen_revision AND {last_revision} > monitoring.frozen_revision END"
        )

    @property
    def open_watches(self) -> sql.Composable:
        """Return the condition on watches that are on at the moment."""
        return sql.SQL("monitoring.to_at > {}").format(Constant(self.at))

    @property
    def lately_ended_watches(self) -> sql.Composable:
        """Return the condition on watches whose findings are still shown although they are closed."""
        return sql.SQL(
            "monitoring.to_at > {} AND (monitoring.to_at > {} OR NOT starts_with(monitoring.end_reason,"
            " 'monitoring ended'))"
        ).format(Constant(self.at - SHOWN_AFTER_END), Constant(self.at - SHOWN_AFTER_EXPIRY))

    @property
    def lately_ended_exposures(self) -> sql.Composable:
        """Return the condition on exposures whose findings are still shown although they are closed."""
        return sql.SQL("exposure.to_at > {}").format(Constant(self.at - SHOWN_AFTER_END))

    @property
    def spans(self) -> sql.Composable:
        """Return the condition on spans, an exposure of a watched image, that may make a finding what it is."""
        conditions = [
            self.exposures,
            self.live_monitoring(f"exposure.to_at <= {Constant(self.at).as_string(None)}"),
            one_of("exposure.vulnerability_id", self.vulnerabilities),
            self.has_vulnerability("monitoring.inventory_id", "exposure.vulnerability_id"),
            self.observed_since("exposure.from_at"),
            self.counted_for(self.lately_open_exposures.as_string(None), "exposure.from_rev", "exposure.to_rev"),
        ]
        return every(conditions)

    @property
    def may_be_shown(self) -> sql.Composable:
        """Return the condition on a span that another span, of the same finding, may make it what it is.

        For what an old span can still tell: when something began that was interrupted since.
        """
        return every([self.may_be_exposed("exposure.vulnerability_id"), self.may_be_watched])

    def may_be_exposed(self, column: str) -> sql.Composable:
        """Return the condition on a vulnerability's id that some exposure to it may make a finding what it is."""
        text = (
            "(SELECT true FROM (SELECT * FROM exposure AS other WHERE other.verdict = 'affected'"
            f" AND other.vulnerability_id = {column}) AS exposure WHERE {{}} LIMIT 1)"
        )
        return sql.SQL(text).format(self.exposures)

    @property
    def may_be_watched(self) -> sql.Composable:
        """Return the condition on a watch that another watch, of the same image, counts or may still be shown."""
        since = self.at if self.demands.statuses == {"ACTIVE"} else self.at - SHOWN_AFTER_END
        text = (
            "(SELECT true FROM monitoring AS other WHERE other.image_id = monitoring.image_id"
            " AND other.from_at <= {} AND other.to_at > {} LIMIT 1)"
        )
        return sql.SQL(text).format(Constant(self.at), Constant(since))

    def within(self, column: str, expression: str) -> sql.Composable:
        """Return the condition that a moment lies where the question wants the column's."""
        low, high = self.demands.moments.get(column, (None, None))
        bounds = [bounds_condition(sql.SQL(expression), [(low, high)])] if (low, high) != (None, None) else []
        return every(bounds)

    def observed_since(self, exposed_from: str) -> sql.Composable:
        """Return the condition on a current span that follows from when the finding was first observed."""
        low = self.demands.moments.get("first_observed_at", (None, None))[0]
        if low is None:
            return EVERYTHING
        return sql.SQL(f"greatest(monitoring.from_at, {exposed_from}) >= {{}}").format(Constant(low))

    def live_monitoring(self, exposure_has_ended: str) -> sql.Composable:
        """Return the condition on spans of watching that count at the moment, or whose findings may still be shown."""
        if self.demands.statuses == {"ACTIVE"}:
            text = "monitoring.from_at <= {at} AND monitoring.to_at > {at}"
        else:
            lately = f"({{lately}} OR {exposure_has_ended} AND monitoring.to_at > {{since}})"
            text = f"monitoring.from_at <= {{at}} AND {lately}"  # the reason that closed it may be the exposure's
        if self.demands.statuses == {"CLOSED"}:
            text += (
                f" AND ({exposure_has_ended} OR monitoring.to_at <= {{at}} OR EXISTS (SELECT FROM clocks"
                " WHERE clocks.image_id = monitoring.image_id AND clocks.watched_until < {at}))"
            )
        return sql.SQL(text).format(
            at=Constant(self.at), since=Constant(self.at - SHOWN_AFTER_END), lately=self.lately_ended_watches
        )


def find_scope(
    connection: psycopg.Connection, query: FindingQuery, at: datetime, demands: Demands, limits: Limits
) -> Scope:
    """Look how far the question narrows the search; a few milliseconds."""
    repositories = _find_repositories(connection, query.account_id, demands)
    narrowed = Scope(at, demands, repositories, None, None, _is_anything_frozen(connection))
    if demands.pairs is not None:
        images, vulnerabilities = {image for image, _ in demands.pairs}, {flaw for _, flaw in demands.pairs}
        return replace(narrowed, images=tuple(sorted(images)), vulnerabilities=tuple(vulnerabilities))
    return Scope(
        at,
        demands,
        repositories,
        _find_images(connection, query, narrowed, limits.named_images),
        _find_vulnerabilities(connection, query, demands, limits.few_vulnerabilities),
        narrowed.anything_frozen,
    )


def _find_repositories(connection: psycopg.Connection, account_id: str, demands: Demands) -> tuple[int, ...] | None:
    statement = sql.SQL(_SQL["repositories"]).format(filter=every(demands.repositories))
    row = connection.execute(statement, {"account": account_id}, prepare=False).fetchone()
    assert row is not None  # an aggregate
    found, is_all = row
    return None if is_all and found else tuple(found)


def _find_images(connection: psycopg.Connection, query: FindingQuery, scope: Scope, few: int) -> tuple[int, ...] | None:
    if not scope.demands.images and scope.repositories is None:
        return None
    if len(scope.demands.images) == 1 and _are_tags_many(connection, query, scope, few):
        return None
    # One of the two: with both, an index that holds repositories would not do.
    of_account = sql.SQL("image.account_id = {}").format(Constant(query.account_id))
    owner = scope.of_repository("image.repository_id") if scope.demands.repositories else of_account
    statement = sql.SQL(_SQL["images"]).format(filter=every([owner, *scope.demands.sought_images]))
    return few_ids(connection, statement, few)


def _are_tags_many(connection: psycopg.Connection, query: FindingQuery, scope: Scope, few: int) -> bool:
    """Return whether more tags than twice `few` are meant, which are counted sooner than their images are found."""
    for entries in wanted_tags(query.texts, query.filter):
        conditions = [text_condition("tag", sql.SQL("name"), entries), scope.of_repository("repository_id")]
        statement = sql.SQL(_SQL["tags"]).format(filter=every(conditions))
        row = connection.execute(statement, {"most": 2 * few + 1}, prepare=False).fetchone()
        if row is not None and int(row[0]) > 2 * few:
            return True
    return False


def _find_vulnerabilities(
    connection: psycopg.Connection, query: FindingQuery, demands: Demands, few: int
) -> tuple[int, ...] | None:
    """Return vulnerabilities by name, package or facts; by ecosystem only where the order looks each up very often."""
    packages = demands.packages + (demands.ecosystems if order_of(query.sort).along is Along.TIME else ())
    asked = [sql.SQL(_SQL["vulnerabilities_by_name"]).format(filter=one) for one in demands.names]
    asked += [sql.SQL(_SQL["vulnerabilities_by_package"]).format(filter=one) for one in packages]
    asked += [sql.SQL(_SQL["vulnerabilities_by_facts"]).format(filter=one) for one in demands.flaws]
    if not asked:
        return None
    statement = sql.SQL(_SQL["vulnerabilities"]).format(found=sql.SQL(" INTERSECT ").join(asked))
    return few_ids(connection, statement, few)


def few_ids(connection: psycopg.Connection, found: sql.Composed, few: int) -> tuple[int, ...] | None:
    """Return the ids that a statement gives, ascending; None where these are more than a few."""
    statement = sql.SQL(_SQL["few"]).format(found=found)
    row = connection.execute(statement, {"most": few + 1}, prepare=False).fetchone()
    return None if row is None else tuple(sorted(row[0]))


def _is_anything_frozen(connection: psycopg.Connection) -> bool:
    row = connection.execute(_SQL["is_anything_frozen"]).fetchone()
    return row is not None and bool(row[0])
