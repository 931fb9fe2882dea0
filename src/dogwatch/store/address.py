"""The address of a database, completed: how long silence is borne on both sides, and what every session is told.

A network that only loses packets says nothing: without limits a connection waits a quarter of an hour, and the server
keeps the locks of a host that is gone for two. `app` completes the address once, for every room that connects.
"""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dogwatch.model.errors import ConfigError

CONNECT_SECONDS = 10
"""How long one host may take to answer a new connection: a busy server needs one, a firewall that drops never will."""

SILENCE_SECONDS = 12
"""How long sent bytes may stay unconfirmed, by either side, before a connection is given up: several lost packets and
their repetitions. As long as a worker may be silent, so that the locks of a lost host go when its jobs do."""

_IDLE_SECONDS, _PROBE_SECONDS, _PROBES = 5, 2, 3  # where nothing is sent, a lost host is found in about the same time

_CLIENT: dict[str, str | int] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": _IDLE_SECONDS,
    "keepalives_interval": _PROBE_SECONDS,
    "keepalives_count": _PROBES,
    "tcp_user_timeout": SILENCE_SECONDS * 1000,
}
_SESSION = (
    "-c TimeZone=UTC -c jit=off"  # jit: our queries are short, and compiling them takes longer than running them
    f" -c tcp_keepalives_idle={_IDLE_SECONDS} -c tcp_keepalives_interval={_PROBE_SECONDS}"
    f" -c tcp_keepalives_count={_PROBES} -c tcp_user_timeout={SILENCE_SECONDS * 1000}"
)


def complete_address(address: str) -> str:
    """Return an address with everything that it leaves open; what it says itself stays. Completing twice is once.

    Raises:
        ConfigError: it is no address of a database; the message does not repeat it, as it may hold a password.

    Source:
        PostgreSQL 18 documentation, "Parameter Key Words" of libpq, and "TCP Settings" of the server.
    """
    try:
        given = conninfo_to_dict(address)
        missing = {name: value for name, value in _CLIENT.items() if name not in given}
        return make_conninfo(address, **missing, options=_session(str(given.get("options", ""))))
    except psycopg.ProgrammingError as error:
        reason = str(error).strip().replace(address, "…")
        raise ConfigError("DOGWATCH_DATABASE_URL", f"not an address of a database: {reason}") from error


def _session(options: str) -> str:
    """Put ours before the user's: of two that name the same thing, the later counts."""
    return options if options.startswith(_SESSION) else f"{_SESSION} {options}".rstrip()
