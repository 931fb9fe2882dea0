"""Programs that came without a package: their own version, from the constants that hold it."""

from __future__ import annotations

import re
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import MIB, Limits
from dogwatch.inventory.programs.known import KNOWN_PROGRAMS, with_patch
from dogwatch.inventory.programs.program import Program
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package

# Node has the most, 60 MiB; the others have one to five.
_SEARCHED_BYTES: Final = 128 * MIB
# The longest text that a row matches.
_OVERLAP_BYTES: Final = 256
_CANDIDATES_MAX: Final = 1000  # Redis has 40
_SHOWN_MAX: Final = 4


class KnownProgramsReader:
    """Looks for the version where a row of the table `known` says that it stands.

    The advisories of Bitnami and the ranges of NVD speak of such programs by the versions of their makers.
    """

    name = "known-programs"
    version = 5

    def selects(self, path: str) -> bool:
        """Only the files that the table names."""
        name = _last_part(path)
        return any(row.file.fullmatch(name) for row in KNOWN_PROGRAMS)

    def read(self, path: str, program: Program, limits: Limits) -> Extraction:
        """Return the program as a package; a gap where it names several versions, nothing where it names none."""
        name = _last_part(path)
        for row in KNOWN_PROGRAMS:
            pattern = row.pattern(name)
            if pattern is None:
                continue
            versions = _find_texts(program, row.section, pattern)
            if row.longer:
                longer = _find_texts(program, row.section, re.compile(row.longer))
                versions = {_longest_beginning(text, versions) for text in longer} - {""}
            if len(versions) > 1:
                detail = f"{row.name} of several versions: {', '.join(sorted(versions)[:_SHOWN_MAX])}"
                return Extraction(gaps=(Gap(GapKind.PACKAGE_INCOMPLETE, path, detail),))
            if versions:
                return Extraction(packages=(Package(row.ecosystem, row.name, with_patch(versions.pop())),))
        return Extraction()


def _find_texts(program: Program, section: str, pattern: re.Pattern[bytes]) -> set[str]:
    """Return the differing texts of a pattern's group in a section, as many at most as any real program has."""
    region = program.sections.get(section)
    texts: set[str] = set()
    if region is None:
        return texts
    for _, piece in program.pieces(region, _OVERLAP_BYTES, _SEARCHED_BYTES):
        for match in pattern.finditer(piece):
            texts.add(match[1].decode("latin-1"))
            if len(texts) >= _CANDIDATES_MAX:
                return texts
    return texts


def _longest_beginning(text: str, versions: set[str]) -> str:
    """Return the longest version that a text begins with; empty where there is none."""
    return max((version for version in versions if text.startswith(version)), key=len, default="")


def _last_part(path: str) -> str:
    return path[path.rfind("/") + 1 :]


READER = KnownProgramsReader()
