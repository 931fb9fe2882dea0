"""dpkg's file lists: which metadata and programs the distribution's own packages brought along.

Such a file is the distribution's package once more, under its upstream name, and must not be judged twice.
"""

from __future__ import annotations

from dogwatch.inventory.evidence import Extraction, Ownership
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import is_keepable, too_many_entries
from dogwatch.inventory.ownership import sift
from dogwatch.inventory.paths import clean_path

_LISTS = "var/lib/dpkg/info/"
_SUMS = "var/lib/dpkg/status.d/"
_SUM_CHARS = 34  # a digest and two spaces
_DIRECTORIES = frozenset({"var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/info"})


class DpkgOwnershipExtractor:
    """Reads `var/lib/dpkg/info/*.list`, and `var/lib/dpkg/status.d/*.md5sums` of images built without dpkg.

    Source:
        dpkg-query(1), dpkg 1.22, `--listfiles`: one absolute path per line. deb-md5sums(5): digest, two spaces, path
        without a leading slash. dpkg names lists of multi-arch packages NAME:ARCH.list.
    """

    name = "dpkg-ownership"
    version = 6
    endings = frozenset({"list", "md5sums"})
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
        if not is_keepable(owner, limits):
            return Extraction()
        before = _SUM_CHARS if path.endswith(".md5sums") else 1  # what stands before the path in each line
        owned: set[str] = set()
        for line in sift(content, before):
            if len(owned) >= limits.file_entries:
                return Extraction(gaps=(too_many_entries(path, limits),))
            name = clean_path(line)
            if name:
                owned.add(name)
        return Extraction(ownership=(Ownership(owner, tuple(sorted(owned))),)) if owned else Extraction()


EXTRACTOR = DpkgOwnershipExtractor()
