"""Whether an account's images are scanned at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AccountState(StrEnum):
    """How far an account is switched on or off; what is asked for is applied by a job."""

    ENABLING = "ENABLING"
    ENABLED = "ENABLED"
    DISABLING = "DISABLING"
    DISABLED = "DISABLED"

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits to be applied."""
        return self in (AccountState.ENABLED, AccountState.DISABLED)


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """Whether an account's images are scanned.

    `changed_at` is when it was last asked to be otherwise, None where never; `problem` why that could not be done.
    """

    account_id: str
    state: AccountState
    changed_at: datetime | None = None
    problem: str = ""
