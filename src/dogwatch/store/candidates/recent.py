"""Findings first observed lately: each began with an exposure or with a watch since then, so it is behind one of these.

What the current spans of a finding say counts, and they begin no earlier than the finding. So it is among all findings
of vulnerabilities that came to be said of something since, or among all of images that came to be watched since.
"""

from __future__ import annotations

from dataclasses import replace

import psycopg
from psycopg import sql

from dogwatch.store.candidates.limits import Limits
from dogwatch.store.candidates.orders import Along, Order
from dogwatch.store.candidates.scope import BEGINS, Scope, few_ids
from dogwatch.store.filters import Constant, every
from dogwatch.store.queries import load_queries

_SQL = load_queries("finding_candidates")


def find_parts(connection: psycopg.Connection, order: Order, scope: Scope, limits: Limits) -> tuple[Scope, ...]:
    """Return narrower scopes that together hold all that is asked for; none where one walk is better.

    It is better in other orders, which lead to such findings or are bounded, and where no image has to be looked up.
    Sources stand in an order of the database's own, so that keys which begin with one cannot be compared here.
    """
    since = scope.demands.moments.get("first_observed_at", (None, None))[0]
    is_walked = order.along is not Along.EXPOSURES or order.columns[0] == "source"
    if since is None or scope.knows_images or is_walked:
        return ()
    told = sql.SQL("exposure.from_at >= {}").format(Constant(since))
    begun = sql.SQL(_SQL["vulnerabilities_since"]).format(filter=every([told, BEGINS]))
    flaws = few_ids(connection, begun, limits.few_vulnerabilities)
    if flaws is None:
        return ()
    watches = [
        sql.SQL("monitoring.from_at >= {}").format(Constant(since)),
        scope.of_repository("monitoring.repository_id"),
        scope.of_image_row,
    ]
    watched = sql.SQL(_SQL["images_since"]).format(filter=every(watches))
    images = few_ids(connection, watched, limits.few_images)
    if images is None:
        return ()
    if scope.vulnerabilities is not None:
        flaws = tuple(set(flaws) & set(scope.vulnerabilities))
    return (replace(scope, vulnerabilities=flaws), replace(scope, images=images))
