"""Bills of materials: the formats that we write, and bills that are attached to images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dogwatch.model.gaps import Gap
from dogwatch.model.packages import Package


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


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What the bills attached to an image say, beside what was found in it.

    `named` are the packages that bills name, sorted: found ones as they were found, with the places of those bills in
    the order of the bills. `only` are those of them that were not found, sorted. `gaps` are sorted.
    """

    named: tuple[tuple[Package, tuple[str, ...]], ...] = ()
    only: tuple[Package, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class BillsToRead:
    """A watched image whose attached bills are to be looked at.

    `indexes` are digests of image indexes that name it, newest first; `inventory_id` is that of its layers, and
    `packages` what it holds, by their ids. `asked` counts how often a look was asked for until now. `are_believed` says
    whether its registry's setting still asks for them.
    """

    image_id: int
    chain_id: int
    account_id: str
    registry_id: int
    repository: str
    digest: str
    inventory_id: int
    asked: int
    are_believed: bool
    indexes: tuple[str, ...]
    packages: Mapping[int, Package]
