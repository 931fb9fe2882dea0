"""The image of the end-to-end measurements: a Debian 12 with Node and a Java runtime, as an OCI layout.

Made by mmdebstrap from Debian's packages, wherever this machine's apt gets them, and kept for the next run; the recipe
is here, the image never is. Its packages are Debian's newest at the time, so figures are compared within one run only.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.kept import kept_folder
from bench.layer_blob import Digested
from dogwatch.model.images import digest_of

TAG = "bench"
_PACKAGES = (
    "ca-certificates", "curl", "default-jre-headless", "git", "nodejs", "npm", "openssl", "python3-numpy",
    "python3-pip", "python3-requests",
)  # fmt: skip
_RECIPE = (
    "mmdebstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", "--dpkgopt=force-unsafe-io", "--format=tar",
    "bookworm",
)  # fmt: skip
_KIND = 2  # raised when the image is made otherwise
_MAKING_SECONDS = 1800.0
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class DebianImage:
    """An OCI layout with one image of one layer, tagged `bench`."""

    folder: str
    digest: str
    compressed_bytes: int
    unpacked_bytes: int

    @property
    def tag(self) -> str:
        """The only tag in it."""
        return TAG


def debian_image() -> DebianImage:
    """Return the image, which takes some minutes to make when it is not there yet.

    Raises:
        RuntimeError: mmdebstrap is missing, or failed.
    """
    folder = kept_folder("image", _KIND)
    description = folder / "image.json"
    if not description.exists():
        description.write_text(json.dumps(asdict(_make(folder))))
    return DebianImage(**json.loads(description.read_text()))


def owned_paths(image: DebianImage) -> frozenset[str]:
    """Return the files that Debian's packages in the image own, without leading slash; links in folders resolved."""
    [layer] = (one for one in Path(image.folder, "blobs", "sha256").iterdir() if one.stat().st_size > _CHUNK_BYTES)
    owned: set[str] = set()
    links: dict[str, str] = {}
    with gzip.open(layer) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if member.issym() and "/" not in name:
                links[name] = member.linkname.lstrip("/")  # bin → usr/bin
            elif name.startswith("var/lib/dpkg/info/") and name.endswith(".list"):
                file = tar.extractfile(member)
                assert file is not None  # a regular file has content
                owned |= {path.lstrip("/") for path in file.read().decode("utf-8", "replace").splitlines()}
    return frozenset(owned | {_through(path, links) for path in owned})


def _through(path: str, links: Mapping[str, str]) -> str:
    first, slash, rest = path.partition("/")
    return links.get(first, first) + slash + rest


def _make(folder: Path) -> DebianImage:
    plain, layout = folder / "debian.tar", folder / "oci"
    _run_recipe(plain)
    shutil.rmtree(layout, ignore_errors=True)
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    packed = blobs / "layer"
    with plain.open("rb") as source, packed.open("wb") as file:
        blob = Digested(file)
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=blob, mtime=0) as packing:
            unpacked = Digested(packing)
            shutil.copyfileobj(source, unpacked, _CHUNK_BYTES)
    plain.unlink()
    layer = f"sha256:{blob.digest.hexdigest()}"
    packed.rename(blobs / blob.digest.hexdigest())
    config = _document(
        {
            "architecture": "amd64" if os.uname().machine == "x86_64" else "arm64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{unpacked.digest.hexdigest()}"]},
            "history": [{"created_by": " ".join(_RECIPE)}],
        }
    )
    manifest = _document(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _descriptor("config.v1+json", digest_of(config), len(config)),
            "layers": [_descriptor("layer.v1.tar+gzip", layer, blob.size_bytes)],
        }
    )
    index = _descriptor("manifest.v1+json", digest_of(manifest), len(manifest))
    index["annotations"] = {"org.opencontainers.image.ref.name": TAG}
    for content in (config, manifest):
        (blobs / digest_of(content).removeprefix("sha256:")).write_bytes(content)
    (layout / "index.json").write_bytes(_document({"schemaVersion": 2, "manifests": [index]}))
    (layout / "oci-layout").write_bytes(_document({"imageLayoutVersion": "1.0.0"}))
    return DebianImage(str(layout), digest_of(manifest), blob.size_bytes, unpacked.size_bytes)


def _run_recipe(target: Path) -> None:
    if shutil.which(_RECIPE[0]) is None:
        raise RuntimeError("mmdebstrap is missing: apt-get install -y mmdebstrap")
    command = [*_RECIPE, str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_MAKING_SECONDS, check=False)
    if done.returncode != 0:
        target.unlink(missing_ok=True)
        raise RuntimeError(f"mmdebstrap failed: {done.stderr[-2000:]}")


def _descriptor(kind: str, digest: str, size: int) -> dict[str, object]:
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest, "size": size}


def _document(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
