"""One layer, from the blob's bytes to its evidence: unpack, walk, verify both digests.

The only entrance for untrusted bytes into this room. Whoever downloads layers calls `read_layer`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final, Protocol

from dogwatch.inventory.collector import EvidenceCollector
from dogwatch.inventory.compression import CompressionError, unpack
from dogwatch.inventory.content import MakeSpool
from dogwatch.inventory.digesting import DigestThread
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.limits import DEFAULT_LIMITS, READ_BYTES, Limits
from dogwatch.inventory.tar import TarFormatError, TarReader
from dogwatch.model.errors import DigestMismatchError, LimitExceededError, MalformedLayerError
from dogwatch.model.images import Layer

_BLOB: Final = 0
_UNPACKED: Final = 1


class BlobReader(Protocol):
    """An open blob: `read` returns up to `size` bytes, and nothing only at the end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        ...


def read_layer(
    stream: BlobReader, layer: Layer, limits: Limits = DEFAULT_LIMITS, make_spool: MakeSpool = io.BytesIO
) -> LayerEvidence:
    """Read a layer to its end and return what it says about packages.

    Nothing is returned unless size, digest and diff ID are those that the manifest and the config name. Errors of the
    stream itself pass through. Memory is bounded whatever the input; time is the caller's to bound.

    Args:
        stream: the blob as stored in the registry, at its beginning; not closed here.
        layer: what the manifest and the config say about it.
        limits: caps on the whole layer and on single files.
        make_spool: gives an empty file for one program or archive at a time, of up to `Limits.spool_bytes`.

    Raises:
        DigestMismatchError: size, digest or diff ID differ; also when a damaged blob is damaged in transit only.
        MalformedLayerError: the blob is as announced, and still cannot be unpacked or walked to its end.
        LimitExceededError: more bytes, entries or longer names than the limits allow.

    Units:
        Sizes in bytes.

    Source:
        OCI image specification 1.1, chapters on image layers (change sets, media types) and configs (diff ID).
    """
    blob = _Blob(stream, layer, limits)
    with DigestThread(_algorithm(layer.digest), _algorithm(layer.diff_id)) as digests:
        collector = EvidenceCollector(limits)
        try:
            unpacked = _count_unpacked(unpack(blob.blocks(digests), layer.media_type, blob.what, limits), blob, digests)
            reader = TarReader(unpacked, limits, f"layer {layer.digest}", make_spool)
            for entry in reader:
                collector.visit(entry, reader)
            for _ in unpacked:  # behind the end mark nothing is a file, and all of it counts for the diff ID
                pass
        except (CompressionError, TarFormatError) as error:
            for _ in blob.blocks(digests):  # was the blob damaged on its way? Only its digest tells.
                pass
            _verify(f"layer {layer.digest}", layer.digest, digests.digests()[_BLOB])
            raise MalformedLayerError(layer.digest, str(error)) from error
        found = digests.digests()
    _verify(f"size of layer {layer.digest}", f"{layer.size_bytes} bytes", f"{blob.read_bytes} bytes")
    _verify(f"layer {layer.digest}", layer.digest, found[_BLOB])
    _verify(f"diff ID of layer {layer.digest}", layer.diff_id, found[_UNPACKED])
    return collector.evidence()


class _Blob:
    """The stream with its count of bytes."""

    def __init__(self, stream: BlobReader, layer: Layer, limits: Limits) -> None:
        self._stream = stream
        self._layer = layer
        self.limits = limits
        self.read_bytes = 0
        self.what = f"layer {layer.digest}"

    def blocks(self, digests: DigestThread) -> Iterator[bytes]:
        """Yield what is left of the stream, at most one block more than announced."""
        while block := self._stream.read(READ_BYTES):
            self.read_bytes += len(block)
            if self.read_bytes > self._layer.size_bytes:
                raise DigestMismatchError(f"size of {self.what}", f"{self._layer.size_bytes} bytes", "more")
            digests.add(_BLOB, block)
            yield block


def _count_unpacked(chunks: Iterator[bytes], blob: _Blob, digests: DigestThread) -> Iterator[bytes]:
    total = 0
    limits = blob.limits
    for chunk in chunks:
        total += len(chunk)
        if total > limits.unpacked_bytes:
            raise LimitExceededError(blob.what, "unpacked_bytes", limits.unpacked_bytes, "bytes")
        if total > limits.ratio_free_bytes and total > blob.read_bytes * limits.unpacked_ratio:
            raise LimitExceededError(blob.what, "unpacked_ratio", limits.unpacked_ratio, "times its size")
        digests.add(_UNPACKED, chunk)
        yield chunk


def _algorithm(digest: str) -> str:
    algorithm = digest.partition(":")[0]
    if algorithm not in ("sha256", "sha512"):
        raise MalformedLayerError(digest, "no digest that can be verified")
    return algorithm


def _verify(what: str, expected: str, actual: str) -> None:
    if expected != actual:
        raise DigestMismatchError(what, expected, actual)
