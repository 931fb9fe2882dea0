"""Package databases of kinds that are not read: their presence is a gap, so that such an image never looks clean."""

from __future__ import annotations

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.model.gaps import Gap, GapKind

_KINDS = {
    "var/lib/pacman/local/ALPM_DB_VERSION": "pacman",
    "var/lib/portage/world": "portage",
    "usr/lib/opkg/status": "opkg",
    "var/lib/opkg/status": "opkg",
}
_DIRECTORIES = frozenset(
    path[:end] for path in _KINDS for end in range(len(path)) if path[end] == "/" and path[:end] != "lib"
)


class UnreadDatabaseExtractor:
    """Notices the databases of pacman, portage and opkg.

    Source:
        pacman(8) 7.0; portage(5); opkg's default configuration.
    """

    name = "unread-database"
    version = 3
    endings = frozenset[str]()
    ecosystem = ""
    needs_content = False

    def wants(self, path: str) -> bool:
        """Say whether it is one of the databases."""
        return path in _KINDS

    def holds(self, directory: str) -> bool:
        """Say whether it is a directory above one of them; `lib` is not: it is a link to usr/lib nearly everywhere."""
        return directory in _DIRECTORIES

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the gap."""
        gap = Gap(GapKind.PACKAGE_DATABASE_UNREAD, path, f"{_KINDS[path]} database: not read by this version")
        return Extraction(gaps=(gap,))


EXTRACTOR = UnreadDatabaseExtractor()
