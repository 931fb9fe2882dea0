"""Applications that are unpacked, not installed: their version, from the file of their source that holds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import LiesAnywhere
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.programs.known import BITNAMI, with_patch
from dogwatch.model.packages import Package

_NUMBER: Final = rb"(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?)"


@dataclass(frozen=True, slots=True)
class KnownApplication:
    """One row: what Bitnami's advisories call it, how its file's path ends, and the line whose group is the version."""

    name: str
    ending: str
    line: re.Pattern[bytes]


# As with programs (decision 0043): a row was tried on real releases, and a pre-release matches nothing.
KNOWN_APPLICATIONS: Final = (
    KnownApplication(
        "phpmyadmin",
        "/libraries/classes/Version.php",
        re.compile(rb"^ {4}(?:public )?const VERSION = '" + _NUMBER + rb"' \. VERSION_SUFFIX;", re.MULTILINE),
    ),
    KnownApplication(
        "rabbitmq", "/ebin/rabbit.app", re.compile(rb'^\s{1,8}\{vsn, ?"' + _NUMBER + rb'"\}', re.MULTILINE)
    ),
    KnownApplication(
        "wordpress", "wp-includes/version.php", re.compile(rb"^\$wp_version = '" + _NUMBER + rb"';", re.MULTILINE)
    ),
)
_ENDINGS: Final = tuple(row.ending for row in KNOWN_APPLICATIONS)


class KnownApplicationsExtractor(LiesAnywhere):
    """Reads the file of each application in the table above."""

    name = "known-applications"
    version = 1
    endings = frozenset({"app", "php"})
    ecosystem = BITNAMI
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether the path ends like one in the table."""
        return path.endswith(_ENDINGS)

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the application; nothing if the file does not say its version so."""
        row = next(row for row in KNOWN_APPLICATIONS if path.endswith(row.ending))
        found = row.line.search(content)
        if found is None:
            return Extraction()
        return Extraction(packages=(Package(self.ecosystem, row.name, with_patch(found[1].decode("ascii"))),))


EXTRACTOR = KnownApplicationsExtractor()
