"""Documents that the operator of an installation supplies: advisories of their own, and VEX statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dogwatch.model.advisories import AffectedPackage
from dogwatch.model.feeds import ParsedRecord

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
"""A document is read at once; a vendor's largest one has a few megabytes."""


class DocumentFormat(StrEnum):
    """What a document is written in."""

    OSV = "osv"
    OPENVEX = "openvex"
    CSAF = "csaf-vex"


@dataclass(frozen=True, slots=True)
class UnusedProduct:
    """A product that is spoken of and that no package can be met by: where in the document, what, and why not."""

    place: str
    product: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImageProduct:
    """An image that a statement is about, by what is told of it: each text is empty where nothing is.

    `name` is the last part of `repository`, which has its registry; `digest` is that of a manifest.
    """

    name: str
    digest: str = ""
    repository: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class ImageStatement:
    """What a document says of a vulnerability in one image: in `packages`, named outright, or in all of it (none)."""

    image: ImageProduct
    names: tuple[str, ...]
    state: str
    stated_at: datetime
    summary: str
    packages: tuple[AffectedPackage, ...] = ()


@dataclass(frozen=True, slots=True)
class OperatorDocument:
    """One document as it was read. `name` is what it calls itself, `stated_at` its own word for its last change.

    `file` is what errors call it. `records` are what is journalled of it, under `source`; each has an advisory. What it
    says of images alone, `about_images`, is not: it counts where one image is looked at.
    """

    file: str
    name: str
    source: str
    format: DocumentFormat
    author: str
    stated_at: datetime
    content: bytes
    records: tuple[ParsedRecord, ...]
    unused: tuple[UnusedProduct, ...] = ()
    about_images: tuple[ImageStatement, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document that is in force, as lists show it.

    `statements` counts what it says of packages, `packages` the stored packages that are met by any of it, `unused` the
    products that can meet none.
    """

    id: int
    name: str
    format: DocumentFormat
    author: str
    stated_at: datetime
    added_at: datetime
    added_by: str
    statements: int
    packages: int
    unused: int


@dataclass(frozen=True, slots=True)
class StatementView:
    """What a document says of one product and vulnerability.

    `verdict` and `fix_state` as in `AffectedRange`; `versions` in words; `packages` counts the stored ones it meets.
    `overruled_by` is a newer statement that says otherwise of some of them; empty where there is none.
    """

    vulnerability: str
    ecosystem: str
    package: str
    versions: str
    arch: str
    verdict: str
    fix_state: str
    summary: str
    packages: int
    overruled_by: str = ""


@dataclass(frozen=True, slots=True)
class DocumentDetails:
    """A document with its statements, in order, and what is said of nothing that can be met.

    `left` counts statements beyond those that are shown.
    """

    document: DocumentView
    statements: tuple[StatementView, ...]
    left: int
    unused: tuple[UnusedProduct, ...]


class Supply(StrEnum):
    """What adding a document did."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class SuppliedDocument:
    """A document after it was added; `ended` counts records of its earlier state that it no longer has.

    `exposures_begun` and `exposures_ended` count package versions whose verdict, fix or severity changed.
    """

    outcome: Supply
    document: DocumentView
    ended: int = 0
    exposures_begun: int = 0
    exposures_ended: int = 0
