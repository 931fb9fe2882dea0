"""Evidence as bytes, for the store: a mark with the format's number, then zstd over msgpack.

Evidence of another format number does not decode; such a layer is read again.
"""

from __future__ import annotations

import sys
from typing import Final

import msgspec

from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.limits import MIB
from dogwatch.model.errors import MalformedLayerError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MARK: Final = b"DWE1"
_LEVEL: Final = 6  # half the size of level 3 on real evidence costs more time than it saves; beyond 6 little is gained
_DECODED_BYTES: Final = 256 * MIB  # four times what `Limits.kept_bytes` lets into evidence

_DECODER: Final = msgspec.msgpack.Decoder(LayerEvidence)


def encode_evidence(evidence: LayerEvidence) -> bytes:
    """Return the evidence as bytes; equal evidence gives equal bytes."""
    return _MARK + zstd.compress(msgspec.msgpack.encode(evidence), level=_LEVEL)


def decode_evidence(content: bytes, what: str = "stored evidence") -> LayerEvidence:
    """Return the evidence that `encode_evidence` made the bytes from.

    Args:
        content: the bytes.
        what: names them in the error.

    Raises:
        MalformedLayerError: the bytes are of another format, or damaged.
    """
    if not content.startswith(_MARK):
        raise MalformedLayerError(what, "evidence of another format")
    try:
        unpacker = zstd.ZstdDecompressor()
        packed = unpacker.decompress(content[len(_MARK) :], _DECODED_BYTES)
        if not unpacker.eof or unpacker.unused_data:
            raise MalformedLayerError(what, "evidence is cut off, too long, or followed by other bytes")
        return _DECODER.decode(packed)
    except (zstd.ZstdError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedLayerError(what, f"damaged evidence: {error}") from error
