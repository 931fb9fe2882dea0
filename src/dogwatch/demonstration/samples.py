"""Three small images, built from a list of package names and versions: package databases only, no package's files.

The same list gives the same bytes, hence the same digests, on every machine: layers are not compressed.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from dogwatch.model.images import digest_of

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
_CREATED = "2023-07-01T00:00:00Z"  # Debian 12 was three weeks old; it only has to stay the same
_OS_RELEASE = b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
_SITE_PACKAGES = "usr/local/lib/python3.11/site-packages"
_NODE_MODULES = "srv/app/node_modules"

Package = Sequence[str]
"""Name, version; for Debian also the source package and its version, where they differ."""


@dataclass(frozen=True, slots=True)
class SampleImage:
    """An image as a registry serves it. `blobs` are config and layers, by digest; `layers` digests, oldest first."""

    repository: str
    tag: str
    manifest: bytes
    layers: tuple[str, ...]
    blobs: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """The manifest's digest."""
        return digest_of(self.manifest)


@lru_cache(maxsize=1)
def build_samples() -> tuple[SampleImage, ...]:
    """Return the three images: Debian alone, and two applications on top of it, which share its layer."""
    listed = json.loads(files("dogwatch.demonstration").joinpath("data/images.json").read_bytes())
    layers = {name: (one["step"], _layer(one["kind"], one["packages"])) for name, one in listed["layers"].items()}
    return tuple(
        _image(one["repository"], one["tag"], [layers[name] for name in one["layers"]]) for one in listed["images"]
    )


def _image(repository: str, tag: str, layers: Sequence[tuple[str, bytes]]) -> SampleImage:
    digests = [digest_of(content) for _, content in layers]
    config = _json(
        {
            "created": _CREATED,
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": digests},  # not compressed: blob and content are the same bytes
            "history": [{"created": _CREATED, "created_by": step} for step, _ in layers],
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _descriptor(_CONFIG_TYPE, config),
            "layers": [_descriptor(_LAYER_TYPE, content) for _, content in layers],
        }
    )
    blobs = {digest_of(config): config} | {
        digest: content for digest, (_, content) in zip(digests, layers, strict=True)
    }
    return SampleImage(repository, tag, manifest, tuple(digests), blobs)


def _layer(kind: str, packages: Sequence[Package]) -> bytes:
    if kind == "dpkg":
        stanzas = "\n".join(map(_stanza, packages)).encode()
        return _tar({"etc/os-release": _OS_RELEASE, "var/lib/dpkg/status": stanzas})
    if kind == "python":
        return _tar(
            {
                f"{_SITE_PACKAGES}/{name}-{version}.dist-info/METADATA": (
                    f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
                )
                for name, version in packages
            }
        )
    return _tar(
        {
            f"{_NODE_MODULES}/{name}/package.json": _json({"name": name, "version": version})
            for name, version in packages
        }
    )


def _stanza(package: Package) -> str:
    name, version, *source = package
    lines = [f"Package: {name}", "Status: install ok installed"]
    if source:
        lines.append(f"Source: {source[0]}" + (f" ({source[1]})" if len(source) > 1 else ""))
    return "\n".join([*lines, "Architecture: amd64", f"Version: {version}", ""])


def _tar(contents: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content in sorted(contents.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
