"""A folder as if it were the only layer of an image: a root file system, or an application's folder.

Links are never followed: they become entries, as in a layer, and are resolved inside the folder. Other file systems
mounted in it are walked too, except those of the kernel. Called by `examination`.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from dogwatch.inventory.catalogue import may_hold_wanted_files
from dogwatch.inventory.collector import EvidenceCollector
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.limits import DEFAULT_LIMITS
from dogwatch.inventory.tar import Entry
from dogwatch.model.errors import LimitExceededError, MalformedPackageDatabaseError, NotFoundError
from dogwatch.model.gaps import Gap, GapKind

# The kernel's own trees, where there is one at the root: no packages, and no end.
_KERNEL_TREES: Final = frozenset({b"proc", b"sys", b"dev"})
# Folders in folders: each open one takes a descriptor, of which a process has 1024.
_DEPTH_MAX: Final = 256


class _Content:
    """A file's content, opened only when an extractor wants it; no link is followed on the way."""

    def __init__(self, directory: int, name: bytes, path: bytes) -> None:
        self._directory = directory
        self._name = name
        self._path = path

    def take(self, limit: int) -> bytes | None:
        """Return the content, or None if it has more bytes than the limit.

        Raises:
            MalformedPackageDatabaseError: it cannot be opened or read.
        """
        try:
            with self._open() as file:
                content = file.read(limit + 1)
        except OSError as error:
            raise self._unreadable(error) from error
        return None if len(content) > limit else content

    def peek(self, size: int) -> bytes:
        """Return the first bytes; none if it cannot be read."""
        try:
            with self._open() as file:
                return file.read(size)
        except OSError:
            return b""

    def open(self, limit: int) -> BinaryIO | None:
        """Return the open file, or None if it has more bytes than the limit.

        Raises:
            MalformedPackageDatabaseError: it cannot be opened.
        """
        try:
            file = self._open()
        except OSError as error:
            raise self._unreadable(error) from error
        if os.fstat(file.fileno()).st_size <= limit:
            return file
        file.close()
        return None

    def _open(self) -> BinaryIO:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        return os.fdopen(os.open(self._name, flags, dir_fd=self._directory), "rb")

    def _unreadable(self, error: OSError) -> MalformedPackageDatabaseError:
        return MalformedPackageDatabaseError(os.fsdecode(self._path), error.strerror or str(error))


def read_folder(folder: Path) -> LayerEvidence:
    """Walk a folder and return what it says about packages.

    Names that begin with the mark of a whiteout mean nothing in a folder and are passed over. A folder that cannot be
    opened is a gap where it may hold files that matter.

    Raises:
        NotFoundError: no such folder.
        LimitExceededError: more entries than the limits allow.
    """
    try:
        root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise NotFoundError("folder", f"{folder}: {error.strerror}") from error
    walk = _Walk(str(folder))
    try:
        walk.enter(root, b"", 0)
    finally:
        os.close(root)
    return walk.evidence()


class _Walk:
    def __init__(self, what: str) -> None:
        self._what = what
        self._collector = EvidenceCollector(DEFAULT_LIMITS)
        self._entries = 0
        self._gaps: set[Gap] = set()

    def evidence(self) -> LayerEvidence:
        found = self._collector.evidence()
        fields = {name: getattr(found, name) for name in found.__dataclass_fields__}
        return LayerEvidence(**fields | {"gaps": tuple(sorted({*found.gaps, *self._gaps}))})

    def enter(self, directory: int, path: bytes, depth: int) -> None:
        """Visit what stands in an open folder, in the order of names."""
        for name, status in self._listed(directory, path):
            mode = status.st_mode
            self._entries += 1
            if self._entries > DEFAULT_LIMITS.entries:
                raise LimitExceededError(self._what, "entries", DEFAULT_LIMITS.entries, "entries")
            inside = path + b"/" + name if path else name
            if name.startswith(b".wh.") or (not path and name in _KERNEL_TREES and stat.S_ISDIR(mode)):
                continue
            self._visit(directory, name, inside, status)
            if stat.S_ISDIR(mode):
                self._enter_below(directory, name, inside, depth)

    def _enter_below(self, directory: int, name: bytes, path: bytes, depth: int) -> None:
        if depth >= _DEPTH_MAX or len(path) > DEFAULT_LIMITS.path_bytes:
            self._note(path, f"nested deeper than {_DEPTH_MAX} folders")
            return
        try:
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        except OSError as error:
            if error.errno != errno.ENOENT:  # gone meanwhile: nothing to see
                self._note(path, error.strerror or str(error))
            return
        try:
            self.enter(below, path, depth + 1)
        finally:
            os.close(below)

    def _visit(self, directory: int, name: bytes, path: bytes, status: os.stat_result) -> None:
        target, mode = b"", status.st_mode
        kind, size = "other", 0
        if stat.S_ISDIR(mode):
            kind = "directory"
        elif stat.S_ISREG(mode):
            kind, size = "file", status.st_size
        elif stat.S_ISLNK(mode):
            kind = "symlink"
            try:
                target = os.readlink(name, dir_fd=directory)
            except OSError:
                return  # gone meanwhile
            self._note_leading_out(path, target)
        self._collector.visit(Entry(path, kind, size, target, False), _Content(directory, name, path))

    def _note_leading_out(self, path: bytes, target: bytes) -> None:
        """Note a link to a place outside the folder, where its name says that files that matter may lie behind it."""
        shown = path.decode("utf-8", "backslashreplace")
        if not may_hold_wanted_files(shown):
            return
        if target.startswith(b"/"):
            leads_out = not os.path.lexists(os.path.join(os.fsencode(self._what), target.lstrip(b"/")))
        else:
            inside = os.path.normpath(os.path.join(os.path.dirname(path), target))
            leads_out = inside == b".." or inside.startswith(b"../")
        if leads_out:
            self._gaps.add(Gap(GapKind.LINK_NOT_FOLLOWED, shown, "folder: a link that leads out of it"))

    def _listed(self, directory: int, path: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
        try:
            names = sorted(os.listdir(directory))
        except OSError as error:
            self._note(path, error.strerror or str(error))
            return
        for name in names:
            raw = os.fsencode(name)
            try:
                yield raw, os.stat(raw, dir_fd=directory, follow_symlinks=False)
            except OSError:
                continue  # gone meanwhile

    def _note(self, path: bytes, reason: str) -> None:
        shown = path.decode("utf-8", "backslashreplace")
        self._gaps.add(Gap(GapKind.FILE_UNREADABLE, shown, f"folder: {reason}"))
