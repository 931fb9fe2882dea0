"""Bills of materials that we write: their formats."""

from __future__ import annotations

from enum import StrEnum


class BillFormat(StrEnum):
    """The formats that we write, by the names that people ask for."""

    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


MEDIA_TYPES = {
    BillFormat.CYCLONEDX: "application/vnd.cyclonedx+json",
    BillFormat.SPDX: "application/spdx+json",
}
"""As registered with IANA."""
