"""The audit of repositories: the windows and the scan frequency that each carries follow from scopes and rules."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from dogwatch.model.audits import AuditedRow, Difference
from dogwatch.store.queries import load_queries
from dogwatch.store.scanning import find_moved, load_in_force
from dogwatch.store.scopes import find_misplaced

_SQL = load_queries("audit")


def audit_repositories(connection: psycopg.Connection) -> Iterable[Difference]:
    """Place every repository anew: which changes its windows come from, and which rule says how often it is scanned."""
    for (account_id,) in connection.execute(_SQL["accounts"]).fetchall():
        for one in find_misplaced(connection, account_id):
            yield Difference(AuditedRow.REPOSITORY, one.place, "", _changes(one.stored), _changes(one.expected))
        for moved in find_moved(connection, account_id, load_in_force(connection, account_id)):
            yield Difference(AuditedRow.REPOSITORY, moved.name, "", str(moved.former), str(moved.to))


def _changes(sources: tuple[int | None, int | None, int | None]) -> str:
    return "windows of " + ", ".join("the account" if one is None else f"change {one}" for one in sources)
