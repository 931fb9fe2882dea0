"""Layer bytes → evidence → package sets and gaps. Pure over byte streams; one extractor per file.

`read_layer` reads one layer once, `encode_evidence` and `decode_evidence` carry its evidence through the store under
(layer digest, `FINGERPRINT`), `build_inventory` combines the evidence of an image's layers.
"""

from dogwatch.inventory.build import InventoryOutcome, build_inventory
from dogwatch.inventory.catalogue import EXTRACTORS, FINGERPRINT
from dogwatch.inventory.encoding import decode_evidence, encode_evidence
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.layer import BlobReader, read_layer
from dogwatch.inventory.limits import DEFAULT_LIMITS, Limits
from dogwatch.inventory.reuse import still_holds

__all__ = [
    "DEFAULT_LIMITS",
    "EXTRACTORS",
    "FINGERPRINT",
    "BlobReader",
    "InventoryOutcome",
    "LayerEvidence",
    "Limits",
    "build_inventory",
    "decode_evidence",
    "encode_evidence",
    "read_layer",
    "still_holds",
]
