"""What Dogwatch needs of a PostgreSQL server that somebody else runs; looked at once, before migrations."""

from __future__ import annotations

import psycopg

from dogwatch.model.errors import ConfigError, StoreUnavailableError

MINIMUM_MAJOR = 15
"""The oldest version that all tests of the store were run on; nothing older was tried."""

_SETTING = "DOGWATCH_DATABASE_URL"


def refuse_unusable_server(connection: psycopg.Connection) -> None:
    """Look at a server and its database.

    Raises:
        ConfigError: too old, or a database in another encoding.
        StoreUnavailableError: it can only be read now; a standby may be promoted.
    """
    major = connection.info.server_version // 10000
    if major < MINIMUM_MAJOR:
        raise ConfigError(_SETTING, f"the server is PostgreSQL {major}; {MINIMUM_MAJOR} or newer is needed")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ConfigError(_SETTING, f"the database's encoding is {encoding}; make one with ENCODING 'UTF8'")
    row = connection.execute(
        "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on'"
    ).fetchone()
    assert row is not None  # a SELECT without FROM has one row
    in_recovery, only_read = row
    if in_recovery:
        raise StoreUnavailableError(
            "the server is a standby, which can only be read; name the primary,"
            " or several hosts with target_session_attrs=read-write"
        )
    if only_read:
        raise StoreUnavailableError("default_transaction_read_only is on for this role or database")


def lacking_right(error: psycopg.errors.InsufficientPrivilege) -> ConfigError:
    """Say which right the role lacks, in the server's words."""
    said = error.diag.message_primary or str(error).strip()
    return ConfigError(_SETTING, f"the role may not do its work: {said}")
