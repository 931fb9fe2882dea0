"""What a policy comes to for one repository: its images loaded, and the outcomes kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg

from dogwatch.model.lifecycle import (
    LifecycleAction,
    LifecycleOutcome,
    LifecyclePolicy,
    LifecycleVerdict,
    Proposal,
    StorageClass,
    StoredManifest,
)
from dogwatch.store.connection import copy_rows
from dogwatch.store.queries import load_queries
from dogwatch.store.scopes import load_repository_windows
from dogwatch.windows.lifecycle import evaluate, in_use_since, tell

_SQL = load_queries("lifecycle")

_OUTCOME_TYPES = (
    *("int8", "int4", "text", "text[]", "timestamptz", "text", "text", "int4", "text", "timestamptz", "text"),
)


class Kind(StrEnum):
    """Why a policy was evaluated."""

    DAILY = "daily"
    PREVIEW = "preview"


def evaluate_repository(
    connection: psycopg.Connection,
    repository_id: int,
    policy: LifecyclePolicy,
    now: datetime,
    *,
    spares_in_use: bool = True,
) -> tuple[LifecycleOutcome, ...]:
    """Return what a policy comes to for every image of a repository, oldest first."""
    since = None
    if spares_in_use:
        since = in_use_since(load_repository_windows(connection, [repository_id])[repository_id].activity_window, now)
    return evaluate(policy, _load_manifests(connection, repository_id), now, since)


def _load_manifests(connection: psycopg.Connection, repository_id: int) -> list[StoredManifest]:
    """Return the images, indexes and tagged artifacts of a repository."""
    rows = connection.execute(_SQL["manifests"], {"repository": repository_id}).fetchall()
    return [_manifest(*row) for row in rows]


def _manifest(
    digest: str,
    tags: Sequence[str],
    pushed_at: datetime | None,
    pulled_at: datetime | None,
    in_use_at: datetime | None,
    archived_at: datetime | None,
    restored_at: datetime | None,
    hold_until: datetime | None,
    named_by: Sequence[str],
) -> StoredManifest:
    """Return one manifest. Restoring one sets its push clock, which then says nothing of a push."""
    return StoredManifest(
        digest,
        tuple(tags),
        None if pushed_at == restored_at else pushed_at,
        pulled_at,
        in_use_at,
        StorageClass.STANDARD if archived_at is None else StorageClass.ARCHIVE,
        archived_at,
        restored_at,
        tuple(named_by),
        hold_until,
    )


def save_outcomes(
    connection: psycopg.Connection,
    repository_id: int,
    kind: Kind,
    text: str,
    outcomes: Sequence[LifecycleOutcome],
    now: datetime,
    problem: str = "",
) -> None:
    """Keep what does not simply stay, in place of what was kept before."""
    values = {"repository": repository_id, "kind": str(kind), "text": text, "now": now, "problem": problem}
    connection.execute(_SQL["forget_evaluation"], values)
    row = connection.execute(_SQL["save_evaluation"], values).fetchone()
    assert row is not None  # INSERT … RETURNING
    told = (one for one in outcomes if one.verdict is not LifecycleVerdict.STAYS)
    rows = ((row[0], ordinal, *_columns(one)) for ordinal, one in enumerate(told))
    copy_rows(connection, _SQL["copy_outcomes"], _OUTCOME_TYPES, rows)


def _columns(one: LifecycleOutcome) -> tuple[object, ...]:
    return (
        one.digest,
        list(one.tags),
        one.pushed_at,
        str(one.storage_class),
        str(one.verdict),
        one.rule,
        None if one.action is None else str(one.action),
        one.due_at,
        one.why,
    )


def load_proposals(connection: psycopg.Connection, image_ids: Sequence[int]) -> dict[int, Proposal]:
    """Return, by image id, what the stored policies proposed when they were last evaluated; what stays has nothing."""
    rows = connection.execute(_SQL["proposals"], {"ids": image_ids}).fetchall()
    proposals = {}
    for image_id, digest, evaluated_at, *columns in rows:
        outcome = outcome_of(columns)
        proposals[image_id] = Proposal(outcome, evaluated_at, tell(outcome, digest))
    return proposals


def outcome_of(row: Sequence[Any]) -> LifecycleOutcome:
    """Turn (digest, tags, pushed_at, storage class, verdict, rule, action, due_at, why) into an outcome."""
    digest, tags, pushed_at, storage_class, verdict, rule, action, due_at, why = row
    return LifecycleOutcome(
        digest,
        tuple(tags),
        pushed_at,
        StorageClass(storage_class),
        LifecycleVerdict(verdict),
        rule,
        None if action is None else LifecycleAction(action),
        due_at,
        why,
    )
