"""The list of packages in images that were put together from rpms and have no database of rpm."""

from __future__ import annotations

from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import read_lines
from dogwatch.inventory.naming import incomplete, too_many_entries
from dogwatch.inventory.rpm.packages import KEYS_OF_SIGNERS, Told, make_package
from dogwatch.model.gaps import Gap
from dogwatch.model.packages import Package

_PATH: Final = "var/lib/rpmmanifest/container-manifest-2"
_FOLDERS: Final = frozenset({"var", "var/lib", "var/lib/rpmmanifest"})
_FIELDS: Final = 10
_EPOCH_DIGITS_MAX: Final = 11  # it is a number of 32 bits
_UNTOLD: Final = "(none)"  # how rpm prints what a package does not have


class RpmManifestExtractor:
    """Reads `container-manifest-2` of Azure Linux's distroless images and of what is built upon them.

    Which files a package brought along does not stand in it, nor its module stream.

    Source:
        Azure Linux's distroless images and the builders that write the same file: `rpm -qa` with the format NAME,
        VERSION-RELEASE, INSTALLTIME, BUILDTIME, VENDOR, EPOCH, SIZE, ARCH, EPOCHNUM, SOURCERPM, tabs between them.
    """

    name = "rpm-manifest"
    version = 1
    endings = frozenset({"container-manifest-2"})
    ecosystem = ""
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is the list."""
        return path == _PATH

    def holds(self, directory: str) -> bool:
        """Say whether it is a directory above the list."""
        return directory in _FOLDERS

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages; a line that is not of this form is a gap."""
        packages: set[Package] = set()
        gaps: set[Gap] = set()
        for count, line in enumerate(read_lines(path, content)):
            if count == limits.file_entries:
                gaps.add(too_many_entries(path, limits))
                break
            told = _read_line(line)
            if told.name == KEYS_OF_SIGNERS or not line:
                continue
            package = make_package(told, limits)
            if package is None:
                gaps.add(incomplete(path, told.name, told.version))
            else:
                packages.add(package)
        return Extraction(tuple(sorted(packages)), tuple(sorted(gaps)))


def _read_line(line: str) -> Told:
    """Return what a line tells; of one with fewer fields the version is empty."""
    fields = ["" if field == _UNTOLD else field for field in line.split("\t", _FIELDS)]
    if len(fields) < _FIELDS:
        return Told(fields[0], "", "")
    name, full_version, _, _, vendor, _, _, arch, epoch, source_rpm = fields[:_FIELDS]
    version, _, release = full_version.rpartition("-")
    is_number = len(epoch) < _EPOCH_DIGITS_MAX and epoch.isascii() and epoch.isdigit()
    return Told(name, version, release, int(epoch) if is_number else 0, arch, source_rpm, vendor=vendor)


EXTRACTOR = RpmManifestExtractor()
