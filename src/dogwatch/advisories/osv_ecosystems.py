"""Which ecosystem an entry of a record in the OSV format speaks of, as packages tell theirs.

A repository's address behind the name says where a package is published (`Maven:https://maven.example.org`), which no
installed package tells; that an entry is of a variant of a distribution stands in its package URL alone.
"""

from __future__ import annotations

import re
from typing import Final

_REPOSITORY: Final = re.compile(r"(?P<family>[^:]+):https?://.*")
_VARIANT: Final = re.compile(
    r"pkg:rpm/rocky-linux/[^?]*\?(?:.*&)?distro=rocky-linux-\d{1,2}-(?P<variant>sig-[a-z0-9-]+)"
)


def ecosystem_of(stated: str, purl: str) -> str:
    """Return the ecosystem in which an entry meets packages.

    1. A repository's address is left out: a package has the same name wherever it came from.
    2. Builds of Rocky Linux's special interest groups are packages of their own, numbered otherwise
       (`425.10.1.el8_7.cloud` fixes what `425.10.1.el8_7` does): what is said of them meets no plain image.

    Args:
        stated: the ecosystem as the entry has it.
        purl: the entry's package URL; empty where it has none.

    Source:
        OSV schema 1.7.3, section affected.package; Rocky Linux' records (RXSA).
    """
    if found := _REPOSITORY.fullmatch(stated):
        return found["family"]
    variant = _VARIANT.match(purl)
    return f"{stated}:{variant['variant']}" if variant else stated
