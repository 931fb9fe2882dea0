"""What a registry serves: digests, descriptors, manifests, indexes, configs.

Source:
    OCI image specification 1.1 (descriptor, manifest, index, config chapters); Docker image manifest 2, schema 2.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


def is_digest(text: str) -> bool:
    """Say whether the text is a digest that we can verify: sha256 or sha512 with lower-case hex."""
    return _DIGEST.fullmatch(text) is not None


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    """Return the digest of the bytes as `algorithm:hex`."""
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Platform:
    """Operating system, architecture and variant, as in an index or a config; the variant may be empty."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A pointer to content: media type, digest and size in bytes; `platform` only inside an index."""

    media_type: str
    digest: str
    size_bytes: int
    platform: Platform | None = None
    artifact_type: str = ""
    annotations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BuildStep:
    """One line of an image's history; steps with `empty_layer` made no layer."""

    created_by: str
    empty_layer: bool
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToldBase:
    """What an image says it was built on: a reference and a digest. Anyone can write it; either may be empty.

    Source:
        OCI image specification 1.1, annotations chapter: org.opencontainers.image.base.name and .digest.
    """

    name: str = ""
    digest: str = ""


NOTHING_TOLD: Final = ToldBase()


@dataclass(frozen=True, slots=True)
class BaseImage:
    """What an image was built on.

    `reference` (repository:tag, or repository@digest) and `digest` name an image of the same account, seen in a
    registry, whose layers are exactly the oldest `layers` of this one; empty and 0 where none was seen. `told` is the
    image's own word, believed for no package.
    """

    reference: str = ""
    digest: str = ""
    layers: int = 0
    told: ToldBase = NOTHING_TOLD


NO_BASE: Final = BaseImage()


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What an image config says; `diff_ids` stand oldest layer first."""

    digest: str
    platform: Platform
    diff_ids: tuple[str, ...]
    history: tuple[BuildStep, ...] = ()
    created_at: datetime | None = None
    author: str = ""
    told_base: ToldBase = NOTHING_TOLD


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of one image: the blob as stored, the diff ID of its unpacked bytes, the step that made it."""

    digest: str
    diff_id: str
    media_type: str
    size_bytes: int
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """What was once found in a layer, encoded, and the fingerprint of the extractors that found it."""

    fingerprint: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ResolvedImage:
    """One platform manifest with its config; `layers` oldest first."""

    digest: str
    media_type: str
    size_bytes: int
    config: ImageConfig
    layers: tuple[Layer, ...]
    told_base: ToldBase = NOTHING_TOLD


@dataclass(frozen=True, slots=True)
class UnresolvedChild:
    """What an index names and could not be resolved: malformed, or missing in the registry (`is_gone`)."""

    descriptor: Descriptor
    reason: str
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class ResolvedIndex:
    """An image index: the platform images behind it, the rest (attestations, artifacts), and what could not be read."""

    digest: str
    media_type: str
    size_bytes: int
    images: tuple[ResolvedImage, ...]
    others: tuple[Descriptor, ...] = ()
    unresolved: tuple[UnresolvedChild, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherArtifact:
    """A manifest that is no image: a signature, attestation, chart, SBOM …; recorded, never counted as an image."""

    digest: str
    media_type: str
    size_bytes: int
    artifact_type: str
    subject_digest: str = ""


Resolved = ResolvedImage | ResolvedIndex | OtherArtifact


@dataclass(frozen=True, slots=True)
class ImageToIndex:
    """An image whose chain has no inventory by the current extractors."""

    image_id: int
    chain_id: int
    account_id: str
    registry_id: int
    repository: str
    digest: str
    platform: Platform
    layers: tuple[Layer, ...]
