"""Evidence that is kept of layers: by the present extractors, or by others where theirs still holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dogwatch.inventory.catalogue import FINGERPRINT
from dogwatch.inventory.encoding import decode_evidence, encode_evidence
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.reuse import still_holds
from dogwatch.model.errors import MalformedLayerError
from dogwatch.model.images import Layer

if TYPE_CHECKING:
    from dogwatch.flow.ports import EvidenceStore


def load_kept_evidence(
    store: EvidenceStore, account_id: str, layers: Sequence[Layer]
) -> dict[tuple[str, str], LayerEvidence]:
    """Return what is known of layers without reading them, by digest and diff ID.

    What cannot be decoded any more, or was made by extractors that may have missed something, counts as not kept.
    """
    found: dict[tuple[str, str], LayerEvidence] = {}
    kept = store.load_evidence(account_id, layers, FINGERPRINT)
    for key, layer in {(layer.digest, layer.diff_id): layer for layer in layers}.items():
        evidence = _decoded(kept[key].content, layer.digest) if key in kept else None
        if evidence is None:
            continue
        made_by = kept[key].fingerprint
        if made_by != FINGERPRINT:
            if not still_holds(evidence, made_by):
                continue
            store.adopt_evidence(account_id, layer, made_by, FINGERPRINT)
        found[key] = evidence
    return found


def keep_evidence(store: EvidenceStore, account_id: str, layer: Layer, evidence: LayerEvidence, now: datetime) -> None:
    """Keep what the present extractors found in a layer."""
    store.save_evidence(account_id, layer, FINGERPRINT, encode_evidence(evidence), now)


def _decoded(content: bytes, digest: str) -> LayerEvidence | None:
    try:
        return decode_evidence(content, digest)
    except MalformedLayerError:
        return None
