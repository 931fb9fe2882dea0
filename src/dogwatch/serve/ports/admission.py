"""Who may come in: access keys, secrets of webhooks, and where their notices go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class HookSecrets(Protocol):
    """Who may speak for a registry."""

    async def verify(self, account_id: str, alias: str, secret: str) -> int | None:
        """The registry's id where the secret is its own; compared in a time that tells nothing.

        Raises:
            StoreUnavailableError: that cannot be told now.
        """


class NoticeSink(Protocol):
    """Where webhook bodies go."""

    async def save(self, registry_id: int, content_type: str, body: bytes, received_at: datetime) -> None:
        """Save a notice; returns when it is durable. `received_at` is product time.

        Raises:
            StoreUnavailableError: it was not saved, the sender should try again; NotFoundError: no such registry.
        """


class Role(StrEnum):
    """What a caller may do in the account."""

    READER = "reader"
    REPORTER = "reporter"  # reads, and reports what is seen running
    ADMIN = "admin"
    OPERATOR = "operator"  # an admin who may name other accounts: AWS's delegated administrator


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key pair that speaks for one account."""

    id: str
    secret: str = field(repr=False)
    account_id: str
    role: Role


class Credentials(Protocol):
    """The access keys there are."""

    def find(self, access_key_id: str) -> AccessKey | None:
        """The key of that id, or None.

        Raises:
            ConfigError: where the keys stand cannot be trusted (rights) or read.
        """
