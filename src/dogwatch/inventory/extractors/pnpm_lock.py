"""pnpm's lock files, of versions 5 to 9: the part of YAML that pnpm writes, by lines."""

from __future__ import annotations

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_entries, read_lines


class PnpmLockExtractor(NamedLockFile):
    """Reads `pnpm-lock.yaml`.

    Entries marked as needed by development alone are left out; version 9 does not mark them, and all are listed.

    Source:
        pnpm, lockfile specification (versions 5.x, 6.0, 9.0): keys of `packages`, and how they name peers.
    """

    name = "pnpm-lock"
    endings = frozenset({"yaml"})
    file_names = frozenset({"pnpm-lock.yaml"})
    ecosystem = "npm"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages of the registry that the file lists."""
        listing = Listing(path, self.ecosystem, limits)
        for key, fields in read_entries(read_lines(path, content), "packages"):
            if listing.is_full:
                break
            if fields.get("dev") == "true":
                continue
            name, version = fields.get("name"), fields.get("version")
            if name is None or version is None:
                key_name, key_version = _split_key(key)
                if key_version.startswith(("file:", "link:")) or key.startswith(("file:", "link:")):
                    continue
                name, version = name or key_name, version or key_version
            listing.add(name, version)
        return listing.extraction()


def _split_key(key: str) -> tuple[str, str]:
    """Return name and version of a key: `/a/1.0.0_peer@2`, `/a@1.0.0(peer@2)`, or `a@1.0.0`."""
    key = key.removeprefix("/")
    scope, slash, rest = key.partition("/") if key.startswith("@") else ("", "", key)
    at = rest.find("@", 1)
    slash_at = rest.find("/")
    if slash_at > 0 and (at < 0 or slash_at < at):
        name, version = rest[:slash_at], rest[slash_at + 1 :].partition("_")[0]
    else:
        name, version = (rest[:at], rest[at + 1 :]) if at > 0 else (rest, "")
    return scope + slash + name, version.partition("(")[0]


EXTRACTOR = PnpmLockExtractor()
