"""From "a notice is stored" to "a job is queued", without a database round trip per notice.

At thousands of notices a second one job reads hundreds of them; alone, a notice waits for milliseconds.
"""

from __future__ import annotations

import threading

import structlog

from dogwatch.flow.ports import Defer
from dogwatch.model.errors import StoreUnavailableError

GATHER_SECONDS = 0.02
"""Between two jobs: long enough to gather many notices, short enough for a push to be read within 100 ms."""

_log = structlog.stdlib.get_logger("dogwatch.flow")


class Arrivals:
    """Tells the queue that notices wait. `announce` is cheap and safe from any thread, an event loop's included."""

    def __init__(self, defer: Defer) -> None:
        self._defer = defer
        self._something = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="arrivals", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Pass on what was announced, and end."""
        self._ended.set()
        self._something.set()
        if self._thread.is_alive():
            self._thread.join()

    def announce(self) -> None:
        """Say that a notice is stored."""
        self._something.set()

    def _run(self) -> None:
        while True:
            self._something.wait()
            is_last = self._ended.is_set()
            self._something.clear()
            try:
                self._defer.read_notices()
            except StoreUnavailableError as error:
                # Nothing is lost: the notice is stored, and the look for forgotten work finds it.
                _log.warning(error.message, step="announce notices", error=type(error).__name__)
            if is_last:
                return
            self._ended.wait(GATHER_SECONDS)
