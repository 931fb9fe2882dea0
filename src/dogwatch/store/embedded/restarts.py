"""How long the guardian waits before it starts a server again that has died. Pure; time is an argument."""

from __future__ import annotations

FIRST_PAUSE_SECONDS = 0.5
"""Before the second start in a row; doubles with each. The first comes at once: mostly somebody killed the server, and
its users wait."""

LONGEST_PAUSE_SECONDS = 30.0
"""What dies at each start, for want of disk or memory say, is tried this often without making the want worse; and is
there half a minute after it was mended."""

SETTLED_SECONDS = 120.0
"""After so long without another death the next one counts as the first: no pause between two adds up to as much."""


class RestartPauses:
    """The pauses between repeated deaths of one server; failed starts count as deaths."""

    def __init__(self) -> None:
        """Begin with a server that has not died yet."""
        self._pause_seconds = 0.0
        self._last_at: float | None = None

    def next_seconds(self, at: float) -> float:
        """Count a death and return how long to wait before the next start.

        Args:
            at: when it died, or could not be started, in seconds of a clock that only goes forward.
        """
        if self._last_at is None or at - self._last_at >= SETTLED_SECONDS:
            self._pause_seconds = 0.0
        pause_seconds = self._pause_seconds
        self._pause_seconds = min(max(2 * pause_seconds, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
        self._last_at = at
        return pause_seconds
