"""Advisory locks: what must not happen at the same moment in two transactions.

A package that arrives and a range that arrives at the same moment must not miss each other: new packages of an
ecosystem take its lock shared, publishing a revision takes it exclusively and gets its number under it. The lock
must be held *before* the statement that looks for the other side, in a transaction that sees what is committed (READ
COMMITTED). Order, so that nobody waits in a circle: publisher, then ecosystems by name, then vulnerabilities.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import psycopg

_CLASS = 0x646F6777
"""First half of our two-part lock keys ("dogw")."""

_PUBLISHER = 1
_VULNERABILITIES = 2
_FIRST_ECOSYSTEM = 16
_PREVIEWS = 0x646F676C << 32
"""First half of the one-part keys of repositories whose lifecycle policy is previewed ("dogl")."""


def _ecosystem_key(family: str) -> int:
    """Spread family names over the keys behind the named ones; two names on one key only wait for each other."""
    return _FIRST_ECOSYSTEM + zlib.crc32(family.encode()) % (2**31 - _FIRST_ECOSYSTEM)


def share_ecosystems(connection: psycopg.Connection, families: Iterable[str]) -> None:
    """Hold off publications of these ecosystems, and merges of vulnerabilities, until the transaction ends."""
    keys = [*sorted({_ecosystem_key(family) for family in families}), _VULNERABILITIES]
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s, key) FROM unnest(%s::int[]) AS key", (_CLASS, keys))


def become_publisher(connection: psycopg.Connection) -> None:
    """Wait until no other publication runs; revisions get their numbers under this lock."""
    connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_CLASS, _PUBLISHER))


def is_first_to_preview(connection: psycopg.Connection, repository_id: int) -> bool:
    """Hold off other previews of a repository until the transaction ends; False where one is being made already."""
    key = _PREVIEWS + repository_id % 2**31
    row = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (key,)).fetchone()
    return row == (True,)


def own_ecosystem(connection: psycopg.Connection, family: str) -> None:
    """Hold off new packages of this ecosystem until the transaction ends; then vulnerabilities may be merged too."""
    connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_CLASS, _ecosystem_key(family)))
    own_vulnerabilities(connection)


def own_vulnerabilities(connection: psycopg.Connection) -> None:
    """Hold off new packages of every ecosystem until the transaction ends: what is said of vulnerabilities changes."""
    connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_CLASS, _VULNERABILITIES))
