"""Bills of materials that are attached to an image in its registry: found, bounded, fetched, verified.

What ties each to the image is told in words. Nothing here reads what they say. Called by `opened` and `watched`.

Source:
    OCI distribution specification 1.1, sections "Listing Referrers" and "Referrers Tag Schema"; cosign, tags `.att`
    and `.sbom`; BuildKit documentation, "Image attestation storage".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
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


@dataclass(frozen=True, slots=True)
class _Image:
    """The image whose bills are looked for."""

    client: RegistryClient
    repository: str
    digest: str

    @property
    def tag(self) -> str:
        """What tags that belong to it begin with."""
        return self.digest.replace(":", "-", 1)


class _Gaps:
    """What could not be had so far."""

    def __init__(self, excuses: Callable[[DogwatchError], bool]) -> None:
        self.found: list[Gap] = []
        self._excuses = excuses

    def add(self, reference: str, reason: str) -> None:
        """Note one; `reference` is the digest or tag of what could not be read, empty for several."""
        self.found.append(Gap(GapKind.ATTACHED_BILL_UNREAD, f"sbom:{reference}" if reference else "", reason))

    @contextmanager
    def excusing(self, reference: str) -> Iterator[None]:
        """Turn an error that is excused into a gap; the others pass."""
        try:
            yield
        except (RegistryError, ContentError) as error:
            if not self._excuses(error):
                raise
            self.add(reference, error.message)


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
    image, gaps = _Image(client, repository, digest), _Gaps(excuses)
    blobs: dict[str, tuple[Descriptor, str]] = {}
    for attached in _all_attached(image, around, gaps):
        with gaps.excusing(attached.reference):
            for blob in _blobs(image, attached):
                blobs.setdefault(blob.digest, (blob, attached.link))
    most = client.limits.attached_bills
    if len(blobs) > most:
        gaps.add("", f"{len(blobs) - most} more than the limit attached_bills of {most}")
    bills: list[AttachedBill] = []
    for blob, link in islice(blobs.values(), most):
        with gaps.excusing(blob.digest):
            bills.append(AttachedBill(blob.digest, link, _fetch(image, blob)))
    return Attachments(tuple(bills), tuple(sorted(gaps.found)))


def _all_attached(image: _Image, around: Iterable[FetchedManifest], gaps: _Gaps) -> Iterator[_Attached]:
    found: dict[str, _Attached] = {}
    for ways in (_referrers(image), _build_attestations(image, around)):
        with gaps.excusing(""):
            for one in ways:
                found.setdefault(one.reference, one)
    for ending in ("att", "sbom"):
        tag = f"{image.tag}.{ending}"
        found[tag] = _Attached(tag, f"the tag {ending} alone")
    most = image.client.limits.attached_manifests
    if len(found) > most:
        gaps.add("", f"{len(found)} attached manifests, over the limit attached_manifests of {most}")
    yield from islice(found.values(), most)


def _referrers(image: _Image) -> Iterator[_Attached]:
    """Yield what refers to the image, by the registry's list, or by the tag that takes its place."""
    content = image.client.referrers(image.repository, image.digest)
    content_type = ""
    if content is None:
        try:
            fetched = image.client.manifest(image.repository, image.tag)
        except ImageGoneError:
            return
        content, content_type = fetched.content, fetched.content_type
    index = parse_manifest(content, content_type, digest_of(content))
    for entry in index.manifests if isinstance(index, IndexManifest) else ():
        kind = bare(entry.artifact_type)
        if not kind or _may_be_bill(kind):
            yield _Attached(entry.digest, "a referrer", needs_subject=True)


def _build_attestations(image: _Image, around: Iterable[FetchedManifest]) -> Iterator[_Attached]:
    for one in around:
        parsed = parse_manifest(one.content, one.content_type, one.digest)
        for entry in parsed.manifests if isinstance(parsed, IndexManifest) else ():
            if is_attestation(entry) and dict(entry.annotations).get(_REFERENCE) == image.digest:
                yield _Attached(entry.digest, "a build attestation in the image's index")


def _blobs(image: _Image, attached: _Attached) -> Iterator[Descriptor]:
    """Yield the blobs of an attached manifest that may be bills; none where a tag is not there."""
    try:
        fetched = image.client.manifest(image.repository, attached.reference)
    except ImageGoneError:
        if attached.needs_subject:
            raise
        return
    subject, blobs = parse_attached(fetched.content, fetched.digest)
    if subject != image.digest and (attached.needs_subject or subject):
        raise MalformedManifestError(fetched.digest, f"refers to {subject or 'nothing'}, not to this image")
    for blob in blobs:
        predicates = [value for name, value in blob.annotations if name in _PREDICATE_NAMES]
        if _may_be_bill(bare(blob.media_type)) and all(is_bill_type(one) for one in predicates):
            yield blob


def _may_be_bill(media_type: str) -> bool:
    return media_type in _BILL_TYPES or media_type.startswith(_STATEMENT_TYPES)


def _fetch(image: _Image, blob: Descriptor) -> bytes:
    """Return a blob, verified.

    Raises:
        LimitExceededError: larger than `attached_bytes`.
        RegistryError, ContentError: it cannot be had.
    """
    most = image.client.limits.attached_bytes
    if blob.size_bytes > most:
        raise LimitExceededError(f"blob {blob.digest}", "attached_bytes", most, "bytes")
    with image.client.open_blob(image.repository, blob) as reader:
        content = reader.readall()
    if (actual := digest_of(content, blob.digest.partition(":")[0])) != blob.digest:
        raise DigestMismatchError(f"blob in {image.repository}", blob.digest, actual)
    return content
