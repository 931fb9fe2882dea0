"""Projects of .NET: the packages that they name with a version, which is the one that NuGet takes."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import LiesAnywhere
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, lies_in_dependency
from dogwatch.inventory.xml_tags import read_tags, read_xml

_ENDINGS: Final = (".csproj", ".fsproj", ".vbproj", "Directory.Packages.props")
# A version alone means at least this one, and NuGet takes the lowest there is; in brackets it is the only one.
_VERSION: Final = re.compile(r"\[?([0-9][0-9A-Za-z.+-]*)\]?")


class NugetProjectExtractor(LiesAnywhere):
    """Reads `PackageReference` of projects, and `PackageVersion` of `Directory.Packages.props`.

    What only the build needs (`PrivateAssets="all"`) does not count. A version that is not told where the package is
    named, or by a variable or range, is passed over: `packages.lock.json` or `*.deps.json` tell what it came to.

    Source:
        NuGet documentation, PackageReference in project files; Central Package Management; version ranges.
    """

    name = "nuget-project"
    version = 1
    endings = frozenset({"csproj", "fsproj", "vbproj", "props"})
    ecosystem = "NuGet"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is such a file of a project, not of one of its dependencies."""
        return path.endswith(_ENDINGS) and not lies_in_dependency(path)

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages with the versions that are told."""
        listing = Listing(path, self.ecosystem, limits)
        tags = read_tags(read_xml(path, content), "PackageReference|PackageVersion|GlobalPackageReference")
        for tag in islice(tags, limits.file_entries + 1):
            private = tag.attributes.get("PrivateAssets") or tag.child("PrivateAssets")
            version = _VERSION.fullmatch(tag.attributes.get("Version") or tag.child("Version"))
            if private.lower() != "all" and version is not None:
                listing.add(tag.attributes.get("Include"), version[1])
        return listing.extraction()


EXTRACTOR = NugetProjectExtractor()
