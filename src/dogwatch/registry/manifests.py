"""Bytes and media type → what a manifest, index or config says. Pure; called by `resolve`.

The bytes decide: a media type inside the document is part of what the digest covers, the Content-Type header is not.

Source:
    OCI image specification 1.1 (manifest, index, config, descriptor chapters); Docker image manifest version 2,
    schema 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dogwatch.model.errors import MalformedManifestError
from dogwatch.model.images import (
    NOTHING_TOLD,
    Descriptor,
    ImageConfig,
    Layer,
    OtherArtifact,
    Platform,
    ResolvedImage,
    ToldBase,
    is_digest,
)
from dogwatch.registry.configs import parse_platform, parse_told_base
from dogwatch.registry.documents import decode_object, exact_text, member, text
from dogwatch.registry.limits import INDEX_ENTRIES_MAX, LAYERS_MAX
from dogwatch.registry.media_types import (
    ALL_MANIFESTS,
    CONFIGS,
    INDEXES,
    OCI_ARTIFACT,
    OCI_INDEX,
    OCI_MANIFEST,
    SCHEMA_1,
    bare,
    is_image_layer,
)

_SIZE_MAX = 2**62  # bytes; fits the database's bigint with room for sums
_ANNOTATIONS_MAX = 64


@dataclass(frozen=True, slots=True)
class FetchedManifest:
    """A manifest as received; `digest` is of these bytes, whatever the registry calls them."""

    content: bytes
    content_type: str
    digest: str


@dataclass(frozen=True, slots=True)
class ImageManifest:
    """An image manifest as parsed; `layers` oldest first."""

    digest: str
    media_type: str
    size_bytes: int
    config: Descriptor
    layers: tuple[Descriptor, ...]
    told_base: ToldBase = NOTHING_TOLD


@dataclass(frozen=True, slots=True)
class IndexManifest:
    """An image index as parsed, in its own order."""

    digest: str
    media_type: str
    size_bytes: int
    manifests: tuple[Descriptor, ...]


def parse_manifest(content: bytes, content_type: str, digest: str) -> ImageManifest | IndexManifest | OtherArtifact:
    """Parse what a registry serves as a manifest.

    An image is what a runtime could run: an image config and at least one file system layer (or no layers at all).
    Signatures, attestations and SBOMs also come with an image config, but with other layers; charts and the like come
    with another config. Tags and annotations say nothing here: anyone can set them.

    Args:
        content: the bytes.
        content_type: the registry's header, believed only where the document has no media type of its own.
        digest: of the bytes.

    Raises:
        MalformedManifestError: not JSON, not a manifest, image and index at once, Docker schema 1, or a descriptor
            that is none.
    """
    try:
        document = decode_object(content)
    except ValueError as error:
        raise MalformedManifestError(digest, str(error)) from error
    media_type = _media_type(document, content_type, digest)
    if media_type in INDEXES:
        entries = _descriptors(document.get("manifests"), "manifests", INDEX_ENTRIES_MAX, digest)
        return IndexManifest(digest, media_type, len(content), entries)
    if media_type != OCI_ARTIFACT and not member(document, "config"):
        raise MalformedManifestError(digest, "no config in it")
    artifact_type = text(document, "artifactType", longest=255)
    config_type = text(member(document, "config"), "mediaType", longest=255)
    subject = exact_text(member(document, "subject"), "digest")
    subject = subject if is_digest(subject) else ""
    if media_type == OCI_ARTIFACT or config_type not in CONFIGS:
        return OtherArtifact(digest, media_type, len(content), artifact_type or config_type, subject)
    layers = _descriptors(document.get("layers"), "layers", LAYERS_MAX, digest)
    if layers and not any(is_image_layer(layer.media_type) for layer in layers):
        return OtherArtifact(digest, media_type, len(content), artifact_type or layers[0].media_type, subject)
    config = _descriptor(document.get("config"), "config", digest)
    told_base = parse_told_base(member(document, "annotations"))
    return ImageManifest(digest, media_type, len(content), config, layers, told_base)


def parse_attached(content: bytes, digest: str) -> tuple[str, tuple[Descriptor, ...]]:
    """Return (digest of its subject, or empty; its blobs) of a manifest that is attached to an image.

    Raises:
        MalformedManifestError: not JSON, or a descriptor that is none.
    """
    try:
        document = decode_object(content)
    except ValueError as error:
        raise MalformedManifestError(digest, str(error)) from error
    name = "layers" if "layers" in document else "blobs"  # the short-lived artifact manifest has blobs
    blobs = _descriptors(document.get(name), name, LAYERS_MAX, digest)
    return exact_text(member(document, "subject"), "digest"), blobs


def join_config(manifest: ImageManifest, config: ImageConfig, fallback: Platform | None = None) -> ResolvedImage:
    """Put a manifest and its config together: each layer gets its diff ID and the build step that made it.

    Build steps are given only where the history accounts for every layer; otherwise none is, rather than a wrong one.

    Args:
        manifest: the manifest.
        config: the config that it names.
        fallback: the platform that an index gives, for a config that names none.

    Raises:
        MalformedManifestError: the config has another number of diff IDs than the manifest has layers.
    """
    if len(config.diff_ids) != len(manifest.layers):
        raise MalformedManifestError(
            manifest.digest, f"{len(manifest.layers)} layers, but the config has {len(config.diff_ids)} diff IDs"
        )
    steps = [step.created_by for step in config.history if not step.empty_layer]
    if len(steps) != len(manifest.layers):
        steps = [""] * len(manifest.layers)
    layers = tuple(
        Layer(layer.digest, diff_id, layer.media_type, layer.size_bytes, created_by)
        for layer, diff_id, created_by in zip(manifest.layers, config.diff_ids, steps, strict=True)
    )
    if fallback is not None and config.platform == Platform("unknown", "unknown"):
        config = replace(config, platform=fallback)
    # Labels are handed down from base to image, annotations are not: they speak of this image.
    told = manifest.told_base if manifest.told_base != NOTHING_TOLD else config.told_base
    return ResolvedImage(manifest.digest, manifest.media_type, manifest.size_bytes, config, layers, told)


def is_attestation(descriptor: Descriptor) -> bool:
    """Say whether an index entry is a build attestation, by platform and annotation alike; no runtime can pick it.

    Source:
        BuildKit documentation, "Image attestation storage".
    """
    platform = descriptor.platform
    if platform is None or (platform.os, platform.architecture) != ("unknown", "unknown"):
        return False
    return "vnd.docker.reference.type" in dict(descriptor.annotations)


def _media_type(document: Mapping[str, object], content_type: str, digest: str) -> str:
    """Return the document's media type; its own word, then the header's, then what its members show."""
    is_index, is_image = "manifests" in document, "layers" in document or "config" in document
    own = exact_text(document, "mediaType")
    media_type = own or bare(content_type)
    if media_type in SCHEMA_1 or document.get("schemaVersion") == 1:
        raise MalformedManifestError(digest, "Docker image manifest schema 1 is not supported")
    if is_index and is_image:
        raise MalformedManifestError(digest, "image and index at once")
    if media_type not in ALL_MANIFESTS:
        if own:
            raise MalformedManifestError(digest, f"unknown media type {own[:200]!r}")
        if not (is_index or is_image):
            raise MalformedManifestError(digest, "neither an image nor an index")
        media_type = OCI_INDEX if is_index else OCI_MANIFEST
    if (media_type in INDEXES) != is_index and media_type != OCI_ARTIFACT:
        raise MalformedManifestError(digest, f"not what its media type {media_type} says")
    return media_type


def _descriptors(value: object, name: str, most: int, digest: str) -> tuple[Descriptor, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise MalformedManifestError(digest, f"{name} is not a list")
    if len(value) > most:
        raise MalformedManifestError(digest, f"{len(value)} {name}, more than {most}")
    return tuple(_descriptor(entry, f"{name}[{position}]", digest) for position, entry in enumerate(value))


def _descriptor(value: object, where: str, manifest_digest: str) -> Descriptor:
    if not isinstance(value, dict):
        raise MalformedManifestError(manifest_digest, f"{where} is not a descriptor")
    digest, size = exact_text(value, "digest"), value.get("size")
    if not is_digest(digest):
        raise MalformedManifestError(manifest_digest, f"{where}: not a sha256 or sha512 digest: {digest[:200]!r}")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= _SIZE_MAX:
        raise MalformedManifestError(manifest_digest, f"{where}: not a size")
    platform = value.get("platform")
    return Descriptor(
        text(value, "mediaType", longest=255),
        digest,
        size,
        parse_platform(platform) if isinstance(platform, dict) else None,
        text(value, "artifactType", longest=255),
        _annotations(member(value, "annotations")),
    )


def _annotations(annotations: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    pairs = ((name[:255].replace("\x00", "�"), text(annotations, name)) for name in annotations)
    return tuple(sorted(pairs))[:_ANNOTATIONS_MAX]
