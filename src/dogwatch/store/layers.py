"""Layer chains: the stack of layers that images share; its inventory and provenance are kept once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from dogwatch.model.images import NOTHING_TOLD, Layer, ResolvedImage
from dogwatch.store.queries import load_queries
from dogwatch.store.text import storable

_SQL = load_queries("images")


def chain_digest(layers: Sequence[Layer]) -> bytes:
    """Return the identity of a stack of layers: what is in it, in its order, whoever built it."""
    identity = [[layer.digest, layer.diff_id, layer.media_type] for layer in layers]
    return hashlib.sha256(json.dumps(identity, separators=(",", ":")).encode()).digest()


def content_keys(diff_ids: Sequence[str]) -> tuple[int, ...]:
    """Return a key for the content down to each depth of a stack, its oldest layer alone first.

    Equal content has equal keys, however it is packed; two contents may share one, so whoever finds by key compares.

    Units:
        The first eight bytes of the ChainID, as a signed number.

    Source:
        OCI image specification 1.1, config chapter, "Layer ChainID".
    """
    chains = accumulate(diff_ids, lambda below, own: f"sha256:{hashlib.sha256(f'{below} {own}'.encode()).hexdigest()}")
    heads = (chain.partition(":")[2][:16] for chain in chains)
    return tuple(int.from_bytes(bytes.fromhex(head), "big", signed=True) for head in heads)


def save_chains(connection: psycopg.Connection, account_id: str, images: Iterable[ResolvedImage]) -> dict[bytes, int]:
    """Make the stacks of layers of images known to an account; returns their ids by `chain_digest`.

    They are held until the transaction ends, and taken in one order: two indexes may share them. Of several images with
    one stack the first that says what it was built on is believed.
    """
    stacks: dict[bytes, ResolvedImage] = {}
    for image in images:
        digest = chain_digest(image.layers)
        if digest not in stacks or stacks[digest].told_base == NOTHING_TOLD:
            stacks[digest] = image
    ids = {}
    for digest, image in sorted(stacks.items(), key=lambda item: item[0]):
        values = {
            "account": account_id,
            "digest": digest,
            "layers": Jsonb([_encoded(layer) for layer in image.layers]),
            "content": next(reversed(content_keys([layer.diff_id for layer in image.layers])), None),
            "told_name": storable(image.told_base.name),
            "told_digest": image.told_base.digest,
        }
        row = connection.execute(_SQL["save_chain"], values).fetchone()
        assert row is not None  # INSERT … ON CONFLICT DO UPDATE … RETURNING
        ids[digest] = int(row[0])
    return ids


def decode_layers(encoded: Sequence[dict[str, Any]]) -> tuple[Layer, ...]:
    """Return the layers of a stored chain, oldest first."""
    return tuple(Layer(**layer) for layer in encoded)


def _encoded(layer: Layer) -> dict[str, object]:
    return {
        "digest": layer.digest,
        "diff_id": layer.diff_id,
        "media_type": storable(layer.media_type),
        "size_bytes": layer.size_bytes,
        "created_by": storable(layer.created_by),
    }
