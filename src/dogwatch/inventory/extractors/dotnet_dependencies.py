"""What a .NET program was published with: the list beside its main assembly."""

from __future__ import annotations

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import LiesAnywhere
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, decode_json

_RUNTIME_PACK = "runtimepack."


class _Library(msgspec.Struct):
    type: str = ""


class _Dependencies(msgspec.Struct):
    libraries: dict[str, _Library] = {}


_DEPENDENCIES = msgspec.json.Decoder(_Dependencies)


class DotnetDependenciesExtractor(LiesAnywhere):
    """Reads `*.deps.json`, of programs and of the shared runtimes themselves. The project and its parts do not count.

    Source:
        .NET runtime configuration files, documentation of NAME.deps.json (libraries: type package, project,
        runtimepack).
    """

    name = "dotnet-dependencies"
    version = 1
    endings = frozenset({"json"})
    ecosystem = "NuGet"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is such a list."""
        return path.endswith(".deps.json")

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages of libraries and of the runtime."""
        listing = Listing(path, self.ecosystem, limits)
        for key, library in decode_json(path, content, _DEPENDENCIES, limits).libraries.items():
            name, _, version = key.rpartition("/")
            if library.type.lower() in ("package", "runtimepack"):
                listing.add(name.removeprefix(_RUNTIME_PACK), version)
        return listing.extraction()


EXTRACTOR = DotnetDependenciesExtractor()
