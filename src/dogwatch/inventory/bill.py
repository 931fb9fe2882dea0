"""A bill of materials (CycloneDX or SPDX, JSON) → packages and gaps. Pure: bytes in, values out.

What a bill says is believed, and only that: an entry that names no package we can judge becomes part of a gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import msgspec

from dogwatch.inventory.bills.words import PACKAGE_COMMENT, read_gap, read_package
from dogwatch.inventory.evidence import OsRelease
from dogwatch.inventory.limits import DEFAULT_LIMITS, GAPS_OF_A_KIND, MIB, Limits
from dogwatch.inventory.naming import show
from dogwatch.inventory.package_urls import names_source, parse_package_url
from dogwatch.model.errors import LimitExceededError, MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package
from dogwatch.versions import family_of

# Bills of large images with all files listed reach 100 MB; parsed, they take about ten times that in memory.
BILL_BYTES_MAX: Final = 128 * MIB
# Entries looked at: ten times the packages of the largest images seen.
BILL_ENTRIES_MAX: Final = 500_000

_CYCLONEDX: Final = re.compile(r"1\.[0-9]+")
_SPDX: Final = re.compile(r"SPDX-2\.[23]")
# Kinds of entries that are not packages, and say nothing where they have no package URL.
_NO_PACKAGES: Final = frozenset({"container", "cryptographic-asset", "data", "device", "file", "operating-system"})
_NO_SPDX_PACKAGES: Final = frozenset({"CONTAINER", "DEVICE", "FILE", "OPERATING-SYSTEM"})
# Package URLs of images, which are no packages either, wherever they stand.
_IMAGE_URLS: Final = ("pkg:oci/", "pkg:docker/")
_EXAMPLES: Final = 3
# What we say of a gap: a path, of at most 4,096 characters, and a sentence.
_GAP_CHARS: Final = 5_000
# As many as we write at most.
_GAPS_MAX: Final = len(GapKind) * (GAPS_OF_A_KIND + 1)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a bill lists: the format it is in, what it describes, packages sorted and distinct, and gaps."""

    format: str
    describes: str
    packages: tuple[Package, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry: its name for people, its package URLs, and the source package as some tools write it beside.

    `own` is the package itself, where we wrote the entry and said what its package URL does not carry.
    """

    name: str
    urls: tuple[str, ...]
    source_name: str = ""
    source_version: str = ""
    own: Package | None = None


def read_bill(content: bytes, what: str, limits: Limits = DEFAULT_LIMITS) -> Bill:
    """Read a bill of materials.

    Args:
        content: the file.
        what: names it in errors.
        limits: caps on names and versions.

    Raises:
        MalformedPackageDatabaseError: not JSON, or of no format and version that is read.
        LimitExceededError: larger than `BILL_BYTES_MAX`.

    Source:
        CycloneDX 1.4 to 1.7, JSON; SPDX 2.2 and 2.3, JSON.
    """
    if len(content) > BILL_BYTES_MAX:
        raise LimitExceededError(what, "BILL_BYTES_MAX", BILL_BYTES_MAX, "bytes")
    try:
        document = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError as deep:
        raise MalformedPackageDatabaseError(what, "nested too deeply") from deep
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise MalformedPackageDatabaseError(what, f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise MalformedPackageDatabaseError(what, "not a bill of materials")
    if document.get("bomFormat") == "CycloneDX":
        return _read_cyclonedx(document, what, limits)
    if isinstance(document.get("spdxVersion"), str):
        return _read_spdx(document, what, limits)
    raise MalformedPackageDatabaseError(what, "neither CycloneDX nor SPDX 2 in JSON")


def _read_cyclonedx(document: Mapping[str, object], what: str, limits: Limits) -> Bill:
    version = _text(document, "specVersion")
    if not _CYCLONEDX.fullmatch(version):
        raise MalformedPackageDatabaseError(what, f"CycloneDX {show(version) or 'without a version'} is not read")
    subject = _member(_member(document, "metadata"), "component")
    components = list(_walk(document.get("components")))
    distribution = next((one for one in components if one.get("type") == "operating-system"), None)
    fallback = None
    if distribution is not None:
        properties = dict(_properties(distribution))
        identifier = properties.get("syft:distro:id") or _text(distribution, "name")
        fallback = OsRelease(id=identifier.lower(), version_id=_text(distribution, "version"))
    entries = (
        _cyclonedx_entry(one, limits) for one in components if _text(one, "purl") or one.get("type") not in _NO_PACKAGES
    )
    told = _properties(_member(document, "metadata"))
    return _bill(f"CycloneDX {version}", _text(subject, "name"), entries, fallback, limits, _told_gaps(told))


def _walk(components: object) -> Iterator[Mapping[str, object]]:
    """Yield components with those nested in them; the depth is bounded by the decoder."""
    waiting = [components]
    while waiting:
        level = waiting.pop()
        for one in level if isinstance(level, list) else ():
            # What is no object at all is an entry without a package URL.
            component = one if isinstance(one, dict) else {"name": show(one)}
            yield component
            waiting.append(component.get("components"))


def _told_gaps(told: Iterable[tuple[str, str]]) -> Iterator[Gap]:
    """Yield the gaps that a bill of ours tells of."""
    gaps = (read_gap(name, show(sentence, _GAP_CHARS)) for name, sentence in told)
    return islice((gap for gap in gaps if gap is not None), _GAPS_MAX)


def _cyclonedx_entry(component: Mapping[str, object], limits: Limits) -> _Entry:
    properties = dict(_properties(component))
    version = properties.get("aquasecurity:trivy:SrcVersion", "")
    release, epoch = (properties.get(f"aquasecurity:trivy:Src{part}", "") for part in ("Release", "Epoch"))
    version = f"{epoch}:{version}" if epoch not in ("", "0") else version
    version = f"{version}-{release}" if release and version else version
    return _Entry(
        _text(component, "name"),
        tuple(url for url in (_text(component, "purl"),) if url),
        properties.get("syft:metadata:source") or properties.get("aquasecurity:trivy:SrcName", ""),
        properties.get("syft:metadata:sourceVersion") or version,
        read_package(_text(component, "name"), _text(component, "version"), properties, limits),
    )


def _properties(component: Mapping[str, object]) -> list[tuple[str, str]]:
    listed = component.get("properties")
    pairs = (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict))
    return [(_text(one, "name"), _text(one, "value")) for one in pairs]


def _read_spdx(document: Mapping[str, object], what: str, limits: Limits) -> Bill:
    version = _text(document, "spdxVersion")
    if not _SPDX.fullmatch(version):
        raise MalformedPackageDatabaseError(what, f"{show(version)} is not read; SPDX 2.2 and 2.3 are")
    listed = document.get("packages")
    packages = (
        [one if isinstance(one, dict) else {"name": show(one)} for one in listed] if isinstance(listed, list) else []
    )
    described = _described(document)
    entries = []
    for one in packages:
        entry = _Entry(_text(one, "name"), tuple(_spdx_urls(one)), own=_spdx_own(one, limits))
        is_subject = _text(one, "SPDXID") in described or one.get("primaryPackagePurpose") in _NO_SPDX_PACKAGES
        names_package = any(not url.startswith(_IMAGE_URLS) for url in entry.urls)
        if names_package or not is_subject:
            entries.append(entry)
    told = (comment.partition(" ")[::2] for comment in _comments(document))
    gaps = _told_gaps(told)
    return _bill(f"SPDX {version.removeprefix('SPDX-')}", _text(document, "name"), entries, None, limits, gaps)


def _comments(holder: Mapping[str, object]) -> Iterator[str]:
    listed = holder.get("annotations")
    yield from (_text(one, "comment") for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict))


def _spdx_own(package: Mapping[str, object], limits: Limits) -> Package | None:
    """Return the package as we told of it beside its package URL; None where we did not."""
    for comment in _comments(package):
        if comment.startswith(PACKAGE_COMMENT):
            try:
                told = msgspec.json.decode(comment.removeprefix(PACKAGE_COMMENT), type=dict[str, str])
            except msgspec.MsgspecError:
                return None
            return read_package(_text(package, "name"), _text(package, "versionInfo"), told, limits)
    return None


def _described(document: Mapping[str, object]) -> set[str]:
    listed = document.get("documentDescribes")
    described = {one for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()
    relationships = document.get("relationships")
    for one in relationships if isinstance(relationships, list) else ():
        if isinstance(one, dict) and one.get("relationshipType") == "DESCRIBES":
            described.add(_text(one, "relatedSpdxElement"))
    return described - {""}


def _spdx_urls(package: Mapping[str, object]) -> Iterator[str]:
    listed = package.get("externalRefs")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and _text(one, "referenceType") == "purl":
            yield _text(one, "referenceLocator")


def _bill(
    format: str,
    describes: str,
    entries: Iterable[_Entry],
    fallback: OsRelease | None,
    limits: Limits,
    told: Iterable[Gap],
) -> Bill:
    packages: set[Package] = set()
    refused: dict[str, list[str]] = {}
    names_sources = False
    gaps = set(told)
    for number, entry in enumerate(entries):
        if number >= BILL_ENTRIES_MAX:
            gaps.add(Gap(GapKind.TOO_MANY_FILES, "", f"over the limit of {BILL_ENTRIES_MAX} entries in one bill"))
            break
        if entry.own is not None:
            packages.add(entry.own)
            names_sources = names_sources or bool(entry.own.source_name)
            continue
        for url in entry.urls or ("",):
            try:
                package = parse_package_url(url, fallback, limits)
            except ValueError as error:
                reason = _reason(url, error)
                refused.setdefault(reason, []).append(entry.name or url)
                continue
            if package.source_name:
                names_sources = names_sources or names_source(url) or bool(entry.source_name)
                if entry.source_name and not names_source(url):
                    version = entry.source_version or package.version
                    package = replace(package, source_name=entry.source_name, source_version=version)
            packages.add(package)
    gaps.update(_refusals(refused), _distribution_gaps(packages, names_sources))
    return Bill(format, show(describes, 300), tuple(sorted(packages)), tuple(sorted(gaps)))


def _reason(url: str, error: ValueError) -> str:
    if not url:
        return "no package URL"
    known = str(error)
    if known.startswith(("packages of type", "no usable")):
        return show(known, 60)
    return "a package URL that does not parse"


def _refusals(refused: Mapping[str, list[str]]) -> Iterator[Gap]:
    for number, (reason, names) in enumerate(sorted(refused.items())):
        if number == GAPS_OF_A_KIND:
            yield Gap(GapKind.PACKAGE_UNIDENTIFIED, "", f"{len(refused) - number} more reasons")
            return
        examples = ", ".join(show(name, 60) for name in sorted(set(names))[:_EXAMPLES])
        count = f"{len(names)} {'entry' if len(names) == 1 else 'entries'}"
        yield Gap(
            GapKind.PACKAGE_UNIDENTIFIED, "", f"{count}: {reason} ({examples}{'…' if len(names) > _EXAMPLES else ''})"
        )


def _distribution_gaps(packages: set[Package], names_sources: bool) -> Iterator[Gap]:
    system = [package for package in packages if package.source_name]
    if system and not names_sources:
        yield Gap(GapKind.SOURCE_PACKAGE_UNKNOWN, "", f"{len(system)} packages, none with its source package")
    for ecosystem in sorted({package.ecosystem for package in system}):
        count = sum(package.ecosystem == ecosystem for package in system)
        if family_of(ecosystem) != "Debian":
            yield Gap(GapKind.DISTRIBUTION_UNSUPPORTED, "", f"{ecosystem}: {count} packages")
        elif ":" not in ecosystem:
            yield Gap(GapKind.RELEASE_UNKNOWN, "", f"{ecosystem}: {count} packages without a release")


def _text(holder: Mapping[str, object], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def _member(holder: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}
