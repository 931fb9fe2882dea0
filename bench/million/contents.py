"""What is not made by a statement: version keys, documents of advisories, provenance of layer chains."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import msgspec
import psycopg

from dogwatch.store.compression import compress
from dogwatch.versions import scheme_of

_VERSIONS = 64
"""Successive versions of one package: more than any lock file gets to."""

_FAMILIES = {"OS": "Debian:12", "PyPI": "PyPI", "npm": "npm"}  # family → an ecosystem with its scheme
_encoder = msgspec.msgpack.Encoder()


def write_versions(connection: psycopg.Connection) -> None:
    """Make the table of versions by family and number, with their keys."""
    connection.execute(
        "CREATE TEMP TABLE made_version"
        " (family text, number int, text text, scheme text, scheme_number int, key bytea, PRIMARY KEY (family, number))"
    )
    with connection.cursor() as cursor, cursor.copy("COPY made_version FROM STDIN") as copy:
        for family, ecosystem in _FAMILIES.items():
            scheme = scheme_of(ecosystem)
            assert scheme is not None  # these three have one
            for number in range(_VERSIONS):
                text = f"2.{number}-1" if family == "OS" else f"{1 + number // 20}.{number // 4 % 5}.{number % 4}"
                copy.write_row((family, number, text, scheme.name, scheme.number, scheme.sort_key(text)))


def write_documents(connection: psycopg.Connection) -> None:
    """Give every advisory a small document."""
    query = (
        "SELECT made_advisory.id, from_rev, made_advisory.name, vulnerability.name FROM made_advisory"
        " JOIN vulnerability ON vulnerability.id = vulnerability ORDER BY 1"
    )
    rows = connection.execute(query).fetchall()
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY advisory_change (advisory_id, revision_id, kind, document) FROM STDIN") as copy,
    ):
        for advisory, revision, name, vulnerability in rows:
            document = {
                "id": name,
                "aliases": [vulnerability],
                "summary": "A made-up flaw",
                "details": f"{vulnerability}: a made-up flaw lets a made-up attacker do made-up things.",
                "references": [{"url": f"https://advisories.example/{name}"}],
            }
            copy.write_row((advisory, revision, "added", compress(msgspec.json.encode(document))))


def write_provenance(connection: psycopg.Connection) -> None:
    """Say in which layer and under which paths every chain's packages stand."""
    sets = dict(_places_by_set(connection))
    chains = connection.execute("SELECT id, base_set, own_set, tool_set FROM made_inventory ORDER BY id").fetchall()
    connection.execute("CREATE TEMP TABLE made_provenance (id bigint, provenance bytea)")
    with connection.cursor() as cursor, cursor.copy("COPY made_provenance FROM STDIN") as copy:
        for chain, *members in chains:
            places = [
                (package, ordinal, (path,))
                for ordinal, one in enumerate(members, start=2)
                for package, path in sets.get(one, ())
            ]
            copy.write_row((chain, compress(_encoder.encode(places), 1)))


def _places_by_set(connection: psycopg.Connection) -> Iterator[tuple[int, list[tuple[int, str]]]]:
    paths: dict[int, str] = dict(connection.execute(_PATHS).fetchall())
    with connection.cursor("members") as cursor:
        cursor.itersize = 100_000
        rows = cursor.execute("SELECT set_id, package_id FROM set_package ORDER BY set_id, package_id")
        for set_id, members in groupby(rows, key=itemgetter(0)):
            yield set_id, [(package, paths[package]) for _, package in members]


_PATHS = """
SELECT id, CASE scheme WHEN 'dpkg' THEN 'var/lib/dpkg/status'
                       WHEN 'pep440' THEN 'usr/lib/site-packages/' || name || '-' || version || '.dist-info/METADATA'
                       ELSE 'app/node_modules/' || name || '/package.json' END
FROM package
"""
