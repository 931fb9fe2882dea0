"""What Composer has installed."""

from __future__ import annotations

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractors.composer_lock import Entry
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, decode_json

_FOLDER = "composer"
_FILE = f"{_FOLDER}/installed.json"


class _Installed(msgspec.Struct):
    packages: list[Entry] = []


# Composer 1 wrote the list itself, Composer 2 an object around it.
_INSTALLED: msgspec.json.Decoder[_Installed | list[Entry]] = msgspec.json.Decoder(_Installed | list[Entry])


class ComposerInstalledExtractor:
    """Reads `vendor/composer/installed.json`, whatever the vendor folder is called. All that is installed counts.

    Source:
        Composer 2.8, InstalledFilesystemRepository.
    """

    name = "composer-installed"
    version = 1
    endings = frozenset({"json"})
    ecosystem = "Packagist"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is the list of a vendor folder."""
        return path.endswith(_FILE) and (path == _FILE or path.endswith(f"/{_FILE}"))

    def holds(self, directory: str) -> bool:
        """Say whether it is Composer's own folder in a vendor folder."""
        return directory.endswith("vendor/composer")

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages."""
        found = decode_json(path, content, _INSTALLED, limits)
        listing = Listing(path, self.ecosystem, limits)
        for entry in found if isinstance(found, list) else found.packages:
            listing.add(entry.name, entry.version)
        return listing.extraction()


EXTRACTOR = ComposerInstalledExtractor()
