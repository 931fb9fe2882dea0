"""PostgreSQL as its operators give it to us: an ordinary role, a password in a file, few connections, a standby."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dogwatch.model.errors import ConfigError
from dogwatch.store.connection import Database
from dogwatch.store.migrations import migrate
from tests.flow.world import EXPECTED, small_world, vulnerable_image
from tests.hosts.networks import Host, Network, requires_namespaces, standing_on
from tests.hosts.postgresql import PASSWORD, ROLE, PostgresServer, running_standby, write_password_file
from tests.hosts.services import Installation

pytestmark = [requires_namespaces()]
_NUMBERS = itertools.count(1)


@pytest.fixture
def foreign(postgres: PostgresServer) -> Iterator[str]:
    """The address of a database that belongs to somebody else, with the ordinary role's password."""
    name = f"foreign_{next(_NUMBERS)}"
    postgres.execute(f"CREATE DATABASE {name}")
    with standing_on(postgres.host):
        yield make_conninfo(postgres.address(name), password=PASSWORD)


@pytest.fixture
def host(hosts: Network) -> Host:
    """Another machine."""
    return hosts.add_host()


def _installation(folder: Path, address: str, **variables: str) -> Installation:
    given = {"DOGWATCH_DATABASE_URL": address, "PGPASSFILE": str(write_password_file(folder / "pgpass"))}
    return Installation(folder, given | variables)


def _grant(postgres: PostgresServer, address: str, right: str) -> None:
    postgres.execute(f"GRANT {right} TO {ROLE}", str(conninfo_to_dict(address)["dbname"]))


def test_a_role_that_may_create_in_its_schema_can_do_everything(
    postgres: PostgresServer, foreign: str, tmp_path: Path
) -> None:
    _grant(postgres, foreign, "CREATE ON SCHEMA public")
    with small_world(foreign, tmp_path) as world:
        world.push("team/app", vulnerable_image())
        world.app.run_until_idle()
        assert world.findings() == EXPECTED


def test_a_role_that_may_not_create_is_told_so(foreign: str) -> None:
    with pytest.raises(ConfigError) as refused:
        migrate(foreign)
    assert refused.value.message == (
        "DOGWATCH_DATABASE_URL: the role may not do its work: permission denied for schema public"
    )


def test_where_the_schema_is_current_nothing_has_to_be_created(postgres: PostgresServer, foreign: str) -> None:
    migrate(make_conninfo(foreign, user="postgres", password="s3cret"))
    _grant(postgres, foreign, "SELECT ON schema_migration")
    migrate(foreign)
    opened = Database(foreign)
    opened.open()
    with pytest.raises(ConfigError) as refused, opened.transaction() as connection:
        connection.execute("SELECT FROM image")
    opened.close()
    assert refused.value.message.endswith("permission denied for table image")


def test_a_password_stands_in_a_file_and_encryption_is_asked_for(
    postgres: PostgresServer, host: Host, tmp_path: Path
) -> None:
    address = postgres.create_database("passwords")
    asked = _installation(tmp_path, address).run(host, "images")
    assert (asked.returncode, asked.stdout) == (0, "")

    encrypted = _installation(tmp_path, f"{address}?sslmode=require").run(host, "images")
    assert encrypted.returncode == 5
    assert "server does not support SSL, but SSL was required" in encrypted.stderr

    nameless = _installation(tmp_path, address).run(host, "images", PGPASSFILE="/nonexistent")
    assert nameless.returncode == 5
    assert "no password supplied" in nameless.stderr


def test_a_server_without_a_free_connection_says_so_and_is_asked_again(
    postgres: PostgresServer, host: Host, tmp_path: Path
) -> None:
    address = postgres.create_database("crowded")
    installation = _installation(tmp_path, address)
    assert installation.run(host, "images").returncode == 0
    with ExitStack() as taken:
        postgres.execute("ALTER DATABASE crowded CONNECTION LIMIT 2")
        with standing_on(host):
            for _ in range(2):
                taken.enter_context(psycopg.connect(address, password=PASSWORD))
        refused = installation.run(host, "images")
        assert refused.returncode == 5
        assert 'too many connections for database "crowded"' in refused.stderr
    assert installation.run(host, "images").returncode == 0


def test_a_standby_is_refused_and_the_primary_is_found_beside_it(
    postgres: PostgresServer, host: Host, open_folder: Path, tmp_path: Path
) -> None:
    address = postgres.create_database("followed")
    with running_standby(postgres, host, open_folder) as standby:
        refused = _installation(tmp_path, standby.address("followed")).run(host, "images")
        assert refused.returncode == 5
        assert "the server is a standby, which can only be read" in refused.stderr

        both = address.replace("@", f"@{host.address},") + "?target_session_attrs=read-write"
        assert _installation(tmp_path, both).run(host, "images").returncode == 0
