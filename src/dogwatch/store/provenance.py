"""How it is kept where packages stand: one compressed value, because it is read whole or not at all."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

import msgspec

from dogwatch.model.packages import Package, Provenance
from dogwatch.store.compression import compress, decompress


class _Entry(msgspec.Struct, array_like=True, frozen=True):
    package_id: int
    layer_ordinal: int
    paths: tuple[str, ...]


_decoder = msgspec.msgpack.Decoder(list[_Entry])
_encoder = msgspec.msgpack.Encoder()

Place = tuple[int, tuple[str, ...]]
"""(layer ordinal, 0 = oldest; paths that prove the package)."""


def encode_provenance(provenance: Sequence[Provenance], ids: Mapping[Package, int]) -> bytes:
    """Pack the provenance of one chain; packages become their ids."""
    entries = [_Entry(ids[one.package], one.layer_ordinal, one.paths) for one in provenance]
    return compress(_encoder.encode(entries))


def decode_provenance(content: bytes, wanted: Container[int]) -> dict[int, tuple[Place, ...]]:
    """Unpack to package id → its places, oldest layer first: one package may have been brought by several layers.

    Only the packages that are wanted: a chain has hundreds, and a page asks about one or two of them.
    """
    places: dict[int, list[Place]] = {}
    for entry in _decoder.decode(decompress(content)):
        if entry.package_id in wanted:
            places.setdefault(entry.package_id, []).append((entry.layer_ordinal, entry.paths))
    return {package_id: tuple(sorted(found)) for package_id, found in places.items()}


def encode_listed(named: Sequence[tuple[Package, tuple[str, ...]]], ids: Mapping[Package, int]) -> bytes:
    """Pack which bills of an image name which packages: as provenance of no layer in particular."""
    return encode_provenance([Provenance(package, 0, bills) for package, bills in named], ids)


def decode_listed(content: bytes, wanted: Container[int]) -> dict[int, tuple[str, ...]]:
    """Unpack to package id → the bills that name it."""
    return {package_id: found[0][1] for package_id, found in decode_provenance(content, wanted).items()}
