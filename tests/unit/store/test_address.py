"""An address of a database gets what it leaves open: limits of silence on both sides; what it says itself stays."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from dogwatch.model.errors import ConfigError
from dogwatch.store.address import complete_address
from dogwatch.store.connection import Database

_LIMITS = {
    "connect_timeout": "10",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "12000",
}


@pytest.mark.parametrize(
    "address", ["postgresql://dogwatch@db.example:5433/watch?sslmode=verify-full", "host=db.example user=dogwatch"]
)
def test_an_address_in_either_form_gets_limits_of_silence(address: str) -> None:
    completed = conninfo_to_dict(complete_address(address))
    assert {name: str(completed[name]) for name in _LIMITS} == _LIMITS
    assert {name: completed[name] for name in conninfo_to_dict(address)} == conninfo_to_dict(address)


def test_what_an_address_says_stays_and_completing_twice_is_once() -> None:
    once = complete_address("postgresql://db.example/watch?connect_timeout=3&options=-c%20search_path%3Dwatch")
    parts = conninfo_to_dict(once)
    assert parts["connect_timeout"] == "3"
    assert str(parts["options"]).endswith(" -c search_path=watch")
    assert complete_address(once) == once


def test_a_session_has_our_settings_and_those_of_the_address(database: str) -> None:
    address = f"{database} options='-c statement_timeout=4321 -c jit=on'"
    opened = Database(address)
    opened.open()
    with opened.transaction() as connection:
        names = ("TimeZone", "jit", "statement_timeout")
        shown = [connection.execute("SELECT current_setting(%s)", (name,)).fetchone() for name in names]
    opened.close()
    assert shown == [("UTC",), ("on",), ("4321ms",)]


def test_the_server_drops_who_is_silent_over_tcp(database: str) -> None:
    names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
    with psycopg.connect(complete_address(database)) as connection:
        rows = connection.execute(
            "SELECT name, reset_val FROM pg_settings WHERE name = ANY(%s) ORDER BY name", (list(names),)
        ).fetchall()
    assert [name for name, _ in rows] == sorted(names)


@pytest.mark.parametrize("address", ["postgresql://u:s3cret@[::1/x", "postgresql://u:s3cret@h:1/x?sslmood=no"])
def test_what_is_no_address_is_refused_without_repeating_its_password(address: str) -> None:
    with pytest.raises(ConfigError) as refused:
        complete_address(address)
    assert "s3cret" not in refused.value.message
