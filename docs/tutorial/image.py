"""Makes an image out of tar files, a layer each, as an OCI layout that skopeo can push. For the tutorial.

python3 docs/tutorial/image.py LAYOUT TAG LAYER.tar…
"""

from __future__ import annotations

import gzip
import hashlib
import json
import platform
import sys
from pathlib import Path
from typing import Any

_OCI = "application/vnd.oci.image"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write_blob(layout: Path, content: bytes, media_type: str) -> dict[str, Any]:
    """Store content under its digest and return what points to it."""
    digest = hashlib.sha256(content).hexdigest()
    folder = layout / "blobs" / "sha256"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / digest).write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def write_image(layout: Path, tag: str, tars: list[Path]) -> None:
    """Write an image of these layers, oldest first."""
    contents = [path.read_bytes() for path in tars]
    config = {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in contents]},
        "history": [{"created_by": f"add {path.name}"} for path in tars],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": write_blob(layout, json.dumps(config).encode(), f"{_OCI}.config.v1+json"),
        "layers": [write_blob(layout, gzip.compress(one, 6, mtime=0), f"{_OCI}.layer.v1.tar+gzip") for one in contents],
    }
    described = write_blob(layout, json.dumps(manifest).encode(), f"{_OCI}.manifest.v1+json")
    described["annotations"] = {"org.opencontainers.image.ref.name": tag}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [described]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


if __name__ == "__main__":
    write_image(Path(sys.argv[1]), sys.argv[2], [Path(argument) for argument in sys.argv[3:]])
