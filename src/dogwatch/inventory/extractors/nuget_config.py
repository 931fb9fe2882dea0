"""NuGet's older list of packages, in XML."""

from __future__ import annotations

from itertools import islice

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile
from dogwatch.inventory.xml_tags import read_tags, read_xml


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
        listing = Listing(path, self.ecosystem, limits)
        for tag in islice(read_tags(read_xml(path, content), "package"), limits.file_entries + 1):
            if tag.attributes.get("developmentDependency") != "true":
                listing.add(tag.attributes.get("id"), tag.attributes.get("version"))
        return listing.extraction()


EXTRACTOR = NugetConfigExtractor()
