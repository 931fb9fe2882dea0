"""A filter as SQL leaves exactly the rows that meet it by definition, whatever the filter, for findings and images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.filters import FINDING_FIELDS, IMAGE_FIELDS, Filter, OneOf
from dogwatch.model.times import FOREVER
from dogwatch.model.views import FindingQuery, ImageQuery
from dogwatch.store.candidates import Limits
from dogwatch.store.candidates.orders import ORDERS
from dogwatch.store.connection import Database
from dogwatch.store.findings import FindingStore
from dogwatch.store.image_views import ImageViews
from tests.builders.filtering import filters, finding_row, image_row, meets
from tests.builders.watching import no_feeds
from tests.laws.finding_worlds import (
    ACCOUNT,
    PACKAGES,
    START,
    VULNERABILITIES,
    Exposed,
    Image,
    World,
    limits,
    store_world,
    walk,
    walk_images,
    worlds,
)

_KNOWN: dict[str, Sequence[str]] = {
    "repository": ["app", "shop/web_1%", "shop/web_1"],
    "registry": ["r", "R"],
    "place": ["r/app", "r/shop/web_1%"],
    "tag": ["1.0", "latest", "la_est"],
    "digest": ["sha256:1", "sha256:2", "sha256:3"],
    "architecture": ["amd64", "arm64"],
    "image": ["1", "2", "03", "x"],
    "vulnerability": ["CVE-2026-0001", "CVE-2026-0002", "GHSA-one"],
    "package": ["P_1", "p-1", "P_2", "p-3", "p\\1"],
    "ecosystem": ["npm", "PyPI", "Debian", "Debian:12"],
    "source": ["osv", "other"],
    "title": ["CVE-2026-0001 - P_1", "CVE-2026-0002 - P_1, P_2"],
}
_days = st.integers(-1, 110).map(lambda day: START + timedelta(days=day))
_generated = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], phases=(Phase.explicit, Phase.reuse, Phase.generate)
)


def store_varied_world(connection: psycopg.Connection, world: World) -> None:
    """Store the world so that its rows differ in all that can be filtered by, and lack some of it."""
    store_world(connection, world)
    run = connection.execute
    run("TRUNCATE tag, vulnerability_name, cve_scores, cve_exploitation, cve_probability")
    run("INSERT INTO cve_probability VALUES ('CVE-2026-0002', 500000, 900000)")
    run("UPDATE vulnerability SET epss_ppm = 500000 WHERE name = 'CVE-2026-0002'")
    run("INSERT INTO cve_exploitation VALUES ('CVE-2026-0001', '2026-01-01', NULL, false, '', %s)", (START,))
    run(
        "INSERT INTO cve_scores VALUES ('CVE-2026-0002', 'nvd', %s, %s, '{}', '{}', %s)",
        (START, START, len(world.images) > 1),
    )
    run(
        "INSERT INTO rescan_setting (account_id, push_window, activity_window, activity_mode, status, requested_at,"
        " applied_at) VALUES (%s, 'DAYS_90', 'DAYS_90', 'LAST_PULL_DATE', 'SUCCESS', %s, %s)",
        (ACCOUNT, START, START),
    )
    run("INSERT INTO repository (account_id, registry_id, name) VALUES (%s, 1, %s)", (ACCOUNT, "shop/web_1%"))
    run("UPDATE image SET repository_id = 2, architecture = 'arm64', state = 'pending' WHERE id = 2")
    run("UPDATE monitoring SET repository_id = 2 WHERE image_id = 2")
    run("UPDATE clocks SET pushed_at = NULL, pulled_at = %s WHERE image_id = 3", (START + timedelta(days=20),))
    for image, day, count in ((2, 30, 3), (3, 60, 2)):
        seen = START + timedelta(days=day)
        run("UPDATE clocks SET in_use_at = %s WHERE image_id = %s", (seen, image))
        run(
            "INSERT INTO image_use SELECT id, 'c', 'n', 'w', %s, %s, %s, 'r' FROM image WHERE id = %s",
            (count, START, seen, image),
        )
    run("UPDATE image SET indexed_at = %s WHERE id = 1", (START + timedelta(days=2),))
    run("UPDATE exposure SET score_tenths = CASE WHEN id %% 3 = 0 THEN NULL ELSE (id * 17) %% 100 END", ())
    run("UPDATE package SET ecosystem = 'Debian:12', match_name = name WHERE id = 2")
    for repository, name, number in ((1, "1.0", 1), (1, "latest", 1), (2, "latest", 2)):
        run(
            "INSERT INTO tag (repository_id, name, digest, set_at) VALUES (%s, %s, %s, %s)",
            (repository, name, f"sha256:{number}", START),
        )
    for number, name in ((1, "CVE-2026-0001"), (1, "GHSA-one"), (2, "CVE-2026-0002")):
        run("INSERT INTO vulnerability_name (vulnerability_id, name) VALUES (%s, %s)", (number, name))


@given(
    world=worlds(),
    at=_days,
    asked=filters(FINDING_FIELDS, _KNOWN, _days),
    page=st.integers(1, 3),
    order=st.sampled_from(sorted(ORDERS)),
    descending=st.booleans(),
    sizes=limits(),
)
@_generated
def test_a_filter_leaves_exactly_the_findings_that_meet_it(
    opened: Database,
    world: World,
    at: datetime,
    asked: Filter,
    page: int,
    order: str,
    descending: bool,
    sizes: Limits,
) -> None:
    with opened.transaction() as connection:
        store_varied_world(connection, world)
    query = FindingQuery(ACCOUNT, as_of=at, sort=order, descending=descending)
    expected = [one for one in walk(FindingStore(opened), query, at) if meets(asked, finding_row(one))]
    assert walk(FindingStore(opened, sizes), replace(query, filter=asked, limit=page), at) == expected


@given(world=worlds(), now=_days, asked=filters(IMAGE_FIELDS, _KNOWN, _days), page=st.integers(1, 3))
@_generated
def test_a_filter_leaves_exactly_the_images_that_meet_it(
    opened: Database, world: World, now: datetime, asked: Filter, page: int
) -> None:
    with opened.transaction() as connection:
        store_varied_world(connection, world)
    views = ImageViews(opened, no_feeds)
    everything = walk_images(views, ImageQuery(ACCOUNT), now)
    assert len(everything) == len(world.images)
    expected = [one for one in everything if meets(asked, image_row(one))]
    assert walk_images(views, ImageQuery(ACCOUNT, filter=asked, limit=page), now) == expected
    counted = views.count_coverage(ImageQuery(ACCOUNT, filter=asked), now)
    assert sum(one.images for one in counted) == len(expected)


def test_a_cursor_of_another_filter_is_refused(opened: Database) -> None:
    spans = ((START, FOREVER),)
    world = World(
        (Image(spans, PACKAGES, FOREVER),),
        tuple(Exposed(package, number, spans[0], 4, "") for package in PACKAGES for number in VULNERABILITIES),
    )
    with opened.transaction() as connection:
        store_varied_world(connection, world)
    store, now = FindingStore(opened), START + timedelta(days=1)
    asked = FindingQuery(ACCOUNT, filter=OneOf("fix", ("NO",)), limit=1)
    following = replace(asked, after=store.findings(asked, now).next)
    assert len(store.findings(following, now).rows) == 1
    with pytest.raises(InvalidRequestError, match="cursor"):
        store.findings(replace(following, filter=OneOf("fix", ("NO", "YES"))), now)
