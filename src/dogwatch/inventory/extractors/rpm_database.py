"""rpm's database, in any of its three formats: which packages are installed, and which files they brought along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import SpooledExtractor
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import decode_text, incomplete, show, too_many_entries
from dogwatch.inventory.ownership import Claims
from dogwatch.inventory.rpm import berkeley, header, ndb, sqlite
from dogwatch.inventory.rpm.header import Header
from dogwatch.inventory.rpm.packages import KEYS_OF_SIGNERS, Told, make_package
from dogwatch.inventory.rpm.reading import DatabaseFile, RpmFormatError
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package

FOLDERS = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
_PATHS = frozenset(f"{folder}/{name}" for folder in FOLDERS for name in ("Packages", "Packages.db", "rpmdb.sqlite"))
DIRECTORIES = frozenset(
    f"{folder}/"[:end] for folder in FOLDERS for end, character in enumerate(f"{folder}/") if character == "/"
)
_LOGS = frozenset(f"{folder}/rpmdb.sqlite-wal" for folder in FOLDERS)
_EMPTY_LOG_BYTES = 32  # a log of SQLite that has its own header alone
_BUILD_IDS = b"usr/lib/.build-id/"  # links to programs, thousands of them


class RpmDatabaseExtractor(SpooledExtractor):
    """Reads `Packages` (Berkeley DB), `Packages.db` (rpm's own) and `rpmdb.sqlite`, told apart by how they begin.

    Source:
        rpm 4.20: the macro _dbpath and its values in Fedora, SUSE and ostree systems; each reader names its own.
    """

    name = "rpm-database"
    version = 4
    endings = frozenset({"Packages", "db", "sqlite", "sqlite-wal"})
    ecosystem = ""

    def wants(self, path: str) -> bool:
        """Say whether it is one of the databases."""
        return path in _PATHS or path in _LOGS

    def holds(self, directory: str) -> bool:
        """Say whether it is a directory above one of them."""
        return directory in DIRECTORIES

    def extract_from(self, path: str, file: BinaryIO, size_bytes: int, limits: Limits) -> Extraction:
        """Return the packages with source package, module, vendor and files.

        What was read before a damaged place is kept, beside a gap. A package's version has the epoch in front where
        that is not 0. SQLite's log beside a database has changes that somebody did not finish: a gap.
        """
        if path in _LOGS:
            return _read_log(path, size_bytes)
        try:
            headers = _open(DatabaseFile(file, size_bytes, limits.file_bytes))
        except RpmFormatError as error:
            raise MalformedPackageDatabaseError(path, str(error)) from error
        found = _Found(path, limits)
        try:
            for blob in headers:
                if found.is_full():
                    break
                found.add(blob)
        except RpmFormatError as error:
            found.note(error)
        return found.extraction()


def _read_log(path: str, size_bytes: int) -> Extraction:
    if size_bytes <= _EMPTY_LOG_BYTES:
        return Extraction()
    detail = "rpm database: changes in its log that were not written into it"
    return Extraction(gaps=(Gap(GapKind.PACKAGE_DATABASE_UNREAD, path, detail),))


def _open(file: DatabaseFile) -> Iterator[bytes]:
    """Return the headers of a database, whatever its format.

    Raises:
        RpmFormatError: it is of no known format.
    """
    start = file.read(0, min(file.size_bytes, 16))
    if start == sqlite.MAGIC:
        return sqlite.SqliteReader(file).headers()
    if start.startswith(ndb.MAGIC):
        return ndb.headers(file)
    if order := berkeley.byte_order(start):
        return berkeley.BerkeleyReader(file, order).headers()
    raise RpmFormatError("neither SQLite nor Berkeley DB nor rpm's own format")


class _Found:
    """What the headers read so far say."""

    def __init__(self, path: str, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._packages: set[Package] = set()
        self._gaps: set[Gap] = set()
        self._claims = Claims(limits)
        self._count = 0

    def is_full(self) -> bool:
        """Say whether there are as many as are looked at in one file; then that is a gap."""
        if self._count < self._limits.file_entries:
            return False
        self._gaps.add(too_many_entries(self._path, self._limits))
        return True

    def add(self, blob: bytes) -> None:
        """Take one header; one that does not parse is a gap."""
        self._count += 1
        try:
            parsed = Header(blob, self._limits.file_entries)
            name = parsed.text(header.NAME)
            if name == KEYS_OF_SIGNERS.encode():
                return
            package = _read_package(parsed, self._limits)
            if package is None:
                self._gaps.add(incomplete(self._path, name, parsed.text(header.VERSION)))
                return
            self._packages.add(package)
            if not parsed.has_too_many_files():
                self._claims.add(package.name, (each for each in parsed.files() if not each.startswith(_BUILD_IDS)))
        except RpmFormatError as error:
            self.note(error)

    def note(self, error: RpmFormatError) -> None:
        """Keep what is wrong as a gap."""
        self._gaps.add(Gap(GapKind.FILE_UNREADABLE, self._path, f"rpm-database: {show(str(error))}"))

    def extraction(self) -> Extraction:
        """Return everything in order."""
        return Extraction(tuple(sorted(self._packages)), tuple(sorted(self._gaps)), self._claims.made())


def _read_package(parsed: Header, limits: Limits) -> Package | None:
    told = Told(
        _text(parsed, header.NAME),
        _text(parsed, header.VERSION),
        _text(parsed, header.RELEASE),
        parsed.number(header.EPOCH) or 0,
        _text(parsed, header.ARCH),
        _text(parsed, header.SOURCE_RPM),
        _text(parsed, header.MODULARITY_LABEL),
        _text(parsed, header.VENDOR),
    )
    return make_package(told, limits)


def _text(parsed: Header, tag: int) -> str:
    return decode_text(parsed.text(tag)) or ""


EXTRACTOR = RpmDatabaseExtractor()
