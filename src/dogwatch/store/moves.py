"""What was heard of images moves their clocks, their state and their monitoring. `windows.plan_step` decides.

Called with the account's lock held (`store.accounts`), by events as they come and by replays when a manifest is
resolved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg

from dogwatch.model.monitoring import Clocks, RescanSetting, ScanFrequency
from dogwatch.model.registries import ManifestToResolve
from dogwatch.store.queries import load_queries
from dogwatch.store.scopes import load_repository_windows
from dogwatch.windows import Archive, Happening, Standing, Step, plan_step

_SQL = load_queries("moves")


@dataclass(frozen=True, slots=True)
class _Row:
    """One image as it stands, its row in `clocks` locked."""

    image_id: int
    standing: Standing
    held_by: str | None
    state: str
    frequency: ScanFrequency
    repository_id: int
    manifest: ManifestToResolve
    has_inventory: bool
    registry_removed: bool
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Move:
    """One image, what happened, and what follows."""

    row: _Row
    exists: bool
    pushed_later: bool
    step: Step

    @property
    def state(self) -> str:
        """The image's state afterwards: a push gives a failed image another chance, and brings a deleted one back."""
        if not self.exists:
            return "deleted"
        returns = self.row.state == "deleted"
        if returns or (self.row.state == "failed" and self.pushed_later):
            return "indexed" if self.row.has_inventory else "pending"
        return self.row.state

    @property
    def refreezes(self) -> bool:
        """Whether a push asks a scan-on-push image that is watched to be judged anew."""
        watched_on = self.step.watched and not self.step.begins
        return self.row.frequency is ScanFrequency.ON_PUSH and watched_on and self.pushed_later


def move_images(
    connection: psycopg.Connection, happenings: Mapping[int, Happening], now: datetime
) -> tuple[ManifestToResolve, ...]:
    """Let what happened to images (by id) take its effect.

    Returns:
        The manifests of known images that have to be read after all: woken or given a new chance, without an inventory.
    """
    if not happenings:
        return ()
    ids = sorted(happenings)
    connection.execute(_SQL["lock_clocks"], {"ids": ids})
    rows = [_row(values) for values in connection.execute(_SQL["standings"], {"ids": ids}).fetchall()]
    settings = load_repository_windows(connection, {row.repository_id for row in rows})
    moves = [_plan(row, happenings[row.image_id], settings[row.repository_id], now) for row in rows]
    _save_clocks(connection, moves)
    _save_states(connection, moves)
    _save_archives(connection, moves)
    _save_endings(connection, moves)
    _save_beginnings(connection, moves, now)
    return tuple(
        move.row.manifest
        for move in moves
        if move.state == "pending" and move.step.watched and (move.step.begins or move.row.state != "pending")
    )


def _row(values: Sequence[Any]) -> _Row:
    image_id, pushed, pulled, in_use, by, until, watched, hold_until, archived, restored, held_by, *rest = values
    state, frequency, repository, registry, name, digest, has_inventory, removed, deleted_at = rest
    standing = Standing(Clocks(pushed, pulled, in_use), by, until, watched, hold_until, Archive(archived, restored))
    manifest = ManifestToResolve(registry, name, digest)
    frequency = ScanFrequency(frequency)
    return _Row(image_id, standing, held_by, state, frequency, repository, manifest, has_inventory, removed, deleted_at)


def _plan(row: _Row, happening: Happening, setting: RescanSetting, now: datetime) -> _Move:
    """Add what the database knows of the image's existence: a deletion counts unless a push came at or after it."""
    before, news = row.standing.clocks.pushed_at, happening.clocks.pushed_at
    pushed_later = news is not None and (before is None or news > before)
    pushed_at = news if pushed_later else before
    deleted = row.deleted_at is not None and (pushed_at is None or row.deleted_at > pushed_at)
    exists = happening.exists and not deleted and not row.registry_removed
    # A push that moves no clock brings a deleted image back as well: whoever pushed, it is there again.
    returned = row.state == "deleted" and exists
    happening = replace(happening, exists=exists, returned=returned)
    step = plan_step(row.standing, happening, setting, row.frequency, now)
    return _Move(row, not deleted, pushed_later, step)


def _save_clocks(connection: psycopg.Connection, moves: Sequence[_Move]) -> None:
    changed = [move for move in moves if _standing_after(move) != move.row.standing]
    columns = {
        "ids": [move.row.image_id for move in changed],
        "pushed": [move.step.clocks.pushed_at for move in changed],
        "pulled": [move.step.clocks.pulled_at for move in changed],
        "in_use": [move.step.clocks.in_use_at for move in changed],
        "by": [move.step.pulled_by for move in changed],
        "until": [move.step.watch.until for move in changed],
        "held_by": [move.step.watch.held_by and str(move.step.watch.held_by) for move in changed],
        "watched": [move.step.watched for move in changed],
        "hold_until": [move.step.hold_until for move in changed],
    }
    if changed:
        connection.execute(_SQL["save_clocks"], columns)


def _standing_after(move: _Move) -> Standing:
    step = move.step
    return Standing(step.clocks, step.pulled_by, step.watch.until, step.watched, step.hold_until, step.archive)


def _save_states(connection: psycopg.Connection, moves: Sequence[_Move]) -> None:
    changed = [move for move in moves if move.state != move.row.state]
    if changed:
        columns = {"ids": [move.row.image_id for move in changed], "states": [move.state for move in changed]}
        connection.execute(_SQL["save_states"], columns)


def _save_archives(connection: psycopg.Connection, moves: Sequence[_Move]) -> None:
    changed = [move for move in moves if move.step.archive != move.row.standing.archive]
    if changed:
        columns = {
            "ids": [move.row.image_id for move in changed],
            "archived": [move.step.archive.since for move in changed],
            "restored": [move.step.archive.restored_at for move in changed],
        }
        connection.execute(_SQL["save_archive"], columns)


def _save_endings(connection: psycopg.Connection, moves: Sequence[_Move]) -> None:
    ended = [(move.row, move.step.ending) for move in moves if move.step.ending is not None]
    if ended:
        columns = {
            "ids": [row.image_id for row, _ in ended],
            "held_by": [row.held_by for row, _ in ended],
            "ends": [ending.at for _, ending in ended],
            "reasons": [str(ending.reason) for _, ending in ended],
        }
        connection.execute(_SQL["end"], columns)


def _save_beginnings(connection: psycopg.Connection, moves: Sequence[_Move], now: datetime) -> None:
    begun = [move for move in moves if move.step.begins]
    if begun:
        columns = {
            "ids": [move.row.image_id for move in begun],
            "reasons": [move.step.begins for move in begun],
            "now": now,
        }
        connection.execute(_SQL["begin"], columns)
    refrozen = [move.row.image_id for move in moves if move.refreezes]
    if refrozen:
        connection.execute(_SQL["refreeze"], {"ids": refrozen, "now": now})
