"""Programs that unpack themselves when they start: what was built into them cannot be seen, and that is said."""

from __future__ import annotations

from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.programs.program import Program, is_shared_library
from dogwatch.model.errors import MalformedPackageDatabaseError

_MARK: Final = b"UPX!"
_SECTION: Final = "UPX0"
# In ELF the mark stands behind the program headers, of which a packed program has two to four of at most 56 bytes.
_SEARCHED_BYTES: Final = 512


class PackedProgramReader:
    """Tells programs packed by UPX from others.

    Source:
        UPX 4.2, src/stub/src/include/linux.h (l_info), src/p_w32pe.cpp (names of sections).
    """

    name = "packed-program"
    version = 1

    def selects(self, path: str) -> bool:
        """All programs but shared libraries."""
        return not is_shared_library(path)

    def read(self, path: str, program: Program, limits: Limits) -> Extraction:
        """Return nothing for a program that is not packed."""
        if _SECTION in program.sections or _MARK in program.read(0, _SEARCHED_BYTES):
            raise MalformedPackageDatabaseError(path, "a program packed by UPX; what was built into it is not seen")
        return Extraction()


READER = PackedProgramReader()
