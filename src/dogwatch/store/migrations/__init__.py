"""Migrations: numbered SQL files, applied in order, each in one transaction, under one advisory lock.

The schema only ever moves forward. A database that is newer than this program is refused rather than guessed at.
"""

from dogwatch.store.migrations.runner import is_current, migrate

__all__ = ["is_current", "migrate"]
