"""The state of an installation in terms that two runs of one history share: no ids, and recorded moments as days.

What happened has its exact time. What was recorded has the time of its recording, which no two runs share: so exposures
and monitoring are looked at as of the end of each day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from tests.kill.history import Day

Rows = list[tuple[object, ...]]

_PLACE = "repository.name, image.digest"
_IMAGES = "image JOIN repository ON repository.id = image.repository_id"

_NOW = {
    "events": "SELECT origin, external_id, kind, repository, digest, tag, media_type, occurred_at, actor, user_agent,"
    " own FROM registry_event",
    "images": f"SELECT {_PLACE}, media_type, os, architecture, state, status_reason, problem,"
    f" encode(inventory.digest, 'hex') FROM {_IMAGES} JOIN layer_chain ON layer_chain.id = chain_id"
    " LEFT JOIN inventory ON inventory.id = layer_chain.inventory_id",
    "clocks": f"SELECT {_PLACE}, pushed_at, pulled_at, in_use_at, pulled_by, watched_until, held_by, watched"
    f" FROM clocks JOIN {_IMAGES} ON image.id = clocks.image_id",
    "indexes": "SELECT repository.name, image_index.digest, deleted_at, image.digest"
    " FROM image_index JOIN repository ON repository.id = repository_id JOIN index_image ON index_id = image_index.id"
    " JOIN image ON image.id = image_id",
    "tags": "SELECT repository.name, tag.name, digest, set_at FROM tag"
    " JOIN repository ON repository.id = repository_id",
    "windows": "SELECT push_window, activity_window, activity_mode FROM rescan_setting WHERE status = 'SUCCESS'"
    " ORDER BY id DESC LIMIT 1",
    "feeds": "SELECT source, ecosystem, name, modified_at, withdraws_at FROM feed_record",
    "failed jobs": "SELECT task_name, args::text FROM procrastinate_jobs WHERE status = 'failed'",
    "findings": f"SELECT {_PLACE}, package.name, package.version, vulnerability.name, severity, fixed_version, advisory"
    f" FROM finding_span JOIN {_IMAGES} ON image.id = image_id JOIN package ON package.id = finding_span.package_id"
    " JOIN vulnerability ON vulnerability.id = finding_span.vulnerability_id"
    " JOIN exposure ON exposure.id = exposure_id"
    " WHERE finding_span.from_at <= %(at)s AND finding_span.to_at > %(at)s",
}

# As of the end of each day.
_DAILY = {
    "exposed": "SELECT package.ecosystem, package.name, package.version, known.name, verdict, fix_state,"
    " fixed_version, severity FROM exposure JOIN package ON package.id = package_id"
    " JOIN vulnerability ON vulnerability.id = vulnerability_id"
    " JOIN vulnerability AS known ON known.id = coalesce(vulnerability.redirected_to, vulnerability.id)"
    " WHERE from_at <= %(at)s AND to_at > %(at)s",
    "watched": f"SELECT {_PLACE}, encode(inventory.digest, 'hex') FROM monitoring"
    f" JOIN {_IMAGES} ON image.id = image_id LEFT JOIN inventory ON inventory.id = inventory_id"
    " WHERE from_at <= %(at)s AND to_at > %(at)s",
    "ended": f"SELECT {_PLACE}, last.end_reason FROM {_IMAGES}"
    " JOIN LATERAL (SELECT end_reason, to_at FROM monitoring WHERE image_id = image.id AND from_at <= %(at)s"
    " ORDER BY from_at DESC, id DESC LIMIT 1) AS last ON last.to_at <= %(at)s",
}


def load_state(connection: psycopg.Connection, days: Sequence[Day]) -> Mapping[str, Rows]:
    """Return everything that must agree, by name."""
    end = {"at": days[-1].ends_at}
    state = {name: _rows(connection, query, end) for name, query in _NOW.items()}
    for number, day in enumerate(days, 1):
        for name, query in _DAILY.items():
            state[f"{name} on day {number}"] = _rows(connection, query, {"at": day.ends_at})
    return state


def _rows(connection: psycopg.Connection, query: str, values: Mapping[str, object]) -> Rows:
    return sorted(connection.execute(query.encode(), values).fetchall(), key=repr)


def compare(undisturbed: Mapping[str, Rows], killed: Mapping[str, Rows]) -> list[str]:
    """Say what only one of two runs has; nothing when they agree."""
    said = []
    for name in undisturbed:
        one, other = undisturbed[name], killed[name]
        said += [f"{name}: lost {row}" for row in one if one.count(row) > other.count(row)]
        said += [f"{name}: too many {row}" for row in other if other.count(row) > one.count(row)]
    return said
