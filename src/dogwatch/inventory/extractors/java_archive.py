"""Java archives, and archives within them: the Maven artifacts whose code is in them."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import LiesAnywhere, SpooledExtractor
from dogwatch.inventory.java.coordinates import (
    MANIFEST,
    POM_PROPERTIES,
    Coordinates,
    guess_coordinates,
    read_manifest,
    read_pom,
)
from dogwatch.inventory.java.zips import Member, Window, ZipFormatError
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import incomplete, is_keepable, show
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package

_ENDINGS: Final = frozenset({"ear", "hpi", "jar", "jpi", "kar", "nar", "par", "sar", "war"})
# Other things have these endings too: what does not begin like an archive, or a program before one, is none.
_AMBIGUOUS: Final = (".kar", ".nar", ".par", ".sar")
_ARCHIVE: Final = re.compile(rb"\.(?:ear|jar|war|par|sar|hpi|jpi|kar|nar)$", re.IGNORECASE)
# The Java runtime itself, which no repository has.
_RUNTIME: Final = frozenset({"jrt-fs.jar"})


@dataclass
class _Reading:
    """One archive of a layer with everything in it: what was found, and what may still be spent."""

    path: str
    limits: Limits
    packages: set[Package] = field(default_factory=set)
    gaps: set[Gap] = field(default_factory=set)
    entries: int = 0
    read_bytes: int = 0  # packed and unpacked, however often the same ones
    open_bytes: int = 0  # of packed archives that are unpacked in memory just now

    def read(self, window: Window, name: str, depth: int) -> None:
        """Read an archive and those within it; `name` is its own, without folders."""
        poms, nested, manifest = self._find_members(window)
        found = [read_pom(one.name, self._text(window, one)) for one in poms]
        if not found and name not in _RUNTIME:
            main = read_manifest(self._text(window, manifest)) if manifest is not None else {}
            guess = guess_coordinates(name, main)
            found = [guess] if guess is not None else []
        for one in found:
            self._keep(one)
        for member in nested:
            self._descend(window, member, depth)

    def _find_members(self, window: Window) -> tuple[list[Member], list[Member], Member | None]:
        poms: list[Member] = []
        nested: list[Member] = []
        manifest = None
        for member in window.members(self._is_wanted, self.limits.archive_entries - self.entries):
            if member is None:
                self._note_limit("archive_entries", self.limits.archive_entries)
            elif member.name == MANIFEST:
                manifest = member
            elif POM_PROPERTIES.fullmatch(member.name):
                poms.append(member)
            elif not member.name.endswith(("/pom.properties", MANIFEST)):
                nested.append(member)
            if len(poms) + len(nested) > self.limits.file_entries:
                self._note_limit("file_entries", self.limits.file_entries)
                break
        return poms, nested, manifest

    def _is_wanted(self, name: bytes) -> bool:
        self.entries += 1
        return name.endswith((b"/pom.properties", MANIFEST.encode())) or _ARCHIVE.search(name) is not None

    def _unpack(self, window: Window, member: Member, limit_name: str, limit_bytes: int) -> bytes | None:
        """Return a member's content, or None and a gap; whatever it says of itself, what it costs is counted."""
        self.read_bytes += member.packed_bytes
        left_bytes = self.limits.archive_bytes - self.read_bytes
        content = window.unpack(member, min(limit_bytes, left_bytes)) if left_bytes >= 0 else None
        if content is not None:
            self.read_bytes += len(content)
        elif left_bytes < limit_bytes:
            self.read_bytes = self.limits.archive_bytes
            self._note_limit("archive_bytes", self.limits.archive_bytes)
        else:
            self.read_bytes += limit_bytes
            self._note_limit(limit_name, limit_bytes)
        return content

    def _text(self, window: Window, member: Member) -> bytes:
        return self._unpack(window, member, "text_file_bytes", self.limits.text_file_bytes) or b""

    def _keep(self, found: Coordinates) -> None:
        if not found.group:
            detail = f"no Maven group is told for {show(found.artifact)} {show(found.version)}"
            self.gaps.add(Gap(GapKind.PACKAGE_INCOMPLETE, self.path, detail))
        elif is_keepable(found.name, self.limits) and is_keepable(found.version, self.limits):
            self.packages.add(Package("Maven", found.name, found.version))
        else:
            self.gaps.add(incomplete(self.path, found.name, found.version))

    def _descend(self, window: Window, member: Member, depth: int) -> None:
        if depth >= self.limits.archive_depth:
            self._note_limit("archive_depth", self.limits.archive_depth)
            return
        try:
            self._read_nested(window, member, depth + 1)
        except ZipFormatError as error:
            detail = f"java-archive: {show(member.name, 200)} in it {show(error, 200)}"
            self.gaps.add(Gap(GapKind.FILE_UNREADABLE, self.path, detail))

    def _read_nested(self, window: Window, member: Member, depth: int) -> None:
        name = member.name.rpartition("/")[2]
        if window.is_stored(member):
            self.read_bytes += member.packed_bytes
            if self.read_bytes > self.limits.archive_bytes:
                self._note_limit("archive_bytes", self.limits.archive_bytes)
            else:
                self.read(window.locate(member), name, depth)
            return
        left_bytes = self.limits.archive_unpacked_bytes - self.open_bytes
        content = self._unpack(window, member, "archive_unpacked_bytes", left_bytes)
        if content is None:
            return
        self.open_bytes += len(content)
        try:
            self.read(Window(io.BytesIO(content), 0, len(content)), name, depth)
        finally:
            self.open_bytes -= len(content)

    def _note_limit(self, name: str, allowed: int) -> None:
        self.gaps.add(Gap(GapKind.TOO_MANY_FILES, self.path, f"over the limit {name} of {allowed} in one archive"))


class JavaArchiveExtractor(LiesAnywhere, SpooledExtractor):
    """Reads jar, war, ear and their kin, however they are nested.

    Each pom.properties names an artifact whose code is in the archive: the archive itself, and what was shaded into it.
    An archive without any is named by its manifest and file name; where they do not tell its group, it is a gap.

    Source:
        JAR File Specification, Java 21; Maven Archiver; Spring Boot's documentation of the executable jar format.
    """

    name = "java-archive"
    version = 2
    endings = _ENDINGS
    ecosystem = "Maven"

    def wants(self, path: str) -> bool:
        """Say whether the file's name is that of an archive."""
        return path.rpartition(".")[2] in _ENDINGS and not path.rpartition("/")[2].startswith(".")

    def extract_from(self, path: str, file: BinaryIO, size_bytes: int, limits: Limits) -> Extraction:
        """Return the artifacts of the archive and of those in it, and gaps for what could not be named or read."""
        file.seek(0)
        if path.endswith(_AMBIGUOUS) and file.read(2) not in (b"PK", b"MZ", b"#!"):
            return Extraction()
        reading = _Reading(path, limits)
        try:
            reading.read(Window(file, 0, size_bytes), path.rpartition("/")[2], 0)
        except ZipFormatError as error:
            raise MalformedPackageDatabaseError(path, f"it {error}") from error
        return Extraction(tuple(sorted(reading.packages)), tuple(sorted(reading.gaps)))


EXTRACTOR = JavaArchiveExtractor()
