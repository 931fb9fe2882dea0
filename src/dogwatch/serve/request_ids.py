"""Names for requests, so that an answer, a log line and a question to the operator mean the same one."""

from __future__ import annotations

import itertools
import secrets


class RequestIds:
    """Gives 16 hexadecimal digits: half of them chosen at random for the process, the rest counted.

    Random digits for each would tell nobody more, and are a system call on the path of every notice.
    """

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    def next(self) -> str:
        """Return an id that no other request of this process has."""
        return f"{self._prefix}{next(self._numbers):08x}"
