"""One layer, from the blob's bytes to its evidence: unpack, walk, verify both digests.

The only entrance for untrusted bytes into this room. Whoever downloads layers calls `read_layer`.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from typing import Protocol

from dogwatch.inventory.ahead import Ahead
from dogwatch.inventory.collector import EvidenceCollector
from dogwatch.inventory.compression import CompressionError, unpack
from dogwatch.inventory.content import MakeSpool
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.limits import DEFAULT_LIMITS, READ_BYTES, Limits
from dogwatch.inventory.tar import TarFormatError, TarReader
from dogwatch.model.errors import DigestMismatchError, LimitExceededError, MalformedLayerError
from dogwatch.model.images import Layer


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
    diff = hashlib.new(_algorithm(layer.diff_id))
    with Ahead(blob.unpacked()) as ahead:
        collector = EvidenceCollector(limits)
        try:
            unpacked = _digested(ahead, diff)
            reader = TarReader(unpacked, limits, blob.what, make_spool)
            for entry in reader:
                collector.visit(entry, reader)
            for _ in unpacked:  # behind the end mark nothing is a file, and all of it counts for the diff ID
                pass
        except (CompressionError, TarFormatError) as error:
            ahead.stop()
            for _ in blob.blocks():  # was the blob damaged on its way? Only its digest tells.
                pass
            _verify(blob.what, layer.digest, blob.digest)
            raise MalformedLayerError(layer.digest, str(error)) from error
    _verify(f"size of {blob.what}", f"{layer.size_bytes} bytes", f"{blob.read_bytes} bytes")
    _verify(blob.what, layer.digest, blob.digest)
    _verify(f"diff ID of {blob.what}", layer.diff_id, f"{diff.name}:{diff.hexdigest()}")
    return collector.evidence()


class _Blob:
    """The stream with the count and the digest of its bytes."""

    def __init__(self, stream: BlobReader, layer: Layer, limits: Limits) -> None:
        self._stream = stream
        self._layer = layer
        self._limits = limits
        self._state = hashlib.new(_algorithm(layer.digest))
        self.read_bytes = 0
        self.what = f"layer {layer.digest}"

    @property
    def digest(self) -> str:
        """Of what was read so far."""
        return f"{self._state.name}:{self._state.hexdigest()}"

    def blocks(self) -> Iterator[bytes]:
        """Yield what is left of the stream, at most one block more than announced."""
        while block := self._stream.read(READ_BYTES):
            self.read_bytes += len(block)
            if self.read_bytes > self._layer.size_bytes:
                raise DigestMismatchError(f"size of {self.what}", f"{self._layer.size_bytes} bytes", "more")
            self._state.update(block)
            yield block

    def unpacked(self) -> Iterator[bytes]:
        """Yield the unpacked bytes, as far as the limits allow."""
        total = 0
        limits = self._limits
        for chunk in unpack(self.blocks(), self._layer.media_type, self.what, limits):
            total += len(chunk)
            if total > limits.unpacked_bytes:
                raise LimitExceededError(self.what, "unpacked_bytes", limits.unpacked_bytes, "bytes")
            if total > limits.ratio_free_bytes and total > self.read_bytes * limits.unpacked_ratio:
                raise LimitExceededError(self.what, "unpacked_ratio", limits.unpacked_ratio, "times its size")
            yield chunk


def _digested(chunks: Iterable[bytes], state: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        state.update(chunk)
        yield chunk


def _algorithm(digest: str) -> str:
    algorithm = digest.partition(":")[0]
    if algorithm not in ("sha256", "sha512"):
        raise MalformedLayerError(digest, "no digest that can be verified")
    return algorithm


def _verify(what: str, expected: str, actual: str) -> None:
    if expected != actual:
        raise DigestMismatchError(what, expected, actual)
