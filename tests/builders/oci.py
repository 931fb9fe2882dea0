"""Images, indexes and other artifacts, byte by byte, and the OCI image layout that `skopeo` copies from.

The same arguments give the same bytes, hence the same digests.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dogwatch.model.images import digest_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Document = dict[str, Any]

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"

_LAYER_TYPES = {
    (False, "none"): "application/vnd.oci.image.layer.v1.tar",
    (False, "gzip"): "application/vnd.oci.image.layer.v1.tar+gzip",
    (False, "zstd"): "application/vnd.oci.image.layer.v1.tar+zstd",
    (True, "none"): "application/vnd.docker.image.rootfs.diff.tar",
    (True, "gzip"): "application/vnd.docker.image.rootfs.diff.tar.gzip",
}


@dataclass(frozen=True)
class Blob:
    """Content with its media type."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        return digest_of(self.content)

    def descriptor(self, **more: Any) -> Document:
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.content)} | more


@dataclass(frozen=True)
class BuiltManifest(Blob):
    """A manifest or index with the blobs and manifests that it names."""

    blobs: tuple[Blob, ...] = ()
    children: tuple[BuiltManifest, ...] = ()
    platform: Document | None = field(default=None, compare=False)


def as_json(document: object) -> bytes:
    """Return compact JSON with members in order."""
    return json.dumps(document, separators=(",", ":")).encode()


def layer_tar(files: Mapping[str, bytes]) -> bytes:
    """Return a plain tar of regular files, path → content, in the mapping's order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def layer_blob(tar: bytes, compression: str = "gzip", *, docker: bool = False) -> Blob:
    """Return a layer as stored; `compression` is gzip, zstd or none."""
    content = {
        "gzip": lambda: gzip.compress(tar, 6, mtime=0),
        "zstd": lambda: zstd.compress(tar),
        "none": lambda: tar,
    }[compression]()
    return Blob(_LAYER_TYPES[docker, compression], content)


def build_image(
    layers: Sequence[bytes] = (),
    *,
    compression: str = "gzip",
    docker: bool = False,
    architecture: str = "amd64",
    variant: str = "",
    created: str = "2026-01-02T03:04:05Z",
    author: str = "",
    steps: Sequence[str] | None = None,
    config: Document | None = None,
    manifest: Document | None = None,
) -> BuiltManifest:
    """Build an image for Linux.

    Args:
        layers: plain tars, oldest first.
        compression: of all layers.
        docker: Docker's media types in place of OCI's.
        architecture: of the platform.
        variant: of the platform; empty for none.
        created: the config's time.
        author: the config's author.
        steps: the history, a step each; one that begins with `#` made no layer. None: a step per layer.
        config: members that replace those of the config; None as a value removes.
        manifest: members that replace those of the manifest; None as a value removes.
    """
    stored = tuple(layer_blob(layer, compression, docker=docker) for layer in layers)
    platform = {"architecture": architecture, "os": "linux"} | ({"variant": variant} if variant else {})
    lines = [f"step {number}" for number in range(len(layers))] if steps is None else list(steps)
    document = _replaced(
        {
            "created": created,
            "author": author,
            **platform,
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]},
            "history": [{"created": created, "created_by": line} | _empty_mark(line) for line in lines],
        },
        config,
    )
    config_blob = Blob(DOCKER_CONFIG if docker else OCI_CONFIG, as_json(document))
    media_type = DOCKER_MANIFEST if docker else OCI_MANIFEST
    content = _replaced(
        {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": config_blob.descriptor(),
            "layers": [layer.descriptor() for layer in stored],
        },
        manifest,
    )
    return BuiltManifest(media_type, as_json(content), (config_blob, *stored), (), platform)


def build_artifact(artifact_type: str, blobs: Sequence[Blob], *, config: Blob | None = None) -> BuiltManifest:
    """Build a manifest that is no image: blobs of any type under a config of any type (OCI's empty one by default)."""
    config = config or Blob("application/vnd.oci.empty.v1+json", b"{}")
    document: Document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST}
    document |= {"artifactType": artifact_type} if artifact_type else {}
    document |= {"config": config.descriptor(), "layers": [blob.descriptor() for blob in blobs]}
    return BuiltManifest(OCI_MANIFEST, as_json(document), (config, *blobs))


def build_attestation(
    subject: BuiltManifest, content: bytes = b'{"_type":"https://in-toto.io/Statement/v0.1"}'
) -> tuple[BuiltManifest, Document]:
    """Build what BuildKit attaches to an image; returns it with the members of its descriptor in the index."""
    statement = Blob("application/vnd.in-toto+json", content)
    config = Blob(
        OCI_CONFIG,
        as_json(
            {
                "architecture": "unknown",
                "os": "unknown",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [statement.digest]},
            }
        ),
    )
    marks = {
        "annotations": {
            "vnd.docker.reference.digest": subject.digest,
            "vnd.docker.reference.type": "attestation-manifest",
        },
        "platform": {"architecture": "unknown", "os": "unknown"},
    }
    return build_artifact("", [statement], config=config), marks


def build_index(
    images: Sequence[BuiltManifest],
    others: Sequence[tuple[BuiltManifest, Document]] = (),
    *,
    docker: bool = False,
) -> BuiltManifest:
    """Build an index over images (each under its own platform) and others (with extra members of their descriptors)."""
    media_type = DOCKER_INDEX if docker else OCI_INDEX
    entries = [image.descriptor(**({"platform": image.platform} if image.platform else {})) for image in images]
    entries += [other.descriptor(**members) for other, members in others]
    content = as_json({"schemaVersion": 2, "mediaType": media_type, "manifests": entries})
    return BuiltManifest(media_type, content, (), (*images, *(other for other, _ in others)))


def write_layout(folder: Path, built: BuiltManifest, tag: str = "latest") -> Path:
    """Write an OCI image layout, for `skopeo copy oci:FOLDER:TAG …`; more than one can share a folder by its tags."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    (folder / "oci-layout").write_bytes(as_json({"imageLayoutVersion": "1.0.0"}))
    for blob in every_blob(built):
        (blobs / blob.digest.removeprefix("sha256:")).write_bytes(blob.content)
    top = folder / "index.json"
    document: Document = json.loads(top.read_bytes()) if top.exists() else {"schemaVersion": 2, "manifests": []}
    document["manifests"].append(built.descriptor(annotations={"org.opencontainers.image.ref.name": tag}))
    top.write_bytes(as_json(document))
    return folder


def every_blob(built: BuiltManifest) -> tuple[Blob, ...]:
    """Return all content behind a manifest, itself last."""
    below = tuple(blob for child in built.children for blob in every_blob(child))
    return (*built.blobs, *below, built)


def _empty_mark(line: str) -> Document:
    return {"empty_layer": True} if line.startswith("#") else {}


def _replaced(document: Document, members: Document | None) -> Document:
    return {name: value for name, value in (document | (members or {})).items() if value is not None}
