"""What conda installed: one file for each package of an environment."""

from __future__ import annotations

from typing import Final

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, decode_json

_FOLDER: Final = "conda-meta"


class _Record(msgspec.Struct):
    name: str | None = None
    version: str | None = None


_RECORD: Final = msgspec.json.Decoder(_Record)


class CondaMetaExtractor:
    """Reads `conda-meta/*.json` of any environment. Python packages among them have metadata of their own as well.

    Nobody publishes advisories for packages of conda: they are listed, and that they are judged by nobody is a gap.

    Source:
        conda 24, "Environments: conda-meta"; PrefixRecord.
    """

    name = "conda-meta"
    version = 1
    endings = frozenset({"json"})
    ecosystem = "Conda"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is the record of a package."""
        return path.endswith(".json") and self.holds(path.rpartition("/")[0])

    def holds(self, directory: str) -> bool:
        """Say whether it is the folder of records."""
        return directory == _FOLDER or directory.endswith(f"/{_FOLDER}")

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the package."""
        record = decode_json(path, content, _RECORD, limits)
        listing = Listing(path, self.ecosystem, limits)
        listing.add(record.name, record.version)
        return listing.extraction()


EXTRACTOR = CondaMetaExtractor()
