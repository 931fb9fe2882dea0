"""Lists of requirements of pip: only those that name one exact version."""

from __future__ import annotations

import re
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_lines

# Possessive: what was matched is not given back, so that a line takes time in proportion to its length.
_PIN: Final = re.compile(
    r"\s*+([A-Za-z0-9][A-Za-z0-9._-]{0,200}+)\s*+(?:\[[^\]]{0,500}+\])?+\s*+===?+\s*+([^\s;,#\\]++)"
)


class PythonRequirementsExtractor(NamedLockFile):
    """Reads `requirements.txt`.

    A line that allows several versions does not tell which one is installed, and is passed over: that is told by the
    metadata of what is installed.

    Source:
        pip documentation, requirements file format; PEP 440, version matching.
    """

    name = "python-requirements"
    endings = frozenset({"txt"})
    file_names = frozenset({"requirements.txt"})
    ecosystem = "PyPI"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages with their exact versions."""
        listing = Listing(path, self.ecosystem, limits)
        for line in read_lines(path, content):
            if listing.is_full:
                break
            pin = _PIN.match(line)
            if pin is not None and "*" not in pin[2]:
                listing.add(pin[1], pin[2])
        return listing.extraction()


EXTRACTOR = PythonRequirementsExtractor()
