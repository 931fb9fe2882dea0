"""Packages and package sets: each distinct one is stored once, with its keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
import psycopg
from psycopg.types.json import Jsonb

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
        rows = [_row(digest, key_package(by_digest[digest])) for digest in missing]
        incoming = Jsonb(rows, dumps=msgspec.json.encode)
        known |= connection.execute(_SQL["insert_packages"], {"packages": incoming, "now": now}).fetchall()
        note_found(connection, {by_digest[digest].ecosystem for digest in missing}, now)
        passed = [digest for digest in missing if digest not in known]
        known |= connection.execute(_SQL["known_packages"], {"digests": passed}).fetchall() if passed else ()
    new_ids = tuple(sorted(known[digest] for digest in missing))
    return SavedPackages({by_digest[digest]: known[digest] for digest in digests}, new_ids)


def note_found(connection: psycopg.Connection, ecosystems: Iterable[str], now: datetime) -> None:
    """Remember that packages of these ecosystems were found: their feeds are wanted (`load_found`)."""
    wanted = sorted({storable(ecosystem) for ecosystem in ecosystems})
    connection.execute(_SQL["note_found"], {"ecosystems": wanted, "now": now, "most": _MOST_ECOSYSTEMS})


def load_found(connection: psycopg.Connection) -> tuple[str, ...]:
    """Return the ecosystems of which packages were found, releases included."""
    return tuple(row[0] for row in connection.execute(_SQL["found"]))


def _row(digest: bytes, keyed: KeyedPackage) -> dict[str, object]:
    package = keyed.package
    return {
        "digest": digest,
        "ecosystem": package.ecosystem,
        "name": package.name,
        "version": package.version,
        "arch": package.arch,
        "source_name": package.source_name,
        "source_version": package.source_version,
        "module": package.module,
        "vendor": package.vendor,
        "match_name": keyed.match_name,
        "match_version": keyed.match_version,
        "scheme": keyed.scheme,
        "scheme_number": keyed.scheme_number,
        "key": keyed.key,
        "not_comparable": str(keyed.not_comparable),
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
