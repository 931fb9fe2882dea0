"""An installed Go toolchain: the file that names its release."""

from __future__ import annotations

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import LiesAnywhere
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import decode_text, is_keepable
from dogwatch.model.packages import Package
from dogwatch.versions import go_release_version

_FILE = "go/VERSION"


class GoToolchainExtractor(LiesAnywhere):
    """Reads `go/VERSION`. Advisories call the compiler and the go command `toolchain`.

    Programs built with it name their standard library themselves.

    Source:
        Go 1.26, src/cmd/dist (findgoversion): the first line of VERSION.
    """

    name = "go-toolchain"
    version = 1
    endings = frozenset({"VERSION"})
    ecosystem = "Go"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is the file at the top of a toolchain."""
        return path.endswith(_FILE) and (path == _FILE or path.endswith(f"/{_FILE}"))

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the toolchain; nothing if the file is of something else."""
        text = decode_text(content[:200].partition(b"\n")[0].strip()) or ""
        if not text.startswith(("go1", "go2", "devel ")) or not is_keepable(text, limits):
            return Extraction()
        return Extraction(packages=(Package(self.ecosystem, "toolchain", go_release_version(text) or text),))


EXTRACTOR = GoToolchainExtractor()
