"""dpkg's status database: which packages of the distribution are installed.

One file for all packages (`status`), or one for each (`status.d/`, as in images built without dpkg).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import decode_text, incomplete, is_keepable, show, too_many_entries
from dogwatch.inventory.vendors import find_debian_vendor
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package

STATUS_PATH = "var/lib/dpkg/status"
_EACH = "var/lib/dpkg/status.d/"
_DIRECTORIES = frozenset({"var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/status.d"})

_FIELDS = frozenset({b"package", b"status", b"version", b"architecture", b"source", b"maintainer", b"origin"})
# The third word of Status. Files of the first group are unpacked in full; the others have none of the package's own.
_PRESENT = frozenset({b"installed", b"half-configured", b"unpacked", b"triggers-awaited", b"triggers-pending"})
_ABSENT = frozenset({b"not-installed", b"config-files"})
_SOURCE = re.compile(r"([^\s()]+)(?:\s*\(\s*([^\s()]+)\s*\))?")


class DpkgStatusExtractor:
    """Reads var/lib/dpkg/status and the files of var/lib/dpkg/status.d.

    Source:
        dpkg-query(1) and deb822(5), dpkg 1.22: package states, fields, stanzas. Debian policy 5.6.1 for Source.
    """

    name = "dpkg-status"
    version = 2
    endings = frozenset[str]()
    ecosystem = ""
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is the status file or one of the files for a single package."""
        if not path.startswith("var/lib/dpkg/status"):
            return False
        name = path.removeprefix(_EACH)
        return path == STATUS_PATH or (name != path and "/" not in name and not name.endswith(".md5sums"))

    def holds(self, directory: str) -> bool:
        """Say whether it is a directory above the database."""
        return directory in _DIRECTORIES

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages that are present; what does not parse is a gap, and the rest is still read."""
        packages: set[Package] = set()
        gaps: set[Gap] = set()
        damage = Gap(GapKind.FILE_UNREADABLE, path, f"{self.name}: a line that is no field")
        for stanza in _stanzas(content):
            if len(packages) + len(gaps) >= limits.file_entries:
                gaps.add(too_many_entries(path, limits))
                break
            if stanza is None:
                gaps.add(damage)
                continue
            outcome = _read_stanza(stanza, path, limits)
            if isinstance(outcome, Package):
                packages.add(outcome)
            elif outcome is not None:
                gaps.add(outcome)
        return Extraction(packages=tuple(sorted(packages)), gaps=tuple(sorted(gaps)))


def _stanzas(content: bytes) -> Iterator[dict[bytes, bytes] | None]:
    """Yield the fields that matter of each stanza, names in lower case, and None for each line that is no field."""
    fields: dict[bytes, bytes] = {}
    for line in io.BytesIO(content):  # one line at a time: a list of all would be many times the file
        if line[:1] in (b" ", b"\t") and line.strip():
            continue
        name, colon, value = line.partition(b":")
        if colon:
            name = name.strip().lower()
            if name in _FIELDS:
                fields[name] = value.strip()
        elif line.strip():
            yield None
        elif fields:
            yield fields
            fields = {}
    if fields:
        yield fields


def _read_stanza(fields: dict[bytes, bytes], path: str, limits: Limits) -> Package | Gap | None:
    name, version = fields.get(b"package", b""), fields.get(b"version", b"")
    # Files in status.d are the package's control data, without a status: what they describe is there.
    words = fields.get(b"status", b"install ok installed").split()
    state = words[2] if len(words) == 3 else b""
    if state in _ABSENT:
        return None
    if state not in _PRESENT:
        detail = f"{show(name)} {show(version)}: state {show(b' '.join(words)) or 'missing'}"
        return Gap(GapKind.PACKAGE_INCOMPLETE, path, detail)
    texts = [decode_text(name), decode_text(version)]
    source = _SOURCE.fullmatch(decode_text(fields.get(b"source", name)) or "")
    arch = decode_text(fields.get(b"architecture", b"")) or ""
    if source is None or not all(
        is_keepable(text, limits) for text in [*texts, source[1], source[2] or "-", arch or "-"]
    ):
        return incomplete(path, name, version)
    maintainer, origin = (decode_text(fields.get(field, b"")) or "" for field in (b"maintainer", b"origin"))
    vendor = find_debian_vendor(str(texts[1]), maintainer, origin)
    vendor = vendor if is_keepable(vendor, limits) else ""
    return Package("", str(texts[0]), str(texts[1]), arch, source[1], source[2] or str(texts[1]), vendor=vendor)


EXTRACTOR = DpkgStatusExtractor()
