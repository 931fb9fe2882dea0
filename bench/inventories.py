"""Inventories made of packages that are stored: a distribution's set and two languages' sets each, shared as in life."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from bench.packages import DISTRIBUTION
from dogwatch.inventory import FINGERPRINT
from dogwatch.model.packages import Package, Provenance
from dogwatch.store.provenance import encode_provenance

INVENTORIES = 1_000
_SEED = 2


@dataclass(frozen=True, slots=True)
class _Kind:
    """How the sets of an ecosystem look: how many distinct ones, packages in each, and how many advisories know."""

    ecosystem: str
    distinct: int
    size: int
    known_names: int


# Set sizes as in ordinary application images. How many packages are of a name that advisories know is chosen so that an
# image comes to some 80 findings; what it really comes to is measured and stands on the page.
_KINDS = (_Kind(DISTRIBUTION, 50, 150, 8), _Kind("PyPI", 500, 50, 5), _Kind("npm", 500, 250, 8))

MOST_EXPOSURES = 50
"""Packages with more are left out of the images: kernels and browsers, of which one alone has thousands."""


def make_inventories(
    connection: psycopg.Connection,
    named: Sequence[Package],
    others: Sequence[Package],
    ids: Mapping[Package, int],
    now: datetime,
) -> None:
    """Fill package sets, inventories and, for each inventory, the provenance that its layer chains get.

    The table `bench_inventory` (inventory id, provenance) keeps the latter until images are made.
    """
    chance = random.Random(_SEED)
    query = "SELECT package_id FROM exposure GROUP BY package_id HAVING count(*) > %s"
    extreme = {row[0] for row in connection.execute(query, (MOST_EXPOSURES,))}
    sets: list[list[tuple[int, list[Package]]]] = []
    for kind in _KINDS:
        concerned = [package for package in named if package.ecosystem == kind.ecosystem and ids[package] not in extreme]
        unconcerned = [package for package in others if package.ecosystem == kind.ecosystem]
        known = min(kind.known_names, len(concerned))
        members = [
            sorted(chance.sample(concerned, known) + chance.sample(unconcerned, kind.size - known))
            for _ in range(kind.distinct)
        ]
        sets.append(_store_sets(connection, kind.ecosystem, members, ids))
    connection.execute("CREATE TABLE bench_inventory (inventory_id bigint PRIMARY KEY, provenance bytea)")
    for number in range(INVENTORIES):
        _store_inventory(connection, number, [chance.choice(kind) for kind in sets], ids, now)
    connection.execute("ANALYZE package_set, set_package, inventory, inventory_set")


def _store_sets(
    connection: psycopg.Connection, source: str, members: Sequence[list[Package]], ids: Mapping[Package, int]
) -> list[tuple[int, list[Package]]]:
    stored = []
    for number, packages in enumerate(members):
        digest = hashlib.sha256(f"{source} {number}".encode()).digest()
        row = connection.execute(
            "INSERT INTO package_set (digest, source) VALUES (%s, %s) RETURNING id", (digest, source)
        ).fetchone()
        assert row is not None  # INSERT … RETURNING
        stored.append((int(row[0]), packages))
    with connection.cursor() as cursor, cursor.copy("COPY set_package (set_id, package_id) FROM STDIN") as copy:
        for set_id, packages in stored:
            for package in packages:
                copy.write_row((set_id, ids[package]))
    return stored


def _store_inventory(
    connection: psycopg.Connection,
    number: int,
    sets: Sequence[tuple[int, list[Package]]],
    ids: Mapping[Package, int],
    now: datetime,
) -> None:
    row = connection.execute(
        "INSERT INTO inventory (digest, distribution, release, pretty_name, ecosystem, recorded_at)"
        " VALUES (%s, 'debian', '12', 'Debian GNU/Linux 12 (bookworm)', 'Debian:12', %s) RETURNING id",
        (hashlib.sha256(f"inventory {number}".encode()).digest(), now),
    ).fetchone()
    assert row is not None  # INSERT … RETURNING
    connection.execute(
        "INSERT INTO inventory_set (inventory_id, set_id) SELECT %s, unnest(%s::bigint[])",
        (row[0], [set_id for set_id, _ in sets]),
    )
    provenance = [
        Provenance(package, ordinal, (f"usr/lib/somewhere/{package.name}/METADATA",))
        for ordinal, (_, packages) in enumerate(sets)
        for package in packages
    ]
    connection.execute("INSERT INTO bench_inventory VALUES (%s, %s)", (row[0], encode_provenance(provenance, ids)))


ADD_IMAGES = f"""
WITH registry_here AS (
    SELECT id, account_id FROM registry WHERE account_id = %(account)s LIMIT 1
), chain AS (
    INSERT INTO layer_chain (account_id, digest, layers, inventory_id, fingerprint, provenance)
    SELECT account_id, sha256(convert_to('chain ' || inventory_id, 'UTF8')),
           jsonb_build_array(jsonb_build_object('digest', 'sha256:' || repeat('1', 64)),
                             jsonb_build_object('digest', 'sha256:' || repeat('2', 64)),
                             jsonb_build_object('digest', 'sha256:' || repeat('3', 64))),
           inventory_id, '{FINGERPRINT}', provenance
    FROM registry_here, bench_inventory ORDER BY inventory_id
    RETURNING id, inventory_id
), place AS (
    INSERT INTO repository (account_id, registry_id, name)
    SELECT account_id, id, 'team/service-' || number
    FROM registry_here, generate_series(0, (%(images)s - 1) / 50) AS number
    RETURNING id
), numbered_chain AS (
    SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM chain
), numbered_place AS (
    SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM place
), made AS (
    INSERT INTO image (account_id, repository_id, digest, media_type, size_bytes, os, architecture, variant, author,
                       chain_id, state, indexed_at)
    SELECT %(account)s, numbered_place.id,
           'sha256:' || encode(sha256(convert_to(%(account)s || ' ' || one.number, 'UTF8')), 'hex'),
           'application/vnd.oci.image.manifest.v1+json', 100000000, 'linux', 'amd64', '', '', numbered_chain.id, 'indexed',
           %(now)s
    FROM generate_series(0, %(images)s - 1) AS one (number)
    JOIN numbered_place ON numbered_place.number = one.number / 50
    JOIN numbered_chain ON numbered_chain.number = one.number %% (SELECT count(*) FROM chain)
    RETURNING id, repository_id, chain_id
), clock AS (
    INSERT INTO clocks (image_id, pushed_at, pulled_at, watched_until, held_by, watched)
    SELECT made.id, moment, moment, moment + interval '90 days', 'push', true
    FROM made CROSS JOIN LATERAL (SELECT %(now)s::timestamptz - made.id %% 80 * interval '1 day' - interval '1 hour')
        AS pushed (moment)
    RETURNING image_id, pushed_at
)
INSERT INTO monitoring (image_id, repository_id, inventory_id, from_at, begin_reason)
SELECT made.id, made.repository_id, chain.inventory_id, clock.pushed_at, 'pushed'
FROM made JOIN chain ON chain.id = made.chain_id JOIN clock ON clock.image_id = made.id
"""
"""All images of an account, 50 to a repository, each on one of the inventories, pushed within the last 80 days."""
