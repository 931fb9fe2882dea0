"""For which module stream an rpm was built, by its label, or by its release where there is none."""

from __future__ import annotations

import re
from typing import Final

from dogwatch.versions import UNNAMED_STREAM

_OF_A_MODULE: Final = re.compile(r"\.module[+_]")


def read_module(label: str, release: str) -> str:
    """Return name and stream of a label (`nodejs:18:8090020240101:a75119d5`); empty for a package of no module.

    Args:
        label: as the header and package URLs have it; may be empty.
        release: of the package. One that says `module` without a label counts as a stream without a name.
    """
    if label:
        return ":".join(label.split(":")[:2])
    return UNNAMED_STREAM if _OF_A_MODULE.search(release) else ""
