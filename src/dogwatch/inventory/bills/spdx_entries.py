"""What an SPDX document lists: its packages. Files are passed over, whatever their number.

Source:
    SPDX 2.2 and 2.3, JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Raw

from dogwatch.inventory.bills.entries import Entry, Listed, told_gaps
from dogwatch.inventory.bills.raw import NOTHING, members_of, pieces_of, text_of
from dogwatch.inventory.bills.words import PACKAGE_COMMENT, read_package
from dogwatch.inventory.evidence import OsRelease
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import show
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.packages import Package

_VERSION: Final = re.compile(r"SPDX-2\.[23]")
_SYSTEM: Final = "OPERATING-SYSTEM"
_NO_PACKAGES: Final = frozenset({"CONTAINER", "DEVICE", "FILE", _SYSTEM})
# Package URLs of images, which are no packages, wherever they stand.
_IMAGE_URLS: Final = ("pkg:oci/", "pkg:docker/")


class _Document(msgspec.Struct):
    spdxVersion: Raw = NOTHING  # noqa: N815 - these are as the format has them
    name: Raw = NOTHING
    packages: Raw = NOTHING
    documentDescribes: Raw = NOTHING  # noqa: N815
    relationships: Raw = NOTHING
    annotations: Raw = NOTHING


class _Package(msgspec.Struct):
    SPDXID: Raw = NOTHING
    name: Raw = NOTHING
    versionInfo: Raw = NOTHING  # noqa: N815
    primaryPackagePurpose: Raw = NOTHING  # noqa: N815
    externalRefs: Raw = NOTHING  # noqa: N815
    annotations: Raw = NOTHING


class _Reference(msgspec.Struct):
    referenceType: Raw = NOTHING  # noqa: N815
    referenceLocator: Raw = NOTHING  # noqa: N815


class _Relationship(msgspec.Struct):
    relationshipType: Raw = NOTHING  # noqa: N815
    relatedSpdxElement: Raw = NOTHING  # noqa: N815


class _Annotation(msgspec.Struct):
    comment: Raw = NOTHING


_DOCUMENT: Final = msgspec.json.Decoder(_Document)
_PACKAGE: Final = msgspec.json.Decoder(_Package)
_REFERENCE: Final = msgspec.json.Decoder(_Reference)
_RELATIONSHIP: Final = msgspec.json.Decoder(_Relationship)
_ANNOTATION: Final = msgspec.json.Decoder(_Annotation)
_PROPERTIES: Final = msgspec.json.Decoder(dict[str, str])


def list_spdx(content: Raw, what: str, limits: Limits) -> Listed:
    """Return what the document lists; its entries are decoded as they are taken.

    Raises:
        MalformedPackageDatabaseError: another version than 2.2 and 2.3.
    """
    document = members_of(content, _DOCUMENT) or _Document()
    version = text_of(document.spdxVersion)
    if not _VERSION.fullmatch(version):
        raise MalformedPackageDatabaseError(what, f"{show(version)} is not read; SPDX 2.2 and 2.3 are")
    return Listed(
        f"SPDX {version.removeprefix('SPDX-')}",
        text_of(document.name),
        _entries(document, limits),
        _distribution(document),
        told_gaps(comment.partition(" ")[::2] for comment in _comments(document.annotations)),
    )


def _packages(document: _Document) -> Iterator[_Package]:
    for one in pieces_of(document.packages):
        # What is no object at all is an entry without a package URL.
        yield members_of(one, _PACKAGE) or _Package(name=Raw(msgspec.json.encode(show(bytes(one)))))


def _entries(document: _Document, limits: Limits) -> Iterator[Entry]:
    described = _described(document)
    for one in _packages(document):
        references = list(_references(one))
        urls = tuple(locator for kind, locator in references if kind == "purl")
        names_package = any(not url.startswith(_IMAGE_URLS) for url in urls)
        is_subject = text_of(one.SPDXID) in described or text_of(one.primaryPackagePurpose) in _NO_PACKAGES
        if names_package or not is_subject:
            has_cpe = any(kind in ("cpe22Type", "cpe23Type") for kind, _ in references)
            yield Entry(text_of(one.name), urls, has_cpe, own=_own(one, limits))


def _references(package: _Package) -> Iterator[tuple[str, str]]:
    for one in pieces_of(package.externalRefs):
        if reference := members_of(one, _REFERENCE):
            yield text_of(reference.referenceType), text_of(reference.referenceLocator)


def _described(document: _Document) -> set[str]:
    described = {text_of(one) for one in pieces_of(document.documentDescribes)}
    for one in pieces_of(document.relationships):
        relationship = members_of(one, _RELATIONSHIP)
        if relationship and text_of(relationship.relationshipType) == "DESCRIBES":
            described.add(text_of(relationship.relatedSpdxElement))
    return described - {""}


def _distribution(document: _Document) -> OsRelease | None:
    for one in _packages(document):
        if text_of(one.primaryPackagePurpose) == _SYSTEM:
            return OsRelease(id=text_of(one.name).lower(), version_id=text_of(one.versionInfo))
    return None


def _comments(annotations: Raw) -> Iterator[str]:
    for one in pieces_of(annotations):
        if annotation := members_of(one, _ANNOTATION):
            yield text_of(annotation.comment)


def _own(package: _Package, limits: Limits) -> Package | None:
    """Return the package as we told of it beside its package URL; None where we did not."""
    for comment in _comments(package.annotations):
        if comment.startswith(PACKAGE_COMMENT):
            try:
                told = _PROPERTIES.decode(comment.removeprefix(PACKAGE_COMMENT))
            except msgspec.MsgspecError:
                return None
            return read_package(text_of(package.name), text_of(package.versionInfo), told, limits)
    return None
