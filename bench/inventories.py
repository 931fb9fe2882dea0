"""Inventories made of stored packages: a distribution's set and two languages' sets each, shared as in life."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from bench.packages import DISTRIBUTION
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
        concerned = [
            package for package in named if package.ecosystem == kind.ecosystem and ids[package] not in extreme
        ]
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
