"""NuGet's older list of packages, in XML: tags are looked for, and nothing in it is expanded."""

from __future__ import annotations

import re
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile
from dogwatch.inventory.naming import decode_text
from dogwatch.model.errors import MalformedPackageDatabaseError

_PACKAGE: Final = re.compile(r"<package\s([^<>]{0,2000})>")
_ATTRIBUTE: Final = re.compile(r"\b(\w++)\s*+=\s*+[\"']([^\"'<>&]*)[\"']")


class NugetConfigExtractor(NamedLockFile):
    """Reads `packages.config`. What only development needs is marked, and left out.

    Source:
        NuGet documentation, packages.config reference.
    """

    name = "nuget-config"
    endings = frozenset({"config"})
    file_names = frozenset({"packages.config", "Packages.config"})
    ecosystem = "NuGet"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages."""
        text = decode_text(content.removeprefix(b"\xef\xbb\xbf"))
        if text is None:
            raise MalformedPackageDatabaseError(path, "not UTF-8")
        listing = Listing(path, self.ecosystem, limits)
        for tag in _PACKAGE.finditer(text):
            if listing.is_full:
                break
            attributes = dict(_ATTRIBUTE.findall(tag[1]))
            if attributes.get("developmentDependency") != "true":
                listing.add(attributes.get("id"), attributes.get("version"))
        return listing.extraction()


EXTRACTOR = NugetConfigExtractor()
