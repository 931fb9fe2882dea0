"""What was found, as an SPDX document.

Source:
    SPDX 2.3, JSON; chapters "Document creation information", "Package information", "Annotation".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from dogwatch.inventory.bills.cyclonedx_document import image_url
from dogwatch.inventory.bills.words import GAP, PACKAGE_COMMENT, is_carried, say_gap, tell_package
from dogwatch.inventory.package_urls import is_rpm
from dogwatch.model.judgements import Examined, PlacedPackage, SubjectKind
from dogwatch.model.packages import Package

_DOCUMENT: Final = "SPDXRef-DOCUMENT"
_SUBJECT: Final = "SPDXRef-Subject"
_SYSTEM: Final = "SPDXRef-Distribution"
_CHECKSUMS: Final = {"sha256": ("SHA256", 64), "sha512": ("SHA512", 128)}

Document = dict[str, object]


def write_spdx(examined: Examined, made_at: datetime, version: str) -> str:
    """Return the bill; apart from its times the same for the same content, the namespace included."""
    annotate = _Annotator(made_at, version)
    rpms = {one.package for one in examined.packages if is_rpm(one.package)}
    # Where no rpm has an epoch, nobody could tell from package URLs that there is none.
    told = rpms if not any(":" in package.version for package in rpms) else set[Package]()
    packages = [
        _package(one, number, annotate, is_told=one.package in told or not is_carried(one.package, one.package_url))
        for number, one in enumerate(examined.packages, 1)
    ]
    system = list(_system(examined))
    identifiers = [_SYSTEM] * len(system) + [f"SPDXRef-Package-{number}" for number in range(1, len(packages) + 1)]
    comments = [f"{GAP}{gap.kind} {say_gap(gap)}" for gap in examined.gaps]
    content = msgspec.json.encode((examined, version))
    document: Document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": examined.subject.name or "unnamed",
        "documentNamespace": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content.decode())}",
        "creationInfo": {"created": annotate.moment, "creators": [annotate.tool]},
        "packages": [_subject(examined), *system, *packages],
        "relationships": [
            _relationship(_DOCUMENT, "DESCRIBES", _SUBJECT),
            *(_relationship(_SUBJECT, "CONTAINS", one) for one in identifiers),
        ],
        "annotations": [annotate(comment) for comment in comments],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


class _Annotator:
    """Makes annotations of one moment by one version of ours."""

    def __init__(self, made_at: datetime, version: str) -> None:
        self.moment = made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # SPDX has seconds, UTC
        self.tool = f"Tool: dogwatch-{version}"

    def __call__(self, comment: str) -> Document:
        return {
            "annotationDate": self.moment,
            "annotationType": "OTHER",
            "annotator": self.tool,
            "comment": comment,
        }


def _subject(examined: Examined) -> Document:
    subject = examined.subject
    is_image = subject.kind is SubjectKind.IMAGE
    document = _bare(_SUBJECT, subject.name or "unnamed")
    document["primaryPackagePurpose"] = "CONTAINER" if is_image else "FILE"
    if subject.digest:
        document["versionInfo"] = subject.digest
        algorithm, _, value = subject.digest.partition(":")
        name, length = _CHECKSUMS.get(algorithm, ("", 0))
        if name and len(value) == length:
            document["checksums"] = [{"algorithm": name, "checksumValue": value}]
    if subject.digest and is_image:
        document["externalRefs"] = [_purl(image_url(subject.name, subject.digest, subject.platform))]
    told = [f"platform {subject.platform}"] if subject.platform else []
    told += [f"layers, oldest first: {' '.join(examined.layers)}"] if examined.layers else []
    return document | ({"comment": "; ".join(told)} if told else {})


def _system(examined: Examined) -> Iterator[Document]:
    system = examined.system
    if system is None or not system.name:
        return
    document = _bare(_SYSTEM, system.name) | {"primaryPackagePurpose": "OPERATING-SYSTEM"}
    document |= {"versionInfo": system.version} if system.version else {}
    yield document | ({"summary": system.pretty_name} if system.pretty_name else {})


def _package(placed: PlacedPackage, number: int, annotate: _Annotator, *, is_told: bool) -> Document:
    package = placed.package
    document = _bare(f"SPDXRef-Package-{number}", package.name)
    document["versionInfo"] = package.version
    document["externalRefs"] = [_purl(placed.package_url)]
    told = []
    if package.source_name:
        told.append(f"built from source package {package.source_name} {package.source_version}")
    proofs = [f"{place.layer_digest} {' '.join(place.paths)}".strip() for place in placed.places]
    told += ["found in " + "; ".join(proof for proof in proofs if proof)] if any(proofs) else []
    if told:
        document["sourceInfo"] = "; ".join(told)
    if is_told:
        properties = msgspec.json.encode(tell_package(package)).decode()
        document["annotations"] = [annotate(PACKAGE_COMMENT + properties)]
    return document


def _bare(identifier: str, name: str) -> Document:
    return {"SPDXID": identifier, "name": name, "downloadLocation": "NOASSERTION", "filesAnalyzed": False}


def _purl(url: str) -> Document:
    return {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": url}


def _relationship(one: str, kind: str, other: str) -> Document:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
