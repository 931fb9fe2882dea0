"""Reference → what stands behind it: an image, an index with all its platforms, or something that is no image.

Called by `flow`'s jobs through `app`. Parsing is in `manifests` and `configs`; fetching in `client`.
"""

from __future__ import annotations

from collections import deque

from dogwatch.model.errors import ContentError, DigestMismatchError, ImageGoneError, LimitExceededError
from dogwatch.model.images import (
    Descriptor,
    OtherArtifact,
    Platform,
    Resolved,
    ResolvedImage,
    ResolvedIndex,
    UnresolvedChild,
)
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.configs import parse_config
from dogwatch.registry.manifests import (
    FetchedManifest,
    ImageManifest,
    IndexManifest,
    is_attestation,
    join_config,
    parse_manifest,
)


def resolve(client: RegistryClient, repository: str, reference: str) -> Resolved:
    """Fetch a manifest by tag or digest, with everything behind it but the layers.

    Every platform of an index is an image. What an index names and the registry does not have, or has malformed, is
    reported in `unresolved`; the others still resolve. Nested indexes are flattened, to a depth and number that the
    client's limits name; each digest is read once, so an index cannot make us go in circles.

    Raises:
        ImageGoneError: the registry has no such manifest, or not the config of a single image.
        MalformedManifestError, DigestMismatchError, LimitExceededError: the manifest, or the config of a single image,
            is not what it ought to be; or an index names more than `index_children` manifests.
        RegistryError: as the requests went.
    """
    parsed = _parsed(client.manifest(repository, reference))
    if isinstance(parsed, OtherArtifact):
        return parsed
    if isinstance(parsed, ImageManifest):
        return _image(client, repository, parsed, None)
    return _index(client, repository, parsed)


def _parsed(fetched: FetchedManifest) -> ImageManifest | IndexManifest | OtherArtifact:
    return parse_manifest(fetched.content, fetched.content_type, fetched.digest)


def _image(
    client: RegistryClient, repository: str, manifest: ImageManifest, fallback: Platform | None
) -> ResolvedImage:
    config = parse_config(client.config(repository, manifest.config), manifest.config.digest)
    return join_config(manifest, config, fallback)


def _index(client: RegistryClient, repository: str, index: IndexManifest) -> ResolvedIndex:
    images: list[ResolvedImage] = []
    others: list[Descriptor] = []
    unresolved: list[UnresolvedChild] = []
    seen = {index.digest}
    fetched = 0
    waiting = deque((entry, 1) for entry in index.manifests)
    while waiting:
        entry, depth = waiting.popleft()
        if entry.digest in seen:
            continue
        seen.add(entry.digest)
        if is_attestation(entry):
            others.append(entry)
            continue
        fetched += 1
        if fetched > client.limits.index_children:
            raise LimitExceededError(
                f"image index {index.digest}", "index_children", client.limits.index_children, "manifests"
            )
        try:
            child = _child(client, repository, entry)
        except (ImageGoneError, ContentError) as error:
            unresolved.append(UnresolvedChild(entry, error.message, isinstance(error, ImageGoneError)))
            continue
        if isinstance(child, ResolvedImage):
            images.append(child)
        elif isinstance(child, IndexManifest) and depth > client.limits.index_depth:
            unresolved.append(UnresolvedChild(entry, f"nested deeper than {client.limits.index_depth} indexes"))
        else:
            others.append(entry)
            if isinstance(child, IndexManifest):
                waiting.extend((nested, depth + 1) for nested in child.manifests)
    return ResolvedIndex(
        index.digest, index.media_type, index.size_bytes, tuple(images), tuple(others), tuple(unresolved)
    )


def _child(client: RegistryClient, repository: str, entry: Descriptor) -> ResolvedImage | IndexManifest | OtherArtifact:
    try:
        fetched = client.manifest(repository, entry.digest)
    except DigestMismatchError:
        # Once more: a transfer may have gone wrong, and the whole index should not be read again for it.
        fetched = client.manifest(repository, entry.digest)
    parsed = _parsed(fetched)
    if isinstance(parsed, ImageManifest):
        return _image(client, repository, parsed, entry.platform)
    return parsed
