"""Bills of materials that are attached to an image in its registry: found, bounded, fetched, verified.

What ties each to the image is told in words. Nothing here reads what they say. Called by `opened` and `watched`.

Source:
    OCI distribution specification 1.1, sections "Listing Referrers" and "Referrers Tag Schema"; cosign, tags `.att`
    and `.sbom`; BuildKit documentation, "Image attestation storage".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from dogwatch.inventory.bills.attestations import is_bill_type
from dogwatch.model.bills import AttachedBill, Attachments
from dogwatch.model.errors import (
    ContentError,
    DigestMismatchError,
    DogwatchError,
    ImageGoneError,
    LimitExceededError,
    MalformedManifestError,
    RegistryError,
)
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import Descriptor, digest_of
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.manifests import FetchedManifest, IndexManifest, is_attestation, parse_attached, parse_manifest
from dogwatch.registry.media_types import bare

_BILL_TYPES: Final = frozenset({"application/spdx+json", "text/spdx+json", "application/vnd.cyclonedx+json"})
_STATEMENT_TYPES: Final = (
    "application/vnd.in-toto+json",
    "application/vnd.dsse.envelope.v1+json",
    "application/vnd.dev.sigstore.bundle",  # with its version behind it
)
_PREDICATE_NAMES: Final = frozenset({"in-toto.io/predicate-type", "predicateType", "dev.sigstore.bundle.predicateType"})
_REFERENCE: Final = "vnd.docker.reference.digest"


@dataclass(frozen=True, slots=True)
class _Attached:
    """A manifest that is attached to the image, and what says so."""

    reference: str
    link: str
    needs_subject: bool = False


def _excuse_all(_error: DogwatchError) -> bool:
    return True


def find_attachments(
    client: RegistryClient,
    repository: str,
    digest: str,
    around: Iterable[FetchedManifest],
    excuses: Callable[[DogwatchError], bool] = _excuse_all,
) -> Attachments:
    """Fetch what may be a bill of materials of an image: referrers, cosign's tags, build attestations of its indexes.

    What cannot be had is a gap: the image itself was read.

    Args:
        client: reads the registry.
        repository: where the image stands.
        digest: the image's.
        around: manifests that may be an index with it.
        excuses: says which errors are gaps; by default all are.

    Raises:
        RegistryError, ContentError: one that is not excused.
    """
    bills: dict[str, AttachedBill] = {}
    gaps: list[Gap] = []
    blobs: dict[str, tuple[Descriptor, str]] = {}
    for attached in _all_attached(client, repository, digest, around, gaps, excuses):
        try:
            for blob in _blobs(client, repository, digest, attached):
                blobs.setdefault(blob.digest, (blob, attached.link))
        except (RegistryError, ContentError) as error:
            if not excuses(error):
                raise
            gaps.append(_unread(attached.reference, error.message))
    for number, (blob, link) in enumerate(blobs.values()):
        if number == client.limits.attached_bills:
            gaps.append(_unread("", f"{len(blobs) - number} more than the limit attached_bills of {number}"))
            break
        try:
            bills[blob.digest] = AttachedBill(blob.digest, link, _fetch(client, repository, blob))
        except (RegistryError, ContentError) as error:
            if not excuses(error):
                raise
            gaps.append(_unread(blob.digest, error.message))
    return Attachments(tuple(bills.values()), tuple(sorted(gaps)))


def _unread(digest: str, reason: str) -> Gap:
    return Gap(GapKind.ATTACHED_BILL_UNREAD, f"sbom:{digest}" if digest else "", reason)


def _all_attached(
    client: RegistryClient,
    repository: str,
    digest: str,
    around: Iterable[FetchedManifest],
    gaps: list[Gap],
    excuses: Callable[[DogwatchError], bool],
) -> Iterator[_Attached]:
    tag = digest.replace(":", "-", 1)
    found: dict[str, _Attached] = {}
    for ways in (_referrers(client, repository, digest, tag), _build_attestations(around, digest)):
        try:
            for one in ways:
                found.setdefault(one.reference, one)
        except (RegistryError, ContentError) as error:
            if not excuses(error):
                raise
            gaps.append(_unread("", error.message))
    for ending in ("att", "sbom"):
        found[f"{tag}.{ending}"] = _Attached(f"{tag}.{ending}", f"the tag {ending} alone")
    most = client.limits.attached_manifests
    if len(found) > most:
        gaps.append(_unread("", f"{len(found)} attached manifests, over the limit attached_manifests of {most}"))
    yield from list(found.values())[:most]


def _referrers(client: RegistryClient, repository: str, digest: str, tag: str) -> Iterator[_Attached]:
    """Yield what refers to the image, by the registry's list, or by the tag that takes its place."""
    content = client.referrers(repository, digest)
    content_type = ""
    if content is None:
        try:
            fetched = client.manifest(repository, tag)
        except ImageGoneError:
            return
        content, content_type = fetched.content, fetched.content_type
    index = parse_manifest(content, content_type, digest_of(content))
    for entry in index.manifests if isinstance(index, IndexManifest) else ():
        kind = bare(entry.artifact_type)
        if not kind or _may_be_bill(kind):
            yield _Attached(entry.digest, "a referrer", needs_subject=True)


def _build_attestations(around: Iterable[FetchedManifest], digest: str) -> Iterator[_Attached]:
    for one in around:
        parsed = parse_manifest(one.content, one.content_type, one.digest)
        for entry in parsed.manifests if isinstance(parsed, IndexManifest) else ():
            if is_attestation(entry) and dict(entry.annotations).get(_REFERENCE) == digest:
                yield _Attached(entry.digest, "a build attestation in the image's index")


def _blobs(client: RegistryClient, repository: str, digest: str, attached: _Attached) -> Iterator[Descriptor]:
    """Yield the blobs of an attached manifest that may be bills; none where a tag is not there."""
    try:
        fetched = client.manifest(repository, attached.reference)
    except ImageGoneError:
        if attached.needs_subject:
            raise
        return
    subject, blobs = parse_attached(fetched.content, fetched.digest)
    if subject != digest and (attached.needs_subject or subject):
        raise MalformedManifestError(fetched.digest, f"refers to {subject or 'nothing'}, not to this image")
    for blob in blobs:
        predicates = [value for name, value in blob.annotations if name in _PREDICATE_NAMES]
        if _may_be_bill(bare(blob.media_type)) and all(is_bill_type(one) for one in predicates):
            yield blob


def _may_be_bill(media_type: str) -> bool:
    return media_type in _BILL_TYPES or media_type.startswith(_STATEMENT_TYPES)


def _fetch(client: RegistryClient, repository: str, blob: Descriptor) -> bytes:
    """Return a blob, verified.

    Raises:
        LimitExceededError: larger than `attached_bytes`.
        RegistryError, ContentError: it cannot be had.
    """
    most = client.limits.attached_bytes
    if blob.size_bytes > most:
        raise LimitExceededError(f"blob {blob.digest}", "attached_bytes", most, "bytes")
    with client.open_blob(repository, blob) as reader:
        content = reader.readall()
    if (actual := digest_of(content, blob.digest.partition(":")[0])) != blob.digest:
        raise DigestMismatchError(f"blob in {repository}", blob.digest, actual)
    return content
