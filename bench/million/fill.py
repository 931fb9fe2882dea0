"""Fills a migrated, empty database with a world of a given shape: statements over whole tables, one after the other."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
from psycopg import ClientCursor, sql

from bench.million.contents import write_documents, write_provenance, write_versions
from bench.million.indexes import loading
from bench.million.shape import Shape
from dogwatch.inventory.catalogue import FINGERPRINT

_SQL = Path(__file__).parent / "sql"
_LOADED = [
    "image",
    "clocks",
    "monitoring",
    "tag",
    "layer_chain",
    "package",
    "set_package",
    "inventory_set",
    "exposure",
    "set_exposure",
]
_MEMORY = "SET temp_buffers = '256MB'; SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'"
_NUMBERED = ("package", "package_set", "inventory", "layer_chain", "image", "repository", "vulnerability", "advisory")
"""Tables whose ids are given here; what comes later goes on behind them."""


def fill(address: str, shape: Shape) -> None:
    """Fill a database that has all tables and no rows, then VACUUM ANALYZE it.

    Deterministic: the same shape gives the same rows, moved in time with `shape.now`.
    """
    # Statements without parameters of the server's: a file holds many of them.
    with psycopg.connect(address, cursor_factory=ClientCursor) as connection:
        connection.execute(_MEMORY)
        with loading(connection, _LOADED):
            _step("versions", lambda: write_versions(connection))
            for name in ("1_packages", "2_vulnerabilities", "3_images"):
                _step(name, partial(_run, connection, name, shape))
            _step("documents", lambda: write_documents(connection))
            _step("provenance", lambda: write_provenance(connection))
            connection.execute(
                "UPDATE layer_chain SET provenance = made.provenance FROM made_provenance AS made"
                " WHERE made.id = layer_chain.id"
            )
            for table in _NUMBERED:
                connection.execute(
                    sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), max(id)) FROM {}").format(
                        sql.Literal(table), sql.Identifier(table)
                    )
                )
            connection.commit()
            begun = time.monotonic()
        _say("indexes", begun)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        _step("vacuum", lambda: connection.execute("VACUUM (FULL, ANALYZE) layer_chain"))
        _step("vacuum", lambda: connection.execute("VACUUM (FREEZE, ANALYZE)"))


def _run(connection: psycopg.Connection, name: str, shape: Shape) -> None:
    text = (_SQL / f"{name}.sql").read_bytes()
    connection.execute(text, {**shape.values, "fingerprint": FINGERPRINT})


def _step(name: str, action: Callable[[], object]) -> None:
    begun = time.monotonic()
    action()
    _say(name, begun)


def _say(name: str, begun: float) -> None:
    print(f"bench: {name}: {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
