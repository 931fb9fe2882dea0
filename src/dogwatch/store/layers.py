"""Layer chains: the stack of layers that images share; its inventory and provenance are kept once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from dogwatch.model.images import Layer
from dogwatch.store.queries import load_queries
from dogwatch.store.text import storable

_SQL = load_queries("images")


def chain_digest(layers: Sequence[Layer]) -> bytes:
    """Return the identity of a stack of layers: what is in it, in its order, whoever built it."""
    identity = [[layer.digest, layer.diff_id, layer.media_type] for layer in layers]
    return hashlib.sha256(json.dumps(identity, separators=(",", ":")).encode()).digest()


def save_chains(connection: psycopg.Connection, account_id: str, stacks: Sequence[Sequence[Layer]]) -> dict[bytes, int]:
    """Make stacks of layers known to an account; returns their ids by `chain_digest`.

    They are held until the transaction ends, and taken in one order: two indexes may share them.
    """
    ids = {}
    for digest, layers in sorted({chain_digest(layers): layers for layers in stacks}.items(), key=lambda item: item[0]):
        encoded = Jsonb([_encoded(layer) for layer in layers])
        values = {"account": account_id, "digest": digest, "layers": encoded}
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
