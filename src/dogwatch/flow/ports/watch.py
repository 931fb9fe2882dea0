"""Stores of what is watched, for how long, and of what is deleted or counted by the day."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dogwatch.model.monitoring import SettingStatus


class WatchStore(Protocol):
    """Windows at work on all images."""

    def end_expired(self, now: datetime, limit: int) -> int:
        """End monitoring of images past their deadline, at the deadline. Returns how many ended."""

    def load_pending_settings(self) -> tuple[int, ...]:
        """Ids of window changes that are still PENDING, oldest first."""

    def apply_setting(self, setting_id: int, now: datetime) -> SettingStatus:
        """Compute every deadline of the account anew and end what is over; wakes nothing. PENDING becomes SUCCESS."""

    def fail_setting(self, setting_id: int, problem: str, now: datetime) -> None:
        """PENDING becomes FAILED."""


class ScanningWork(Protocol):
    """Changes of which repositories are scanned, and whether an account is, at work on all images."""

    def load_pending(self) -> tuple[str, ...]:
        """The accounts with a change that waits."""

    def apply(self, account_id: str, now: datetime) -> None:
        """Let what waits take effect; idempotent."""

    def fail(self, account_id: str, problem: str) -> None:
        """Let what waits wait no longer; what was in force stays so."""


class LifecycleStore(Protocol):
    """Lifecycle policies at work: proposals, nothing else."""

    def load_due(self, now: datetime) -> tuple[int, ...]:
        """The repositories whose policy was not evaluated for a day."""

    def evaluate_policy(self, repository_id: int, now: datetime) -> None:
        """Evaluate a repository's policy and keep what it came to; idempotent."""


class RetentionStore(Protocol):
    """What is not kept for ever."""

    def delete_notices(self, received_before: datetime) -> None:
        """Delete notices that were read and came before a moment."""

    def delete_pulls(self, received_before: datetime) -> None:
        """Delete pulls that came before a moment and that no clock can miss. Pushes and deletions stay."""


class JournalPruning(Protocol):
    """The journal, as far as nobody can ask for it any more."""

    def prune(self, horizon: datetime) -> None:
        """Delete what no answer as of a moment or later rests on; earlier questions are refused from then on."""


class ScanCounts(Protocol):
    """Scans as the original bills them."""

    def count_day(self, until: datetime) -> bool:
        """Count the oldest day that is not counted to its end, up to before a moment; returns whether there is more."""
