"""A Java runtime: the file `release` at its top, which names its version."""

from __future__ import annotations

import re
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import LiesAnywhere
from dogwatch.inventory.limits import Limits
from dogwatch.model.packages import Package

_VERSION: Final = re.compile(rb'^JAVA_VERSION="?([0-9][0-9._]{0,40})"?\r?$', re.MULTILINE)
_OLD: Final = re.compile(r"1\.(\d)\.\d(?:_(\d+))?")
_NEW: Final = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.\d+)*")


class JavaReleaseExtractor(LiesAnywhere):
    """Reads `release` of OpenJDK and its builds, also of runtimes that `jlink` made.

    Bitnami's advisories call it `java`, and write versions of three numbers: `1.8.0_402` is 8.0.402, and of
    `17.0.21.1` the last number, with which somebody mends his own build, is left out.

    Source:
        JEP 223 and JEP 322 on numbers of versions; OpenJDK 17, make/ReleaseFile.gmk on the file.
    """

    name = "java-release"
    version = 1
    endings = frozenset({"release"})
    ecosystem = "Bitnami"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is a file of that name in any folder."""
        return path.endswith("/release")

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the runtime; nothing if the file is of something else."""
        found = _VERSION.search(content)
        version = _as_advisories_write_it(found[1].decode("ascii")) if found is not None else ""
        return Extraction(packages=(Package(self.ecosystem, "java", version),)) if version else Extraction()


def _as_advisories_write_it(version: str) -> str:
    """Return three numbers; nothing for what is no version of Java."""
    old = _OLD.fullmatch(version)
    if old is not None:
        return f"{old[1]}.0.{int(old[2] or 0)}"
    new = _NEW.fullmatch(version)
    return f"{int(new[1])}.{int(new[2] or 0)}.{int(new[3] or 0)}" if new is not None else ""


EXTRACTOR = JavaReleaseExtractor()
