"""How a process that goes on until it is told to stop is told."""

from __future__ import annotations

import asyncio
import os
import signal


def stop_on_signals() -> asyncio.Event:
    """Return an event that the first SIGTERM or SIGINT sets, in the running loop; the second ends the process."""
    stop = asyncio.Event()

    def end() -> None:
        if stop.is_set():
            os._exit(1)  # nothing is lost: children end with us, jobs are taken up again, the database has its guardian
        stop.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, end)
    return stop
