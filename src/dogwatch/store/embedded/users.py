"""Whether anybody uses the server, as its guardian sees it: through the lock that users share.

Called by `guardian` and `starting`. The lock is asked for through two descriptors: one waits for it, one looks at it.
"""

from __future__ import annotations

import os
import threading
import time

from dogwatch.store.embedded.layout import Layout
from dogwatch.store.embedded.locks import open_lock_file, release, take_exclusive, try_exclusive, try_shared

LOOK_PAUSE_SECONDS = 0.1
"""Between two looks. Soon for a user who leaves and waits; and seldom, for each look holds the lock for a moment."""


class Users:
    """The users of one server. The last one is gone for good once `departure` is readable."""

    def __init__(self, layout: Layout) -> None:
        """Open the lock; nothing is waited for yet.

        Raises:
            ConfigError: the lock's file cannot be opened.
        """
        self._waiting = open_lock_file(layout.users_lock, layout.user)
        self._looking = open_lock_file(layout.users_lock, layout.user)
        self._is_waiting = False
        self._reader, self._writer = os.pipe()

    def begin_to_wait(self) -> int:
        """Have the lock waited for in a thread; returns a descriptor that is readable once we hold it alone.

        The thread spends its life inside one call of the kernel and holds nothing that a forked child would miss.
        """
        if not self._is_waiting:
            self._is_waiting = True
            threading.Thread(target=self._wait, daemon=True).start()
        return self._reader

    def are_gone(self) -> bool:
        """Say whether nobody uses the server, or the last user has taken it upon himself to stop it."""
        if try_exclusive(self._looking):
            return True  # kept: whoever comes now waits for our end
        if not try_shared(self._looking):
            return True  # somebody holds it alone: the thread, or a user who leaves and waits for our end
        release(self._looking)
        return False

    def wait(self, seconds: float) -> bool:
        """Wait; returns early, and says so, when the users are gone."""
        until = time.monotonic() + seconds
        while (left_seconds := until - time.monotonic()) > 0:
            time.sleep(min(left_seconds, LOOK_PAUSE_SECONDS))
            if self.are_gone():
                return True
        return False

    def _wait(self) -> None:
        take_exclusive(self._waiting)
        os.write(self._writer, b"!")
