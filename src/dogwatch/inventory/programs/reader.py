"""The ProgramReader contract: from one program to the packages that were built into it.

Implementations live in this folder, one per file, and are listed in `catalogue`. A file comes here when no extractor
wants its path, it is large enough, and its first bytes are those of a program: the name and the mode bits say nothing.
"""

from __future__ import annotations

from typing import Protocol

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.programs.program import Program


class ProgramReader(Protocol):
    """Looks for one kind of trace in a program. All readers that select a path look at the same opened program."""

    @property
    def name(self) -> str:
        """A stable text: part of a storage key, and named in gaps."""
        ...

    @property
    def version(self) -> int:
        """Raised whenever the result for the same path and bytes changes."""
        ...

    def selects(self, path: str) -> bool:
        """Say whether programs at this path are looked at: string tests only. A reader may want all."""
        ...

    def read(self, path: str, program: Program, limits: Limits) -> Extraction:
        """Return what the program says; nothing for nearly all programs, so that must be found out cheaply.

        Args:
            path: a path that `selects` accepts.
            program: its sections, and bounded ways to its bytes.
            limits: caps on names and versions, and on what is unpacked.

        Raises:
            ContentError: the trace is there and damaged; the caller makes a gap. Nothing else is ever raised.
        """
        ...
