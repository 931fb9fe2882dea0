"""GET /livez and /readyz: whether the process runs, and whether it should be sent requests. No registry is asked."""

from __future__ import annotations

import asyncio
import logging
import time

from dogwatch.serve.limits import PROBE_FRESH_SECONDS, PROBE_SECONDS
from dogwatch.serve.messages import Answer, in_thread, json_answer
from dogwatch.serve.ports import Health

PATHS = ("/livez", "/readyz")

_log = logging.getLogger("dogwatch.serve")


class Probes:
    """Answers probes. `is_ending` makes /readyz say no, so that load goes elsewhere before the end."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._last: tuple[float, str] | None = None
        self.is_ending = False

    async def answer(self, path: str) -> Answer:
        """Answer a probe; the reason in words stands in the log, as it may name the database."""
        if path == "/livez":
            return json_answer(200, {"status": "alive"})
        if self.is_ending:
            return json_answer(503, {"status": "not ready", "reason": "shutting down"})
        problem = await self._database_problem()
        if problem:
            return json_answer(503, {"status": "not ready", "reason": "database"})
        return json_answer(200, {"status": "ready"})

    async def _database_problem(self) -> str:
        if self._last is not None and time.monotonic() - self._last[0] <= PROBE_FRESH_SECONDS:
            return self._last[1]
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                problem = await in_thread(self._health.database_problem)
        except TimeoutError:
            problem = f"no answer within {PROBE_SECONDS:g} s"
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        if problem and (self._last is None or self._last[1] != problem):
            _log.warning("not ready", extra={"fields": {"reason": problem}})
        self._last = (time.monotonic(), problem)
        return problem
