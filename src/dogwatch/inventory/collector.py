"""Collects the evidence of one layer, entry by entry; `layer` feeds it, `overlay` reads the result.

Within a layer the last entry for a path counts, and a non-directory removes what stood beneath it.
"""

from __future__ import annotations

from typing import Final

from dogwatch.inventory.catalogue import AnyExtractor, find_extractor, may_hold_wanted_files
from dogwatch.inventory.content import Content
from dogwatch.inventory.evidence import Extraction, FileEvidence, LayerEvidence, Link
from dogwatch.inventory.extractor import SpooledExtractor
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import show
from dogwatch.inventory.ownership import trim_owned
from dogwatch.inventory.paths import ancestors_of, clean_path, parent_of, presumed_path
from dogwatch.inventory.programs.reading import PROGRAM, find_readers, read_program
from dogwatch.inventory.tar import Entry
from dogwatch.model.errors import ContentError
from dogwatch.model.gaps import Gap, GapKind

_WHITEOUT: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"
_RESERVED: Final = ".wh..wh."  # marks of the union file system itself: no files of the image

# Names that end so are never those of a directory, save for packages of npm (`node_modules/chart.js`). Entries of such
# names need not be remembered as possible replacements of an older layer's directory. Were one of them a directory
# after all, its older packages would stay visible: the error is on the side of showing too much.
FILE_ENDINGS: Final = frozenset(
    """
    a bz2 c cc cfg class cmake conf cpp css csv dat db el exe gif gmo gz h hpp htm html ico inc ini jar jpg js json la
    lua map md mo mod o pc pem pdf pl pm png po pod ps py pyc pyi pyx rb rs rst sh so sql svg tcl tex tmpl toml ts tsx
    ttf txt vim whl woff woff2 xml xsl xz yaml yml zip zst
    """.split()  # noqa: SIM905 - one line for each ending would be no easier to read
)

_DATA_ENDINGS: Final = FILE_ENDINGS - {"exe", "so"}

# Rough memory of one kept value beside its text, in bytes; the sum is held against `Limits.kept_bytes`.
_RECORD_BYTES: Final = 200
_STRING_BYTES: Final = 64

_Record = FileEvidence | Link | str | None  # a wanted file, a symbolic link, a hard link (its target), any other


