"""dpkg's file lists: which metadata of language packages the distribution's own packages brought along.

Such a file is the distribution's package once more, under its upstream name, and must not be judged twice.
"""

from __future__ import annotations

import io
import re

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractors import npm_package, python_metadata
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import is_keepable, too_many_entries
from dogwatch.inventory.paths import clean_path

_LISTS = "var/lib/dpkg/info/"
_SUMS = "var/lib/dpkg/status.d/"
_DIRECTORIES = frozenset({"var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/info"})
# Of the tens of thousands of lines of a large image only those that these extractors look at are kept.
_JUDGED_BY = (python_metadata.EXTRACTOR, npm_package.EXTRACTOR)
_MARK = re.compile(rb"\.dist-info|\.egg-info|EGG-INFO|node_modules")


class DpkgOwnershipExtractor:
    """Reads `var/lib/dpkg/info/*.list`, and `var/lib/dpkg/status.d/*.md5sums` of images built without dpkg.

    Source:
        dpkg-query(1), dpkg 1.22, `--listfiles`: one absolute path per line. deb-md5sums(5): digest, two spaces, path
        without a leading slash. dpkg names lists of multi-arch packages NAME:ARCH.list.
    """

    name = "dpkg-ownership"
    version = 1
    ecosystem = ""
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is a list of files of one package."""
        if not path.startswith("var/lib/dpkg/"):
            return False
        if path.endswith(".list"):
            return path.startswith(_LISTS) and "/" not in path[len(_LISTS) :]
        return path.endswith(".md5sums") and path.startswith(_SUMS) and "/" not in path[len(_SUMS) :]

    def holds(self, directory: str) -> bool:
        """Say whether it is a directory above the lists."""
        return directory in _DIRECTORIES

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the paths that matter, and the package that owns them."""
        owner = path.rpartition("/")[2].rpartition(".")[0].partition(":")[0]
        if not is_keepable(owner, limits) or not _MARK.search(content):
            return Extraction()
        has_sums = path.endswith(".md5sums")
        owned: set[str] = set()
        for line in io.BytesIO(content):
            if not _MARK.search(line):
                continue
            if len(owned) >= limits.file_entries:
                return Extraction(gaps=(too_many_entries(path, limits),))
            line = line.rstrip(b"\n")
            name = clean_path(line.partition(b"  ")[2] if has_sums else line)
            if name and any(other.wants(name) or other.holds(name) for other in _JUDGED_BY):
                owned.add(name)
        return Extraction(owner=owner, owned=tuple(sorted(owned))) if owned else Extraction()


EXTRACTOR = DpkgOwnershipExtractor()
