"""What a CycloneDX bill lists.

Source:
    CycloneDX 1.4 to 1.7, JSON; properties of syft and trivy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Raw

from dogwatch.inventory.bills.entries import Entry, Listed, told_gaps
from dogwatch.inventory.bills.raw import NOTHING, members_of, pairs_of, pieces_of, text_of
from dogwatch.inventory.bills.words import read_package
from dogwatch.inventory.evidence import OsRelease
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import show
from dogwatch.model.errors import LimitExceededError, MalformedPackageDatabaseError

# Components inside components: real bills have three levels. Each level is read once more, so depth costs time.
BILL_DEPTH_MAX: Final = 32

_VERSION: Final = re.compile(r"1\.[0-9]+")
# Kinds of components that are not packages, and say nothing where they have no package URL.
_NO_PACKAGES: Final = frozenset({"container", "cryptographic-asset", "data", "device", "file", "operating-system"})


class _Document(msgspec.Struct):
    specVersion: Raw = NOTHING  # noqa: N815 - as the format has it
    metadata: Raw = NOTHING
    components: Raw = NOTHING


class _Metadata(msgspec.Struct):
    component: Raw = NOTHING
    properties: Raw = NOTHING


class _Component(msgspec.Struct):
    type: Raw = NOTHING
    name: Raw = NOTHING
    version: Raw = NOTHING
    purl: Raw = NOTHING
    cpe: Raw = NOTHING
    properties: Raw = NOTHING
    evidence: Raw = NOTHING
    components: Raw = NOTHING


class _Evidence(msgspec.Struct):
    identity: Raw = NOTHING


class _Identity(msgspec.Struct):
    field: Raw = NOTHING
    concludedValue: Raw = NOTHING  # noqa: N815 - as the format has it


_DOCUMENT: Final = msgspec.json.Decoder(_Document)
_METADATA: Final = msgspec.json.Decoder(_Metadata)
_COMPONENT: Final = msgspec.json.Decoder(_Component)
_EVIDENCE: Final = msgspec.json.Decoder(_Evidence)
_IDENTITY: Final = msgspec.json.Decoder(_Identity)


def list_cyclonedx(content: Raw, what: str, limits: Limits) -> Listed:
    """Return what the bill lists; its entries are decoded as they are taken.

    Raises:
        MalformedPackageDatabaseError: another version than 1.x.
        LimitExceededError: components nested deeper than `BILL_DEPTH_MAX`; also while entries are taken.
    """
    document = members_of(content, _DOCUMENT) or _Document()
    version = text_of(document.specVersion)
    if not _VERSION.fullmatch(version):
        raise MalformedPackageDatabaseError(what, f"CycloneDX {show(version) or 'without a version'} is not read")
    metadata = members_of(document.metadata, _METADATA) or _Metadata()
    subject = members_of(metadata.component, _COMPONENT) or _Component()
    roots = (document.components, subject.components)
    return Listed(
        f"CycloneDX {version}",
        text_of(subject.name),
        (_entry(one, limits) for one in _walk(roots, what) if _is_listed(one)),
        _distribution(roots, what),
        told_gaps(pairs_of(metadata.properties)),
    )


def _walk(roots: tuple[Raw, ...], what: str) -> Iterator[_Component]:
    """Yield components with those nested in them."""
    waiting = [(1, root) for root in roots]
    while waiting:
        depth, level = waiting.pop()
        if depth > BILL_DEPTH_MAX:
            raise LimitExceededError(what, "BILL_DEPTH_MAX", BILL_DEPTH_MAX, "levels of components")
        for one in pieces_of(level):
            # What is no object at all is an entry without a package URL.
            component = members_of(one, _COMPONENT) or _Component(name=Raw(msgspec.json.encode(show(bytes(one)))))
            yield component
            if component.components:
                waiting.append((depth + 1, component.components))


def _is_listed(component: _Component) -> bool:
    return bool(text_of(component.purl)) or text_of(component.type) not in _NO_PACKAGES


def _distribution(roots: tuple[Raw, ...], what: str) -> OsRelease | None:
    for one in _walk(roots, what):
        if text_of(one.type) == "operating-system":
            properties = dict(pairs_of(one.properties))
            identifier = properties.get("syft:distro:id") or text_of(one.name)
            return OsRelease(id=identifier.lower(), version_id=text_of(one.version))
    return None


def _entry(component: _Component, limits: Limits) -> Entry:
    properties = dict(pairs_of(component.properties))
    version = properties.get("aquasecurity:trivy:SrcVersion", "")
    release, epoch = (properties.get(f"aquasecurity:trivy:Src{part}", "") for part in ("Release", "Epoch"))
    version = f"{epoch}:{version}" if epoch not in ("", "0") else version
    version = f"{version}-{release}" if release and version else version
    name = text_of(component.name)
    url = text_of(component.purl) or _concluded_url(component)
    return Entry(
        name,
        (url,) if url else (),
        bool(text_of(component.cpe)),
        properties.get("syft:metadata:source") or properties.get("aquasecurity:trivy:SrcName", ""),
        properties.get("syft:metadata:sourceVersion") or version,
        read_package(name, text_of(component.version), properties, limits),
    )


def _concluded_url(component: _Component) -> str:
    """Return the package URL that the evidence concludes to; a list of identities since 1.6, one before."""
    evidence = members_of(component.evidence, _EVIDENCE) or _Evidence()
    for one in pieces_of(evidence.identity) or [evidence.identity]:
        identity = members_of(one, _IDENTITY)
        if identity and text_of(identity.field) == "purl":
            return text_of(identity.concludedValue)
    return ""
