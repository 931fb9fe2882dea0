"""One image for one platform, out of whatever a reference stands for. Called by whoever opens images.

Unlike `resolve`, which takes all platforms, this reads only what is needed for one.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from dogwatch.model.errors import InvalidRequestError, LimitExceededError, NotFoundError
from dogwatch.model.images import Descriptor, Platform, ResolvedImage
from dogwatch.registry.configs import parse_config
from dogwatch.registry.limits import ClientLimits
from dogwatch.registry.manifests import (
    FetchedManifest,
    ImageManifest,
    IndexManifest,
    is_attestation,
    join_config,
    parse_manifest,
)

_SAME_VARIANT = {("arm64", "v8"): "", ("amd64", "v1"): ""}
"""Variants that are the rule and are mostly left out."""


class ManifestReader(Protocol):
    """A place that manifests and configs can be had from, by digest."""

    def manifest(self, reference: str) -> FetchedManifest:
        """Fetch a manifest by digest, or by tag where the place has such."""

    def config(self, descriptor: Descriptor) -> bytes:
        """Fetch an image config, verified."""


def choose_image(
    reader: ManifestReader, first: FetchedManifest, platform: Platform | None, machine: Platform, limits: ClientLimits
) -> ResolvedImage:
    """Return the image for a platform.

    Args:
        reader: where the rest is.
        first: what the reference stands for.
        platform: the one asked for; None: this machine's, or the only one there is.
        machine: this machine's.
        limits: depth and number of indexes.

    Raises:
        NotFoundError: none for this platform; the text names those that there are.
        InvalidRequestError: not an image at all.
        RegistryError, ContentError: something cannot be had or used.
    """
    parsed = parse_manifest(first.content, first.content_type, first.digest)
    if isinstance(parsed, ImageManifest):
        return _only_image(reader, parsed, platform)
    if not isinstance(parsed, IndexManifest):
        kind = parsed.artifact_type or parsed.media_type
        raise InvalidRequestError("image", f"{parsed.digest} is no image but {kind[:200] or 'another artifact'}")
    entries = _entries(reader, parsed, limits)
    found = [entry for entry in entries if entry.platform is not None and fits(entry.platform, platform or machine)]
    if not found and platform is None and len(entries) == 1:
        found = entries
    if not found:
        there = ", ".join(str(entry.platform or "unknown") for entry in entries) or "none"
        raise NotFoundError("platform", f"{platform or machine}; there are: {there}")
    fetched = reader.manifest(found[0].digest)
    chosen = parse_manifest(fetched.content, fetched.content_type, fetched.digest)
    if not isinstance(chosen, ImageManifest):
        raise InvalidRequestError("image", f"{found[0].digest} is no image")
    return _image(reader, chosen, found[0].platform)


def _only_image(reader: ManifestReader, manifest: ImageManifest, platform: Platform | None) -> ResolvedImage:
    image = _image(reader, manifest, None)
    if platform is not None and not fits(image.config.platform, platform):
        raise NotFoundError("platform", f"{platform}; there are: {image.config.platform}")
    return image


def _image(reader: ManifestReader, manifest: ImageManifest, fallback: Platform | None) -> ResolvedImage:
    config = parse_config(reader.config(manifest.config), manifest.config.digest)
    return join_config(manifest, config, fallback)


def _entries(reader: ManifestReader, index: IndexManifest, limits: ClientLimits) -> list[Descriptor]:
    """Return the images that an index and those nested in it name; entries without a platform are looked at."""
    entries: list[Descriptor] = []
    seen = {index.digest}
    fetched = 0
    waiting = deque((entry, 1) for entry in index.manifests)
    while waiting:
        entry, depth = waiting.popleft()
        if entry.digest in seen or is_attestation(entry):
            continue
        seen.add(entry.digest)
        if entry.platform is not None:
            entries.append(entry)
            continue
        fetched += 1
        if fetched > limits.index_children:
            raise LimitExceededError(
                f"image index {index.digest}", "index_children", limits.index_children, "manifests"
            )
        nested = reader.manifest(entry.digest)
        parsed = parse_manifest(nested.content, nested.content_type, nested.digest)
        if isinstance(parsed, IndexManifest) and depth <= limits.index_depth:
            waiting.extend((one, depth + 1) for one in parsed.manifests)
        elif isinstance(parsed, ImageManifest):
            platform = _image(reader, parsed, None).config.platform
            entries.append(Descriptor(entry.media_type, entry.digest, entry.size_bytes, platform))
    return entries


def fits(offered: Platform, asked: Platform) -> bool:
    """Say whether an image for one platform is one for another; a variant counts only where it was asked for."""
    if (offered.os, offered.architecture) != (asked.os, asked.architecture):
        return False
    return not asked.variant or _variant(offered) == _variant(asked)


def _variant(platform: Platform) -> str:
    return _SAME_VARIANT.get((platform.architecture, platform.variant), platform.variant)
