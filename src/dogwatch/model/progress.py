"""How far something has come that a person waits for. Told by whoever does it, shown by the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What is counted."""

    NOTHING = ""
    BYTES = "bytes"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, and how much of it is: `done` of `total` in `unit`; a total of 0 is not known."""

    activity: str
    done: int = 0
    total: int = 0
    unit: Unit = Unit.NOTHING


IDLE = Progress("")
"""Nothing is being done that anybody waits for."""

Tell = Callable[[Progress], None]
"""Takes what there is to tell, as often as there is anything; it returns at once."""


def tell_nobody(progress: Progress) -> None:
    """Let it pass: nobody waits."""
