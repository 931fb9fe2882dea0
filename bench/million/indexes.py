"""Loading fast: indexes and foreign keys go while rows come, and are made again over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

_FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace ORDER BY 1, 2
"""
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
FROM pg_index
JOIN pg_class ON pg_class.oid = indexrelid AND relnamespace = 'public'::regnamespace
WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1
"""


@contextmanager
def loading(connection: psycopg.Connection, tables: list[str]) -> Iterator[None]:
    """Drop foreign keys, and the indexes of these tables that no constraint needs; make them again after the block."""
    keys = connection.execute(_FOREIGN_KEYS).fetchall()
    indexes = connection.execute(_INDEXES, (tables,)).fetchall()
    for table, name, _ in keys:
        _execute(connection, f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        _execute(connection, f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        _execute(connection, definition)
    for table, name, definition in keys:
        _execute(connection, f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def _execute(connection: psycopg.Connection, statement: str) -> None:
    connection.execute(sql.SQL(statement))  # from the catalogue of our own tables
