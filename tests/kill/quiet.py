"""Whether an installation has come to rest: everything that it was told is taken in, and no work is left."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

# Each must count nothing.
_UNREST = {
    "jobs": "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')",
    "unread notices": "SELECT count(*) FROM notice WHERE read_at IS NULL",
    "waiting events": "SELECT count(*) FROM waiting_event",
    "pending windows": "SELECT count(*) FROM rescan_setting WHERE status = 'PENDING'",
    "images to read": "SELECT count(*) FROM image JOIN clocks ON image_id = id WHERE watched AND state IN "
    "('pending', 'failed')",
    "manifests to resolve": "SELECT count(*) FROM unresolved_manifest",
    "late deadlines": "SELECT count(*) FROM clocks, product_clock WHERE watched AND watched_until < now() + shift",
}

# What waits for its turn gets it: a test does not sit out pauses of minutes.
_LET_TIME_COME = (
    "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'",
    "UPDATE index_failure SET tried_at = '2000-01-01Z'",
    "UPDATE unresolved_manifest SET tried_at = '2000-01-01Z'",
)


def find_unrest(connection: psycopg.Connection) -> Mapping[str, int]:
    """Return what is still going on, counted."""
    found = {}
    for name, query in _UNREST.items():
        row = connection.execute(query.encode()).fetchone()
        if row and row[0]:
            found[name] = int(row[0])
    return found


def let_time_come(connection: psycopg.Connection) -> None:
    """Make everything due that waits."""
    for statement in _LET_TIME_COME:
        connection.execute(statement.encode())


def listed_records(connection: psycopg.Connection, ecosystem: str) -> dict[str, str]:
    """Return what a feed listed when it was last published: id → modified, as the bucket writes it."""
    query = 'SELECT name, to_char(modified_at, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') FROM feed_record WHERE ecosystem = %s'
    return dict(connection.execute(query, [ecosystem]).fetchall())
