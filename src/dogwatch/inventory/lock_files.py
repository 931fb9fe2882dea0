"""What extractors of lock files share: which lie where nobody installs from, their lines, their JSON, what they list.

Lock files are written by programs and read here by lines or by the fields that matter, never as whole documents: time
and memory follow their size, however they are nested, and nothing in them can refer to anything else.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import LiesAnywhere
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import is_keepable, show, too_many_entries
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package

# Folders of installed or fetched dependencies: a lock file in them is what their authors developed with.
_DEPENDENCIES: Final = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|site-packages|dist-packages|gems|vendor|pkg/mod|\.cargo/(?:registry|git))/"
)
# What is kept of tables and entries; a hostile one may have millions of others.
_FIELDS: Final = frozenset({"name", "version", "source", "category", "groups", "dependency", "dev"})
_OBJECTS_PER_ENTRY: Final = 2  # of JSON; the objects that are passed over count as well
_T = TypeVar("_T")


def lies_in_dependency(path: str) -> bool:
    """Say whether a file came along with a dependency, so that nobody installed anything from it here."""
    return _DEPENDENCIES.search(path) is not None


class NamedLockFile(LiesAnywhere):
    """Extractors of lock files that are told by their whole name have this of the contract in common."""

    version = 1
    endings: frozenset[str] = frozenset()
    file_names: frozenset[str] = frozenset()
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is such a file of a project, not of one of its dependencies."""
        return path[path.rfind("/") + 1 :] in self.file_names and not lies_in_dependency(path)


def read_lines(path: str, content: bytes) -> Iterator[str]:
    """Yield the lines of a text file without their ends.

    Raises:
        MalformedPackageDatabaseError: it is not UTF-8.
    """
    for line in io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")):
        try:
            yield line.rstrip(b"\r\n").decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedPackageDatabaseError(path, "not UTF-8") from error


def decode_json(path: str, content: bytes, decoder: msgspec.json.Decoder[_T], limits: Limits) -> _T:
    """Return the fields that the decoder knows; all others are passed over and take no memory.

    Raises:
        MalformedPackageDatabaseError: not JSON, not what the decoder expects, or of more objects than any real file.
    """
    most = _OBJECTS_PER_ENTRY * limits.file_entries
    if content.count(b"{") > most:  # each may become a value of some 200 bytes
        raise MalformedPackageDatabaseError(path, f"more than {most} objects in it")
    try:
        return decoder.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedPackageDatabaseError(path, f"not of this kind: {show(error, 200)}") from error


def read_tables(lines: Iterable[str], name: str = "package") -> Iterator[dict[str, str]]:
    """Yield the tables `[[name]]` of a TOML file that a program wrote: key → value as written, quotes taken off.

    Only keys of the table itself that stand on one line are returned, not those of tables below it. The standard
    library takes some ten times as long, and holds all that a hostile document may have.
    """
    table: dict[str, str] | None = None
    quote = ""  # of the text of several lines that goes on
    is_open = False  # whether a key belongs to the table itself
    for line in lines:
        if quote:
            quote = "" if quote in line else quote
        elif line.startswith("["):
            is_open = line.rstrip() == f"[[{name}]]"
            if is_open or line.startswith("[["):
                if table is not None:
                    yield table
                table = {} if is_open else None
        else:
            key, equals, value = line.partition(" = ")
            mark = value[:3]
            if equals and mark in ('"""', "'''"):
                quote = "" if mark in value[3:] else mark
            elif equals and is_open and table is not None and key in _FIELDS:
                table.setdefault(key, value.strip().strip('"'))
    if table is not None:
        yield table


def read_entries(lines: Iterable[str], section: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the entries of one section of a YAML file that a program wrote: key → fields of one line, quotes taken off.

    Keys stand two spaces deep, their fields four; what stands deeper is passed over. References are not followed.
    """
    entry: tuple[str, dict[str, str]] | None = None
    is_inside = False
    for line in lines:
        depth = len(line) - len(line.lstrip(" "))
        if depth == len(line):
            continue
        if depth == 0:
            is_inside = line.rstrip() == f"{section}:"
        elif is_inside and depth == 2:
            if entry is not None:
                yield entry
            entry = _unquote(line.strip().partition(": ")[0].removesuffix(":")), {}
        elif is_inside and depth == 4 and entry is not None:
            key, _, value = line.strip().partition(": ")
            if key in _FIELDS:
                entry[1].setdefault(key, _unquote(value))
    if entry is not None:
        yield entry


def _unquote(text: str) -> str:
    return text.strip().strip("'\"")


class Listing:
    """What one file lists, as it is gone through."""

    def __init__(self, path: str, ecosystem: str, limits: Limits) -> None:
        self._path = path
        self._ecosystem = ecosystem
        self._limits = limits
        self._packages: set[Package] = set()
        self._unusable: list[tuple[str, str]] = []
        self._count = 0

    @property
    def is_full(self) -> bool:
        """Whether it lists more than the limit: what stands behind need not be read."""
        return self._count > self._limits.file_entries

    def add(self, name: str | None, version: str | None) -> None:
        """Take note of one entry."""
        self._count += 1
        if self.is_full:
            return
        if is_keepable(name, self._limits) and is_keepable(version, self._limits):
            self._packages.add(Package(self._ecosystem, str(name), str(version)))
        else:
            self._unusable.append((name or "-", version or "-"))

    def extraction(self) -> Extraction:
        """Return the packages, and one gap each for entries without a usable name and version, and for too many."""
        gaps: list[Gap] = []
        if self._unusable:
            name, version = self._unusable[0]
            more = f" and {len(self._unusable) - 1} others" if len(self._unusable) > 1 else ""
            detail = f"no usable name and version: {show(name)} {show(version)}{more}"
            gaps.append(Gap(GapKind.PACKAGE_INCOMPLETE, self._path, detail))
        if self.is_full:
            gaps.append(too_many_entries(self._path, self._limits))
        return Extraction(packages=tuple(sorted(self._packages)), gaps=tuple(sorted(gaps)))
