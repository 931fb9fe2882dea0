"""Whether a file is a program, and what all readers find in it; `collector` calls it for files that nobody wants."""

from __future__ import annotations

from typing import BinaryIO, Final

from dogwatch.inventory.catalogue import PROGRAM_READERS
from dogwatch.inventory.content import Content
from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import show
from dogwatch.inventory.programs.formats import HEAD_BYTES, SMALLEST_PROGRAM_BYTES, is_program, open_program
from dogwatch.inventory.programs.reader import ProgramReader
from dogwatch.model.errors import ContentError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package

PROGRAM: Final = "program"
"""Stands in evidence where otherwise the name of an extractor does."""

_NOTHING: Final = Extraction()


def find_readers(path: str, size_bytes: int, content: Content) -> tuple[ProgramReader, ...]:
    """Return who looks into a file, none if it is no program; only its first bytes are looked at."""
    if size_bytes < SMALLEST_PROGRAM_BYTES or not is_program(content.peek(HEAD_BYTES)):
        return ()
    return tuple(reader for reader in PROGRAM_READERS if reader.selects(path))


def read_program(path: str, readers: tuple[ProgramReader, ...], content: Content, limits: Limits) -> Extraction:
    """Return what the readers find in a program together; nothing for most.

    A reader that fails does not keep the others from reading: it gives a gap.
    """
    try:
        file = content.open(limits.spool_bytes)
    except ContentError as error:
        return Extraction(gaps=(Gap(GapKind.FILE_UNREADABLE, path, f"{PROGRAM}: {show(error.message, 300)}"),))
    if file is None:
        detail = f"{PROGRAM}: larger than the limit spool_bytes of {limits.spool_bytes} bytes"
        return Extraction(gaps=(Gap(GapKind.FILE_TOO_LARGE, path, detail),))
    with file:
        return read_open_program(path, readers, file, limits)


def read_open_program(path: str, readers: tuple[ProgramReader, ...], file: BinaryIO, limits: Limits) -> Extraction:
    """Return what the readers find in an open file."""
    program = open_program(file, file.seek(0, 2))
    if program is None:
        return _NOTHING
    packages: set[Package] = set()
    gaps: set[Gap] = set()
    for reader in readers:
        try:
            found = reader.read(path, program, limits)
        except ContentError as error:
            gaps.add(Gap(GapKind.FILE_UNREADABLE, path, f"{reader.name}: {show(error.message, 300)}"))
            continue
        packages.update(found.packages)
        gaps.update(found.gaps)
    return Extraction(tuple(sorted(packages)), tuple(sorted(gaps))) if packages or gaps else _NOTHING
