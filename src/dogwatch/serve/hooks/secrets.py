"""Webhook secrets that were right a moment ago are not asked for again. Only digests of secrets are kept."""

from __future__ import annotations

import hashlib
import time

from dogwatch.serve.limits import MAX_KNOWN_SECRETS, SECRET_FRESH_SECONDS
from dogwatch.serve.ports import HookSecrets


class KnownSecrets:
    """Asks the port, and remembers for some seconds what was right. Wrong secrets are asked for each time."""

    def __init__(self, port: HookSecrets) -> None:
        self._port = port
        self._known: dict[tuple[str, str, bytes], tuple[int, float]] = {}

    async def verify(self, account_id: str, alias: str, secret: str) -> int | None:
        """Return the registry that a secret speaks for, or None.

        Raises:
            StoreUnavailableError: that cannot be told now.
        """
        # Looking up a digest tells nothing by its time: whoever asks cannot choose digests.
        key = (account_id, alias, hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest())
        known = self._known.get(key)
        if known is not None and time.monotonic() - known[1] <= SECRET_FRESH_SECONDS:
            return known[0]
        registry_id = await self._port.verify(account_id, alias, secret)
        if registry_id is None:
            self._known.pop(key, None)
            return None
        if len(self._known) >= MAX_KNOWN_SECRETS:
            self._known.clear()
        self._known[key] = (registry_id, time.monotonic())
        return registry_id
