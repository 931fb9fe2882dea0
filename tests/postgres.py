"""A real PostgreSQL for the tests: one embedded server per test session, a fresh database per test.

`database` has all migrations applied: it is a copy of a template that is built once per session. `opened` is it as
the store uses it. For an empty one use `empty_database`. Both are made by copying files: in memory within 20 ms, on
an ordinary disk within 300 ms.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from dogwatch.store import migrations
from dogwatch.store.connection import Database
from dogwatch.store.embedded import EmbeddedServer
from tests.folders import fast_root

# Nothing of a test outlives it, so nothing needs to reach the disk. A database lives for seconds, so nothing needs
# vacuuming either, and DROP DATABASE WITH (FORCE) is refused while an autovacuum worker is inside.
_SETTINGS = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\nautovacuum = off\n"
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Yield the address of a running server, as a role that may create databases."""
    folder = Path(tempfile.mkdtemp(prefix="dogwatch-tests-", dir=fast_root()))
    folder.chmod(0o711)
    try:
        (folder / "data").mkdir(mode=0o711)
        server = EmbeddedServer(folder / "data")
        with server.session():
            (folder / "data" / "postgres" / "settings.conf").write_text(_SETTINGS, encoding="utf-8")
        with server.session() as address:
            yield address
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template_database(postgres_server: str) -> str:
    """Return the name of a database with all migrations applied, for others to be copied from."""
    name = "migrated"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrations.migrate(make_conninfo(postgres_server, dbname=name))
    return name


@pytest.fixture
def database(postgres_server: str, template_database: str) -> Iterator[str]:
    """Yield the address of a fresh database with all tables and no rows."""
    with _fresh_database(postgres_server, template_database) as address:
        yield address


@pytest.fixture(scope="module")
def shared_database(postgres_server: str, template_database: str) -> Iterator[str]:
    """Yield the address of such a database that all tests and examples of a file share."""
    with _fresh_database(postgres_server, template_database) as address:
        yield address


@pytest.fixture
def opened(database: str) -> Iterator[Database]:
    """Yield the same as the store uses it."""
    opened = Database(database)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def empty_database(postgres_server: str) -> Iterator[str]:
    """Yield the address of a fresh database without any tables."""
    with _fresh_database(postgres_server, "template1") as address:
        yield address


@contextmanager
def _fresh_database(server: str, template: str) -> Iterator[str]:
    name = sql.Identifier(text := f"test_{next(_NUMBERS)}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(name, sql.Identifier(template))
        )
    try:
        yield make_conninfo(server, dbname=text)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
