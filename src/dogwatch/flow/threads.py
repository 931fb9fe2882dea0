"""Run synchronous work beside an event loop, in a thread that does not keep the process alive.

Not an executor of the standard library: its threads are waited for at the end of the process, and one that waits for a
silent registry would hold up a stop for minutes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

R = TypeVar("R")


async def in_thread(name: str, work: Callable[[], R]) -> R:
    """Run `work` in a thread of its own and return what it returns, or raise what it raises.

    A cancelled caller stops waiting; the thread goes on to its end.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[R] = loop.create_future()

    def settle(result: R | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # what the work returned

    def run() -> None:
        result: R | None = None
        error: Exception | None = None
        try:
            result = work()
        except Exception as raised:
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await done
