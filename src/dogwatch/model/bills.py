"""Bills of materials: the formats that we write, and bills that are attached to images."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dogwatch.model.gaps import Gap


class BillFormat(StrEnum):
    """The formats that we write, by the names that people ask for."""

    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


MEDIA_TYPES = {
    BillFormat.CYCLONEDX: "application/vnd.cyclonedx+json",
    BillFormat.SPDX: "application/spdx+json",
}
"""As registered with IANA."""


@dataclass(frozen=True, slots=True)
class AttachedBill:
    """What is attached to an image and may be a bill of materials, as received.

    `digest` is that of its bytes, verified; `link` says in words what ties it to the image.
    """

    digest: str
    link: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Attachments:
    """What is attached to an image: bills, and gaps for what could not be had."""

    bills: tuple[AttachedBill, ...] = ()
    gaps: tuple[Gap, ...] = ()
