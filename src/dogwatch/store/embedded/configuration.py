"""PostgreSQL's settings, each with its reason; who may log in.

The files are written anew at every start. An operator's own settings go into `settings.conf` in the private folder,
which is read last. Called by `cluster`.

Units:
    PostgreSQL's own: B, kB, MB, ms, s, min, as written.

Source:
    PostgreSQL 18 documentation, chapters Server Configuration, and Client Authentication (sections on the pg_hba.conf
    file, user name maps and peer authentication).
"""

from __future__ import annotations

from dataclasses import dataclass

from dogwatch.store.embedded.names import PORT, ROLE_NAME

OPERATOR_SETTINGS = "settings.conf"
OPERATOR_SETTINGS_TEXT = (
    "# Your own settings for the embedded PostgreSQL; they win over Dogwatch's. Read at every start.\n"
)


@dataclass(frozen=True)
class Setting:
    """One line of postgresql.conf."""

    name: str
    value: str
    reason: str


SETTINGS = (
    Setting("listen_addresses", "", "no TCP at all: whoever may open the socket's folder may connect"),
    Setting("port", str(PORT), "names the socket file; a PGPORT in somebody's environment must not"),
    Setting("unix_socket_permissions", "0600", "the folder is private already; this holds where it is opened by hand"),
    Setting("max_connections", "100", "the most that a service and two workers open; each slot costs memory"),
    Setting("shared_buffers", "128MB", "the share of a small machine; the kernel's cache holds the rest"),
    Setting("effective_cache_size", "1GB", "what a small machine's kernel caches; makes the planner trust indexes"),
    Setting("work_mem", "8MB", "per sort or hash; 100 connections must not exhaust a small machine"),
    Setting("maintenance_work_mem", "128MB", "index builds after a feed import, one at a time"),
    Setting("max_worker_processes", "4", "two cores"),
    Setting("max_parallel_workers", "2", "two cores"),
    Setting("max_parallel_workers_per_gather", "1", "a second core helps a big join; more would starve the service"),
    Setting("jit", "off", "compiling costs more than our queries of milliseconds take"),
    Setting("random_page_cost", "1.1", "flash disks and a warm cache; the default describes a spinning disk"),
    Setting("wal_compression", "off", "pglz, all there is in the programs, made a sweep take five times the processor"),
    Setting("max_wal_size", "1GB", "fewer checkpoints during a feed import; bounds the disk it takes"),
    Setting("min_wal_size", "80MB", "a quiet installation stays small"),
    Setting("wal_level", "minimal", "no replicas here: bulk loads into new tables need not be logged twice"),
    Setting("max_wal_senders", "0", "required by wal_level minimal"),
    Setting("checkpoint_timeout", "15min", "the log is replayed at a rate that makes 15 minutes a matter of seconds"),
    Setting("synchronous_commit", "on", "an event that was answered with 2xx must survive a power cut"),
    Setting("fsync", "on", "as above"),
    Setting("full_page_writes", "on", "as above"),
    Setting("restart_after_crash", "on", "one killed backend must not end the server"),
    Setting("timezone", "UTC", "times are UTC everywhere"),
    Setting("log_timezone", "UTC", "times are UTC everywhere"),
    Setting("datestyle", "ISO, YMD", "dates are read one way only"),
    Setting("lc_messages", "C", "the log reads alike on every machine"),
    Setting("default_text_search_config", "pg_catalog.simple", "package names are not English words"),
    Setting("logging_collector", "off", "standard error goes to one file, which the guardian keeps short"),
    Setting("log_line_prefix", "%m [%p] %q%a ", "time, process and application; there is one user only"),
    Setting("log_min_duration_statement", "10s", "what a user would call hanging"),
    Setting("log_min_error_statement", "panic", "statements may hold credentials; their errors reach the caller"),
    Setting("log_parameter_max_length", "0", "as above, for slow statements"),
    Setting("log_error_verbosity", "terse", "as above: details quote values of rows"),
    Setting("log_checkpoints", "off", "routine"),
    Setting("log_lock_waits", "on", "waits of more than a second are worth a line"),
    Setting("idle_in_transaction_session_timeout", "10min", "a hung process must not hold back vacuum for ever"),
)


def render_settings(socket_folder: str) -> str:
    """Return postgresql.conf.

    Args:
        socket_folder: where the server listens; a plain path, see `sockets`.
    """
    lines = ["# Written by Dogwatch at every start; changes here are lost.", ""]
    lines += [f"{one.name} = '{one.value}'  # {one.reason}" for one in SETTINGS]
    lines += [
        f"unix_socket_directories = '{socket_folder}'",
        "",
        f"include = '../{OPERATOR_SETTINGS}'  # the operator's own",
        "",
    ]
    return "\n".join(lines)


def render_host_based_access() -> str:
    """Return pg_hba.conf: the socket only, and only users that the map names."""
    return "# Written by Dogwatch at every start.\nlocal all all peer map=dogwatch\n"


def render_user_map(server_user: str) -> str:
    """Return pg_ident.conf: root and the server user are the role, nobody else is anybody.

    Args:
        server_user: name of the user who owns the private folder.
    """
    lines = ["# Written by Dogwatch at every start.", f"dogwatch root {ROLE_NAME}"]
    if server_user != "root":
        quoted = server_user.replace('"', '""')
        lines.append(f'dogwatch "{quoted}" {ROLE_NAME}')
    return "\n".join(lines) + "\n"
