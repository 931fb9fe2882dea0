"""What a CVE id looks like: whatever else stands in its place is refused, before it becomes a key."""

from __future__ import annotations

import re

_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}", re.ASCII)


def is_cve(text: str) -> bool:
    """Whether a text is a CVE id.

    Source:
        CVE record format 5.1, cveId: four digits of a year, four to nineteen of a number.
    """
    return _CVE.fullmatch(text) is not None
