"""What was found, as a CycloneDX bill of materials.

Source:
    CycloneDX 1.6, JSON; package URL specification, types oci and those of packages.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
from packageurl import PackageURL

from dogwatch.inventory.bills.words import GAP, LAYER, PLATFORM, say_gap, tell_package
from dogwatch.model.judgements import Examined, PlacedPackage, SubjectKind
from dogwatch.model.targets import TargetKind
from dogwatch.model.times import write_rfc3339

SPEC_VERSION: Final = "1.6"
_SUBJECT: Final = "subject"
_TYPES: Final = {SubjectKind.IMAGE: "container", SubjectKind.FOLDER: "file", SubjectKind.BILL: "file"}
# What stands before the colon of images that are not named by their registry.
_ELSEWHERE: Final = frozenset(str(kind) for kind in TargetKind if kind not in (TargetKind.IMAGE, TargetKind.REGISTRY))
_HASHES: Final = {"sha256": ("SHA-256", 64), "sha512": ("SHA-512", 128)}

Document = dict[str, object]


def write_cyclonedx(examined: Examined, made_at: datetime, version: str) -> str:
    """Return the bill; apart from its time the same for the same content, the serial number included."""
    document: Document = {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC_VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "dogwatch", "version": version}]},
            "component": _subject(examined),
            "properties": [{"name": f"{GAP}{gap.kind}", "value": say_gap(gap)} for gap in examined.gaps],
        },
        "components": [*_system(examined), *_components(examined.packages)],
        # Nobody can promise completeness: what is in no package database may be there all the same.
        "compositions": [{"aggregate": "incomplete" if examined.gaps else "unknown", "assemblies": [_SUBJECT]}],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, msgspec.json.encode(document).decode())
    document["serialNumber"] = f"urn:uuid:{serial}"
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    metadata["timestamp"] = write_rfc3339(made_at)
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _subject(examined: Examined) -> Document:
    subject = examined.subject
    component: Document = {"type": _TYPES[subject.kind], "bom-ref": _SUBJECT, "name": subject.name or "unnamed"}
    properties = [(PLATFORM, subject.platform)] if subject.platform else []
    properties += [(LAYER, digest) for digest in examined.layers]
    if subject.digest:
        component["version"] = subject.digest
        component |= _hashes(subject.digest)
    if subject.kind is SubjectKind.IMAGE and subject.digest:
        component["purl"] = image_url(subject.name, subject.digest, subject.platform)
    return component | _properties(properties)


def image_url(name: str, digest: str, platform: str) -> str:
    """Return an image's package URL; one that was not read in a registry has a URL without its place.

    Args:
        name: as it was named: `registry.example/shop/web:1.4`, `docker:shop/web`, `oci:build/image:latest`.
        digest: of its manifest.
        platform: os/architecture, maybe with a variant.
    """
    kind, colon, rest = name.partition(":")
    is_elsewhere = bool(colon) and kind in _ELSEWHERE
    repository = (rest if is_elsewhere else name).partition("@")[0]
    place, slash, tagged = repository.rpartition("/")
    plain = tagged.partition(":")[0].lower() or "unnamed"
    qualifiers = {"repository_url": f"{place}/{plain}".lower()} if slash and not is_elsewhere else {}
    if arch := "/".join(platform.split("/")[1:2]):
        qualifiers["arch"] = arch
    return PackageURL("oci", None, plain, digest, qualifiers).to_string()


def _hashes(digest: str) -> Document:
    algorithm, _, value = digest.partition(":")
    name, length = _HASHES.get(algorithm, ("", 0))
    return {"hashes": [{"alg": name, "content": value}]} if name and len(value) == length else {}


def _system(examined: Examined) -> Iterator[Document]:
    system = examined.system
    if system is None or not system.name:
        return
    component: Document = {"type": "operating-system", "bom-ref": "distribution", "name": system.name}
    component |= {"version": system.version} if system.version else {}
    yield component | ({"description": system.pretty_name} if system.pretty_name else {})


def _components(packages: Sequence[PlacedPackage]) -> Iterator[Document]:
    """Yield packages, each referred to by its package URL; where several have the same one, they are counted."""
    seen: Counter[str] = Counter()
    for one in packages:
        seen[one.package_url] += 1
        count = seen[one.package_url]
        yield _component(one, one.package_url if count == 1 else f"{one.package_url}#{count}")


def _component(placed: PlacedPackage, reference: str) -> Document:
    package = placed.package
    component: Document = {
        "type": "library",
        "bom-ref": reference,
        "name": package.name,
        "version": package.version,
        "purl": placed.package_url,
    }
    occurrences = [
        {"location": path} | ({"additionalContext": f"layer {place.layer_digest}"} if place.layer_digest else {})
        for place in placed.places
        for path in place.paths
    ]
    if occurrences:
        component["evidence"] = {"occurrences": occurrences}
    layers = [(LAYER, place.layer_digest) for place in placed.places if place.layer_digest]
    return component | _properties([*tell_package(package).items(), *layers])


def _properties(pairs: Sequence[tuple[str, str]]) -> Document:
    return {"properties": [{"name": name, "value": value} for name, value in pairs]} if pairs else {}
