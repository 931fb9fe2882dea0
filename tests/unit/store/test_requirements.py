"""A server that somebody else runs: what it must be, what is said when it is not, and who migrates when many start."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dogwatch.model.errors import DogwatchError, StoreUnavailableError
from dogwatch.store.connection import Database
from dogwatch.store.migrations import is_current, migrate

_NUMBERS = itertools.count(1)


def _refusal(address: str) -> DogwatchError:
    with pytest.raises(DogwatchError) as refused:
        migrate(address)
    return refused.value


def test_many_that_start_at_once_migrate_once(empty_database: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(migrate, [empty_database] * 8))
    with psycopg.connect(empty_database) as connection:
        assert is_current(connection)
        numbers = connection.execute("SELECT number FROM schema_migration ORDER BY number").fetchall()
    assert numbers == [(number,) for number in range(1, len(numbers) + 1)]


def test_a_server_that_is_too_old_is_refused(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dogwatch.store.requirements.MINIMUM_MAJOR", 99)
    assert _refusal(empty_database).message == (
        "DOGWATCH_DATABASE_URL: the server is PostgreSQL 18; 99 or newer is needed"
    )


def test_a_database_in_another_encoding_is_refused(postgres_server: str) -> None:
    name = f"latin_{next(_NUMBERS)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'".encode())
    assert _refusal(make_conninfo(postgres_server, dbname=name)).message == (
        "DOGWATCH_DATABASE_URL: the database's encoding is LATIN1; make one with ENCODING 'UTF8'"
    )


def test_what_can_only_be_read_is_waited_for(database: str) -> None:
    refused = _refusal(make_conninfo(database, options="-c default_transaction_read_only=on"))
    assert refused.message == "database unavailable: default_transaction_read_only is on for this role or database"
    opened = Database(database)
    opened.open()
    with pytest.raises(StoreUnavailableError):
        _delete_as_reader(opened)
    opened.close()


def _delete_as_reader(opened: Database) -> None:
    with opened.transaction() as connection:
        connection.execute("SET TRANSACTION READ ONLY")
        connection.execute("DELETE FROM notice")


def test_a_server_that_is_not_there_says_so_itself(database: str) -> None:
    absent = make_conninfo(database, dbname="nowhere")
    assert 'database "nowhere" does not exist' in _refusal(absent).message


def test_no_free_connection_is_told_with_the_servers_reason(
    postgres_server: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Database(database, max_connections=1)
    opened.open()
    with opened.transaction():
        monkeypatch.setattr("dogwatch.store.connection._POOL_WAIT_SECONDS", 0.5)
        with pytest.raises(StoreUnavailableError) as busy, opened.transaction():
            pass
    assert busy.value.message == "database unavailable: all 1 connections of this process were busy for 0.5 s"
    opened.close()
    name = conninfo_to_dict(database)["dbname"]
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
    again = Database(database)
    again.open()
    with pytest.raises(StoreUnavailableError) as closed, again.transaction():
        pass
    assert f'database "{name}" is not currently accepting connections' in closed.value.message
    again.close()
