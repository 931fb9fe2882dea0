"""Packages and package sets: each distinct one is stored once, with its keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from dogwatch.matching import key_package
from dogwatch.model.packages import KeyedPackage, Package, PackageSet
from dogwatch.store.queries import load_queries
from dogwatch.store.text import storable
from dogwatch.versions import family_of

_SQL = load_queries("packages")

_MOST_ECOSYSTEMS = 1_000
"""Remembered as found: some hundred releases are in use, and a hostile bill can name any number of others."""


@dataclass(frozen=True, slots=True)
class SavedPackages:
    """Ids of the packages asked for, and which of them were new."""

    ids: dict[Package, int]
    new_ids: tuple[int, ...]


def package_digest(package: Package) -> bytes:
    """Return the identity of a package as 32 bytes. NUL joins the fields, which hold none (PostgreSQL text)."""
    return hashlib.sha256("\0".join(package.identity).encode("utf-8", "surrogatepass")).digest()


def save_packages(connection: psycopg.Connection, packages: Iterable[Package], now: datetime) -> SavedPackages:
    """Store the packages that are not known yet. The caller holds their ecosystems' locks (`locks.share_ecosystems`).

    Rows are inserted in the order of their digest, so that two transactions with the same packages never deadlock.
    """
    by_digest = {package_digest(package): package for package in packages}
    digests = sorted(by_digest)
    known: dict[bytes, int] = dict(connection.execute(_SQL["known_packages"], {"digests": digests}).fetchall())
    missing = [digest for digest in digests if digest not in known]
    if missing:
        connection.execute(_SQL["insert_packages"], _columns(missing, by_digest, now))
        note_found(connection, {by_digest[digest].ecosystem for digest in missing}, now)
        known |= dict(connection.execute(_SQL["known_packages"], {"digests": missing}).fetchall())
    new_ids = tuple(sorted(known[digest] for digest in missing))
    return SavedPackages({by_digest[digest]: known[digest] for digest in digests}, new_ids)


def note_found(connection: psycopg.Connection, ecosystems: Iterable[str], now: datetime) -> None:
    """Remember that packages of these ecosystems were found: their feeds are wanted (`load_found`)."""
    wanted = sorted({storable(ecosystem) for ecosystem in ecosystems})
    connection.execute(_SQL["note_found"], {"ecosystems": wanted, "now": now, "most": _MOST_ECOSYSTEMS})


def load_found(connection: psycopg.Connection) -> tuple[str, ...]:
    """Return the ecosystems of which packages were found, releases included."""
    return tuple(row[0] for row in connection.execute(_SQL["found"]))


def _columns(digests: Sequence[bytes], by_digest: dict[bytes, Package], now: datetime) -> dict[str, object]:
    keyed = [key_package(by_digest[digest]) for digest in digests]
    return {
        **key_columns(keyed),
        "digests": list(digests),
        "ecosystems": [one.package.ecosystem for one in keyed],
        "names": [one.package.name for one in keyed],
        "versions": [one.package.version for one in keyed],
        "arches": [one.package.arch for one in keyed],
        "source_names": [one.package.source_name for one in keyed],
        "source_versions": [one.package.source_version for one in keyed],
        "modules": [one.package.module for one in keyed],
        "vendors": [one.package.vendor for one in keyed],
        "now": now,
    }


def key_columns(keyed: Sequence[KeyedPackage]) -> dict[str, object]:
    """Return what packages are matched by, as columns of arrays."""
    return {
        "match_names": [one.match_name for one in keyed],
        "match_versions": [one.match_version for one in keyed],
        "schemes": [one.scheme for one in keyed],
        "scheme_numbers": [one.scheme_number for one in keyed],
        "keys": [one.key for one in keyed],
        "not_comparable": [str(one.not_comparable) for one in keyed],
    }


def save_set(connection: psycopg.Connection, package_set: PackageSet, ids: dict[Package, int]) -> int:
    """Store a package set unless it is known; return its id."""
    digest = bytes.fromhex(package_set.digest.removeprefix("sha256:"))
    values = {"digest": digest, "source": package_set.source}
    inserted = connection.execute(_SQL["insert_set"], values).fetchone()
    if inserted is None:
        known = connection.execute(_SQL["known_set"], values).fetchone()
        assert known is not None  # the insert conflicted, so it is there
        return int(known[0])
    members = sorted({ids[package] for package in package_set.packages})
    connection.execute(_SQL["insert_set_packages"], {"set": inserted[0], "packages": members})
    families = sorted({family_of(package.ecosystem) for package in package_set.packages})
    connection.execute(_SQL["insert_set_families"], {"set": inserted[0], "families": families})
    return int(inserted[0])
