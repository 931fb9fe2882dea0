"""Runs an action after notices came: at least once after the last one, never twice within a moment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from dogwatch.serve.messages import in_thread

_PAUSE_SECONDS = 0.25
"""Between two runs: a notice that comes alone is read at once, and at thousands a second hundreds are read together,
which costs the database a third of what reading them by tens does."""

_log = logging.getLogger("dogwatch.serve")


class Coalesced:
    """Joins many calls into few runs of an action, on a thread. For one event loop."""

    def __init__(self, action: Callable[[], None], pause_seconds: float = _PAUSE_SECONDS) -> None:
        self._action = action
        self._pause_seconds = pause_seconds
        self._wanted = False
        self._task: asyncio.Task[None] | None = None

    def call(self) -> None:
        """Ask for a run that begins after this moment; returns at once."""
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="after-notices")

    async def settle(self) -> None:
        """Wait until no run is asked for any more."""
        if self._task is not None:
            await asyncio.wait((self._task,))

    async def _run(self) -> None:
        while self._wanted:
            self._wanted = False
            try:
                await in_thread(self._action)
            except Exception as error:
                # The notices are stored; whoever looks for forgotten work finds them.
                fields = {"error": type(error).__name__, "reason": str(error)}
                _log.warning("notices wait", extra={"fields": fields})
            await asyncio.sleep(self._pause_seconds)
