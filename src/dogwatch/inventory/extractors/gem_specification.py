"""Installed gems of Ruby: the specification that RubyGems leaves of each."""

from __future__ import annotations

import re
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import decode_text, incomplete, is_keepable
from dogwatch.model.packages import Package

_DIRECTORIES: Final = ("specifications", "specifications/default")
_STUB: Final = re.compile(rb"^# stub: (\S+) (\S+) ", re.MULTILINE)
_NAME: Final = re.compile(rb"^[ \t]*\w+\.name[ \t]*=[ \t]*['\"]([^'\"\n]*)['\"]", re.MULTILINE)
_VERSION: Final = re.compile(
    rb"^[ \t]*\w+\.version[ \t]*=[ \t]*(?:Gem::Version\.new\(?)?['\"]([^'\"\n]*)['\"]", re.MULTILINE
)


class GemSpecificationExtractor:
    """Reads `specifications/*.gemspec` and `specifications/default/*.gemspec`. A gemspec elsewhere is source code.

    Source:
        RubyGems 3.7, Gem::Specification#to_ruby and Gem::StubSpecification (the line `# stub: name version …`).
    """

    name = "gem-specification"
    version = 1
    endings = frozenset({"gemspec"})
    ecosystem = "RubyGems"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is the specification of an installed gem."""
        return path.endswith(".gemspec") and self.holds(path.rpartition("/")[0])

    def holds(self, directory: str) -> bool:
        """Say whether it is a folder of specifications."""
        return directory in _DIRECTORIES or directory.endswith(("/specifications", "/specifications/default"))

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the gem, or a gap."""
        if stub := _STUB.search(content):
            raw_name, raw_version = stub[1], stub[2]
        else:
            found_name, found_version = _NAME.search(content), _VERSION.search(content)
            raw_name = found_name[1] if found_name else b""
            raw_version = found_version[1] if found_version else b""
        name, version = decode_text(raw_name), decode_text(raw_version)
        if is_keepable(name, limits) and is_keepable(version, limits):
            return Extraction(packages=(Package(self.ecosystem, str(name), str(version)),))
        return Extraction(gaps=(incomplete(path, raw_name, raw_version),))


EXTRACTOR = GemSpecificationExtractor()
