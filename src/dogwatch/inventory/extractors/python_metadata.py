"""Python distributions: the metadata that installers leave beside the code."""

from __future__ import annotations

import io

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import decode_text, incomplete, is_keepable
from dogwatch.model.packages import Package

_ENDINGS = (".dist-info/METADATA", ".egg-info", ".egg-info/PKG-INFO", "/EGG-INFO/PKG-INFO")
_DIRECTORIES = (".dist-info", ".egg-info", "/EGG-INFO")


class PythonMetadataExtractor:
    """Reads `*.dist-info/METADATA`, `*.egg-info` files, `*.egg-info/PKG-INFO` and `*.egg/EGG-INFO/PKG-INFO`.

    Copies that another distribution carries along (`_vendor/`) count: their code is there too.

    Source:
        Core metadata specifications 2.4 (Name, Version; header fields end at the first empty line); Recording installed
        projects; setuptools' documentation of eggs.
    """

    name = "python-metadata"
    version = 1
    endings = frozenset({"METADATA", "egg-info", "PKG-INFO"})
    ecosystem = "PyPI"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether the path ends like a metadata file."""
        return path.endswith(_ENDINGS)

    def holds(self, directory: str) -> bool:
        """Say whether it is a metadata directory."""
        return directory.endswith(_DIRECTORIES)

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the one distribution that the file describes, or a gap."""
        fields: dict[bytes, bytes] = {}
        for line in io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")):
            if not line.strip():
                break
            if line[:1] in (b" ", b"\t"):
                continue
            key, _, value = line.partition(b":")
            if (key := key.strip().lower()) in (b"name", b"version"):
                fields.setdefault(key, value.strip())
        raw_name, raw_version = fields.get(b"name", b""), fields.get(b"version", b"")
        name, version = decode_text(raw_name), decode_text(raw_version)
        if not (is_keepable(name, limits) and is_keepable(version, limits)):
            return Extraction(gaps=(incomplete(path, raw_name, raw_version),))
        return Extraction(packages=(Package(self.ecosystem, str(name), str(version)),))


EXTRACTOR = PythonMetadataExtractor()
