"""apk's database: which packages of the distribution are installed, and which files they brought along."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import decode_text, incomplete, is_keepable, too_many_entries
from dogwatch.inventory.ownership import Claims
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package

_PATHS = frozenset({"lib/apk/db/installed", "usr/lib/apk/db/installed"})
# `lib` is left out: it is a link to usr/lib nearly everywhere, and then the database is read there.
_DIRECTORIES = frozenset(
    {"lib/apk", "lib/apk/db", "usr", "usr/lib", "usr/lib/apk", "usr/lib/apk/db"},
)
_FIELDS = frozenset({b"P", b"V", b"A", b"o"})
_VIRTUAL = b"."  # `apk add --virtual .build-deps`: a name for others, without files


@dataclass(slots=True)
class _Entry:
    """One package as it stands in the file; `paths` are those of its files."""

    fields: dict[bytes, bytes] = field(default_factory=dict)
    paths: list[bytes] = field(default_factory=list)


class ApkInstalledExtractor:
    """Reads lib/apk/db/installed and usr/lib/apk/db/installed.

    Source:
        apk-v2(5) of apk-tools 3.0: one-letter fields, P name, V version, A architecture, o origin, F a folder, R a file
        in the folder before it; an empty line behind each package.
    """

    name = "apk-installed"
    version = 4
    endings = frozenset({"installed"})
    ecosystem = ""
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is one of the two places of the database."""
        return path in _PATHS

    def holds(self, directory: str) -> bool:
        """Say whether it is a directory above the database."""
        return directory in _DIRECTORIES

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages with their source packages and files; what does not parse is a gap."""
        packages: set[Package] = set()
        gaps: set[Gap] = set()
        claims = Claims(limits)
        for entry in _entries(content):
            if len(packages) + len(gaps) >= limits.file_entries:
                gaps.add(too_many_entries(path, limits))
                break
            if entry is None:
                gaps.add(Gap(GapKind.FILE_UNREADABLE, path, f"{self.name}: a line that is no field"))
                continue
            package = _read_package(entry.fields, limits)
            if package is None:
                gaps.add(incomplete(path, entry.fields.get(b"P", b""), entry.fields.get(b"V", b"")))
                continue
            if entry.fields[b"P"].startswith(_VIRTUAL):
                continue
            packages.add(package)
            claims.add(package.name, entry.paths)
        return Extraction(tuple(sorted(packages)), tuple(sorted(gaps)), claims.made())


def _entries(content: bytes) -> Iterator[_Entry | None]:
    """Yield each package, and None for each line that is no field."""
    entry = _Entry()
    folder = b""
    for line in io.BytesIO(content):  # one line at a time: a list of all would be many times the file
        key, colon, value = line.rstrip(b"\r\n").partition(b":")
        if not colon or len(key) != 1:
            if line.strip():
                yield None
            elif entry.fields:
                yield entry
                entry, folder = _Entry(), b""
            continue
        if key == b"R":
            entry.paths.append(folder + value)
        elif key == b"F":
            folder = value + b"/" if value else b""
        elif key in _FIELDS:
            entry.fields[key] = value.strip()
    if entry.fields:
        yield entry


def _read_package(fields: dict[bytes, bytes], limits: Limits) -> Package | None:
    name, version = decode_text(fields.get(b"P", b"")), decode_text(fields.get(b"V", b""))
    arch = decode_text(fields.get(b"A", b"")) or ""
    origin = decode_text(fields.get(b"o", b"")) or name
    if name is None or version is None or origin is None:
        return None
    if not all(is_keepable(text, limits) for text in (name, version, arch or "-", origin)):
        return None
    return Package("", name, version, arch, origin, version)


EXTRACTOR = ApkInstalledExtractor()
