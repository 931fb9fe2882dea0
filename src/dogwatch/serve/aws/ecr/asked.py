"""What an operation of ecr gets: who asks, what they sent, and the rooms that can answer."""

from __future__ import annotations

from dataclasses import dataclass

from dogwatch.model.errors import ForbiddenError
from dogwatch.serve.callers import Caller
from dogwatch.serve.served import Rooms


@dataclass(frozen=True, slots=True)
class EcrAsked:
    """One request of a caller who proved themselves; `body` is not decoded yet."""

    caller: Caller
    body: bytes
    rooms: Rooms

    def refuse_other_registry(self, registry_id: str | None) -> None:
        """Refuse another account's registry: a `registryId` is an account's id, and left out it is the caller's.

        Raises:
            ForbiddenError: it is not the caller's.
        """
        if registry_id not in (None, self.caller.account_id):
            raise ForbiddenError("reach another account", f"the access key belongs to {self.caller.account_id}")
