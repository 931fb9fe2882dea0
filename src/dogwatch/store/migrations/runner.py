"""Applies the numbered SQL files, and procrastinate's schema beside ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

import psycopg
from psycopg.rows import scalar_row

from dogwatch.model.errors import ConfigError, StoreUnavailableError
from dogwatch.store.requirements import lacking_right, refuse_unusable_server

_LOCK = 0x646F_6777_0000_0001
"""Key of the advisory lock that lets one process migrate at a time ("dogw", 1)."""

_FILE = re.compile(r"(\d{4})_\w+\.sql")

_JOURNAL = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number      int PRIMARY KEY,
    name        text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step; `text` is SQL, trusted because it ships with the program."""

    number: int
    name: str
    text: str


def known_migrations() -> tuple[Migration, ...]:
    """Return the steps this program knows, oldest first; numbers are 1, 2, 3 … without holes."""
    folder = resources.files("dogwatch.store.migrations") / "sql"
    steps = [
        Migration(int(match[1]), entry.name, entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if (match := _FILE.fullmatch(entry.name))
    ]
    return tuple(sorted(steps, key=lambda step: step.number))


def migrate(dsn: str) -> None:
    """Bring the database to this program's schema; does nothing where it is current.

    Several processes may do so at once: each step waits for the one that is under way. The lock is a transaction's,
    because a pooler between us and the server may give every transaction to another session.

    Raises:
        StoreUnavailableError: the database cannot be reached, or a step failed (nothing of that step remains).
        ConfigError: the server, the role's rights or the database's schema are not what this program needs.
    """
    try:
        connection = psycopg.connect(dsn, autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        raise StoreUnavailableError(str(error).strip()) from error
    try:
        with connection:
            refuse_unusable_server(connection)
            if not is_current(connection):
                while _apply_next(connection):
                    pass
    except psycopg.errors.InsufficientPrivilege as error:
        raise lacking_right(error) from error
    except psycopg.Error as error:
        raise StoreUnavailableError(f"migration: {error}") from error


def is_current(connection: psycopg.Connection) -> bool:
    """Say whether the database's schema is exactly this program's."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        if cursor.execute("SELECT to_regclass('schema_migration') IS NULL").fetchone():
            return False
        newest = cursor.execute("SELECT coalesce(max(number), 0) FROM schema_migration").fetchone()
    return bool(newest == known_migrations()[-1].number)


def _apply_next(connection: psycopg.Connection) -> bool:
    """Apply the oldest step that is missing, whoever applied those before; returns whether there was one."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(_JOURNAL)
        pending = _pending(connection)
        if pending:
            _apply(connection, pending[0])
    return bool(pending)


def _pending(connection: psycopg.Connection) -> list[Migration]:
    with connection.cursor(row_factory=scalar_row) as cursor:
        newest: int = cursor.execute("SELECT coalesce(max(number), 0) FROM schema_migration").fetchone() or 0
    steps = known_migrations()
    if newest > steps[-1].number:
        raise ConfigError(
            "database", f"its schema ({newest}) is newer than this program's ({steps[-1].number}); upgrade the program"
        )
    return [step for step in steps if step.number > newest]


def _apply(connection: psycopg.Connection, step: Migration) -> None:
    if step.number == 1:
        from procrastinate.schema import SchemaManager  # the whole engine, for an empty database only

        connection.execute(SchemaManager.get_schema().encode())  # the job engine's own tables, beside ours
    connection.execute(step.text.encode())
    connection.execute("INSERT INTO schema_migration (number, name) VALUES (%s, %s)", (step.number, step.name))
