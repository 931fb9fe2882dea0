"""A layer like real ones: parts of this machine's own system as tar.gz, made once and kept among temporary files."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from bench.kept import kept_folder
from dogwatch.model.images import Layer

_WANTED_BYTES = 250_000_000  # compressed
# What extractors look for comes first, then programs, texts and libraries, until the layer is large enough.
_PARTS = (
    "etc/os-release",
    "usr/lib/os-release",
    "var/lib/dpkg",
    "usr/lib/node_modules",
    "usr/share/nodejs",
    "usr/lib/python3",
    "usr/local/lib",
    "usr/bin",
    "usr/share",
    "usr/lib",
)
_KIND = 2  # raised when the layer is made otherwise: one that was kept is then made anew


@dataclass(frozen=True, slots=True)
class LayerBlob:
    """The blob and what manifest and config would say of it."""

    path: str
    digest: str
    diff_id: str
    size_bytes: int
    unpacked_bytes: int
    entries: int

    @property
    def layer(self) -> Layer:
        """The layer as the inventory room is told of it."""
        media_type = "application/vnd.oci.image.layer.v1.tar+gzip"
        return Layer(self.digest, self.diff_id, media_type, self.size_bytes)


def layer_blob() -> LayerBlob:
    """Return the layer, which takes about a minute to make when it is not there yet."""
    folder = kept_folder("layer", _KIND)
    description = folder / "layer.json"
    if not description.exists():
        made = _make(folder / "layer.tar.gz")
        description.write_text(json.dumps(asdict(made)))
    return LayerBlob(**json.loads(description.read_text()))


class Digested:
    """A file to write to that keeps count and digest of its bytes."""

    def __init__(self, target: IO[bytes] | gzip.GzipFile) -> None:
        self._target = target
        self.digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, content: bytes) -> int:
        """Write, and count."""
        self.digest.update(content)
        self.size_bytes += len(content)
        return self._target.write(content)

    def flush(self) -> None:
        """Hand on what is held back."""
        self._target.flush()


def _make(path: Path) -> LayerBlob:
    entries = 0
    with path.open("wb") as file:
        blob = Digested(file)
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=blob, mtime=0) as packed:
            unpacked = Digested(packed)
            with tarfile.open(fileobj=unpacked, mode="w|", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
                for one in _paths():
                    tar.add(one, arcname=str(one).lstrip("/"), recursive=False)
                    entries += 1
                    if blob.size_bytes > _WANTED_BYTES:
                        break
    return LayerBlob(
        str(path),
        f"sha256:{blob.digest.hexdigest()}",
        f"sha256:{unpacked.digest.hexdigest()}",
        blob.size_bytes,
        unpacked.size_bytes,
        entries,
    )


def _paths() -> Iterator[Path]:
    """Yield files, links and folders that can be read, each once, folders before what is in them."""
    seen: set[Path] = set()
    for part in _PARTS:
        start = Path("/") / part
        for path in [start, *(sorted(start.rglob("*")) if start.is_dir() and not start.is_symlink() else [])]:
            if path not in seen and (path.is_symlink() or path.is_dir() or _is_readable_file(path)):
                seen.add(path)
                yield path


def _is_readable_file(path: Path) -> bool:
    return path.is_file() and os.access(path, os.R_OK)
