"""Rust programs built with cargo-auditable: the list of crates that it puts into them."""

from __future__ import annotations

import zlib
from typing import Final

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import MIB, Limits
from dogwatch.inventory.naming import incomplete, is_keepable, too_many_entries
from dogwatch.inventory.programs.program import Program, is_shared_library
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap
from dogwatch.model.packages import Package

ECOSYSTEM: Final = "crates.io"

_SECTION: Final = ".dep-v0"
# Lists of large programs, with a thousand crates, have 10 KiB packed and 100 KiB unpacked.
_PACKED_BYTES_MAX: Final = MIB
_UNPACKED_BYTES_MAX: Final = 8 * MIB


class _Crate(msgspec.Struct):
    name: str = ""
    version: str = ""
    source: str = ""
    kind: str = "runtime"
    root: bool = False


class _Audit(msgspec.Struct):
    packages: list[_Crate]


_DECODER = msgspec.json.Decoder(_Audit)


class RustAuditReader:
    """Reads the section `.dep-v0`: zlib around JSON.

    Crates of the build alone are not in the program. Crates of a local folder have names of their owner's choice, which
    say nothing beside the registry's, save for the program's own.

    Source:
        cargo-auditable, PARSING.md and its JSON schema, version 0.7.
    """

    name = "rust-audit"
    version = 2

    def selects(self, path: str) -> bool:
        """All programs but shared libraries."""
        return not is_shared_library(path)

    def read(self, path: str, program: Program, limits: Limits) -> Extraction:
        """Return the crates; nothing for a program without the section."""
        region = program.sections.get(_SECTION)
        if region is None:
            return Extraction()
        try:
            stream = zlib.decompressobj()
            content = stream.decompress(
                program.read(region.offset, min(region.size_bytes, _PACKED_BYTES_MAX)), _UNPACKED_BYTES_MAX
            )
            if not stream.eof:
                raise MalformedPackageDatabaseError(path, "a list of crates that is cut off, or too long")
            crates = _DECODER.decode(content).packages
        except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedPackageDatabaseError(path, f"no list of crates: {error}") from error
        return _judge(path, crates, limits)


def _judge(path: str, crates: list[_Crate], limits: Limits) -> Extraction:
    if len(crates) > limits.file_entries:
        return Extraction(gaps=(too_many_entries(path, limits),))
    packages: set[Package] = set()
    gaps: set[Gap] = set()
    for crate in crates:
        if crate.kind == "build" or (crate.source == "local" and not crate.root):
            continue
        if is_keepable(crate.name, limits) and is_keepable(crate.version, limits):
            packages.add(Package(ECOSYSTEM, crate.name, crate.version))
        else:
            gaps.add(incomplete(path, crate.name, crate.version))
    return Extraction(packages=tuple(sorted(packages)), gaps=tuple(sorted(gaps)))


READER = RustAuditReader()