class EvidenceCollector:
    """Turns the entries of one layer into its evidence."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._records: dict[str, _Record] = {}
        self._above: dict[str, list[str]] = {}  # directories above wanted files and links → those just beneath
        self._directories: set[str] = set()
        self._whiteouts: set[str] = set()
        self._opaque: set[str] = set()
        self._gaps: set[Gap] = set()
        self._left_out: set[str] = set()
        self._wanted_count = 0
        self._kept_bytes = 0
        self._is_full = False

    def visit(self, entry: Entry, reader: Content) -> None:
        """Take note of one entry; the reader stands at its content."""
        path = clean_path(entry.name)
        if path is None:
            self._note_unsafe(entry)
            return
        name = path[path.rfind("/") + 1 :]
        if name.startswith(_WHITEOUT):
            self._note_whiteout(path, name)
        elif entry.kind == "directory":
            self._note_directory(path)
        elif path:
            self._note_file(path, name, entry, reader)

    def evidence(self) -> LayerEvidence:
        """Return everything noted so far, in order."""
        links = {path: record for path, record in self._records.items() if isinstance(record, Link)}
        hard = {path: record for path, record in self._records.items() if isinstance(record, str)}
        files = {path: record for path, record in self._records.items() if isinstance(record, FileEvidence)}
        for path, target in list(hard.items()):
            if (copy := _copy(files.get(target), path)) is not None:
                files[path] = copy
                del hard[path]
        programs = frozenset(path[path.rfind("/") + 1 :] for path, file in files.items() if file.extractor == PROGRAM)
        return LayerEvidence(
            files=tuple(trim_owned(files[path], _is_wanted, programs) for path in sorted(files)),
            symlinks=tuple(links[path] for path in sorted(links)),
            hard_links=tuple(Link(path, hard[path]) for path in sorted(hard)),
            directories=tuple(sorted(path for path in self._directories if self._may_replace_link(path))),
            others=tuple(sorted(path for path, record in self._records.items() if record is None)),
            whiteouts=tuple(sorted(self._whiteouts)),
            opaque=tuple(sorted(self._opaque)),
            gaps=tuple(sorted(self._gaps)),
            left_out=tuple(sorted(self._left_out)),
        )

    def _note_unsafe(self, entry: Entry) -> None:
        path = presumed_path(entry.name)
        name = path.rpartition("/")[2]
        if (name.startswith(_WHITEOUT) or _is_wanted(path)) and self._spend(len(path)):
            self._gaps.add(Gap(GapKind.PATH_UNSAFE, show(path, 300), "not a path below the root, or not text"))

    def _note_whiteout(self, path: str, name: str) -> None:
        directory = parent_of(path)
        if name == _OPAQUE:
            if self._spend(len(path)):
                self._opaque.add(directory)
        elif not name.startswith(_RESERVED):
            hidden = name.removeprefix(_WHITEOUT)
            if hidden not in ("", ".", "..") and self._spend(len(path)):
                self._whiteouts.add(f"{directory}/{hidden}" if directory else hidden)

    def _note_directory(self, path: str) -> None:
        self._records.pop(path, None)
        if self._spend(len(path)):
            self._directories.add(path)

    def _may_replace_link(self, path: str) -> bool:
        """Say whether an explicit directory can change what is seen: near the root, wanted, or above wanted files."""
        return path.count("/") < 2 or path in self._above or _is_wanted(path)

    def _note_file(self, path: str, name: str, entry: Entry, reader: Content) -> None:
        self._directories.discard(path)
        if path in self._above:
            self._drop_beneath(path)
        extractor = find_extractor(path)
        if extractor is None:
            if self._keep_program(path, name, entry, reader):
                return
            if _is_never_directory(name) and ("node_modules" not in path or not may_hold_wanted_files(path)):
                ending = name[name.rfind(".") + 1 :]
                self._left_out.add(ending if ending in FILE_ENDINGS else "so")
                return
            self._keep(path, Link(path, _target(entry)) if entry.kind == "symlink" else None)
        elif entry.kind == "symlink":
            self._keep(path, Link(path, _target(entry)))
        elif entry.kind == "link":
            self._keep_hard_link(path, entry)
        else:
            self._keep_wanted(path, extractor, entry, reader)

    def _drop_beneath(self, path: str) -> None:
        """Forget the wanted files and links beneath a path; each is gone through once, however often this happens."""
        beneath = self._above.pop(path)
        while beneath:
            inside = beneath.pop()
            if self._records.get(inside) is not None:
                del self._records[inside]
            beneath += self._above.pop(inside, ())

    def _keep(self, path: str, record: _Record) -> None:
        text = len(record.target) if isinstance(record, Link) else 0
        if not self._spend(len(path) + text):
            self._records.pop(path, None)
            return
        self._records[path] = record
        if record is not None:
            self._mark_above(path)

    def _mark_above(self, path: str) -> None:
        for directory in ancestors_of(path):
            if directory in self._above:
                self._above[directory].append(path)
                return
            # Memory only: what makes a path long is paid for, or a few deep ones would cost gigabytes.
            self._kept_bytes += _STRING_BYTES + len(directory)
            self._above[directory] = [path]
            path = directory

    def _keep_program(self, path: str, name: str, entry: Entry, reader: Content) -> bool:
        """Keep what a program says, if the file is one that says something; if not, it is like any other file."""
        if entry.kind == "link":
            target = self._records.get(clean_path(entry.target) or "")
            if not isinstance(target, FileEvidence) or target.extractor != PROGRAM:
                return False
            self._keep_found(target.at(path))
            return True
        if entry.kind != "file" or entry.sparse or _is_data(name):
            return False
        readers = find_readers(path, entry.size_bytes, reader)
        if not readers:
            return False
        found = read_program(path, readers, reader, self._limits)
        if not (found.packages or found.gaps):
            self._keep(path, None)  # it says nothing, and hides one that did
        elif self._count_wanted(path):
            self._keep_found(FileEvidence(path, PROGRAM, found))
        return True

    def _keep_hard_link(self, path: str, entry: Entry) -> None:
        target = clean_path(entry.target)
        if target is None:
            self._gaps.add(Gap(GapKind.LINK_NOT_FOLLOWED, path, f"a hard link to {show(entry.target)}"))
            self._keep(path, None)
            return
        # The link has the content of this moment: a later entry for the target does not change it.
        copy = _copy(self._records.get(target), path)
        self._keep(path, copy if copy is not None else target)

    def _keep_wanted(self, path: str, extractor: AnyExtractor, entry: Entry, reader: Content) -> None:
        if self._count_wanted(path):
            self._keep_found(FileEvidence(path, extractor.name, self._extract(path, extractor, entry, reader)))

    def _count_wanted(self, path: str) -> bool:
        """Count one more wanted file; False if it is one too many, and is noted as one that was not read."""
        self._wanted_count += 1
        if self._wanted_count <= self._limits.wanted_files:
            return True
        self._note_too_many("wanted_files", self._limits.wanted_files, "files")
        self._keep(path, None)  # unread, but it still hides what older layers have in its place
        return False

    def _keep_found(self, file: FileEvidence) -> None:
        cost = sum(_RECORD_BYTES + len(package.name) for package in file.found.packages) + sum(
            _STRING_BYTES + len(path) for each in file.found.ownership for path in each.paths
        )
        self._keep(file.path, file if self._spend(cost) else None)

    def _extract(self, path: str, extractor: AnyExtractor, entry: Entry, reader: Content) -> Extraction:
        if entry.kind != "file" or entry.sparse:
            what = "a sparse file" if entry.sparse else "a device, pipe or entry of unknown type"
            return _only_gap(GapKind.FILE_UNREADABLE, path, f"{extractor.name}: {what}")
        try:
            return _read_wanted(path, extractor, entry, reader, self._limits)
        except ContentError as error:
            return _only_gap(GapKind.FILE_UNREADABLE, path, f"{extractor.name}: {show(error.message, 300)}")

    def _spend(self, text_bytes: int) -> bool:
        """Account for a value to be kept; one that would go past the limit is not kept, and there is a gap."""
        kept_bytes = self._kept_bytes + _RECORD_BYTES + text_bytes
        if kept_bytes > self._limits.kept_bytes:
            if not self._is_full:
                self._is_full = True
                self._note_too_many("kept_bytes", self._limits.kept_bytes, "bytes")
            return False
        self._kept_bytes = kept_bytes
        return True

    def _note_too_many(self, limit: str, allowed: int, unit: str) -> None:
        self._gaps.add(Gap(GapKind.TOO_MANY_FILES, "", f"over the limit {limit} of {allowed} {unit} in one layer"))


def _read_wanted(path: str, extractor: AnyExtractor, entry: Entry, reader: Content, limits: Limits) -> Extraction:
    if isinstance(extractor, SpooledExtractor):
        file = reader.open(limits.spool_bytes)
        if file is None:
            return _too_large(path, extractor, entry, "spool_bytes", limits.spool_bytes)
        with file:
            return extractor.extract_from(path, file, entry.size_bytes, limits)
    content = reader.take(limits.file_bytes) if extractor.needs_content else b""
    if content is None:
        return _too_large(path, extractor, entry, "file_bytes", limits.file_bytes)
    return extractor.extract(path, content, limits)


def _too_large(path: str, extractor: AnyExtractor, entry: Entry, limit: str, allowed: int) -> Extraction:
    detail = f"{extractor.name}: {entry.size_bytes} bytes, the limit {limit} is {allowed}"
    return _only_gap(GapKind.FILE_TOO_LARGE, path, detail)


def _is_wanted(path: str) -> bool:
    return find_extractor(path) is not None or may_hold_wanted_files(path)


def _is_data(name: str) -> bool:
    """Say whether a file of this name is never a program; libraries and programs of other systems may be some."""
    stem, _, ending = name.rpartition(".")
    return bool(stem) and ending in _DATA_ENDINGS


def _is_never_directory(name: str) -> bool:
    stem, _, ending = name.rpartition(".")
    return bool(stem) and (ending in FILE_ENDINGS or ".so." in name)


def _target(entry: Entry) -> str:
    return entry.target.decode("utf-8", "backslashreplace")


def _only_gap(kind: GapKind, path: str, detail: str) -> Extraction:
    return Extraction(gaps=(Gap(kind, path, detail),))


def _copy(record: _Record, path: str) -> FileEvidence | None:
    """Return the same content under another path, if the same extractor wants it there."""
    extractor = find_extractor(path)
    if isinstance(record, FileEvidence) and extractor is not None and extractor.name == record.extractor:
        return record.at(path)
    return None
