"""From an image to its inventory: read the layers that nobody has read yet, overlay all, save. Runs in a child process.

Saving lets new packages meet the stored advisories, so findings exist as soon as this has run.
"""

from __future__ import annotations

from dogwatch.flow.evidence import keep_evidence, load_kept_evidence
from dogwatch.flow.ports import Isolation, Outside
from dogwatch.flow.steps import Step
from dogwatch.inventory.build import build_inventory
from dogwatch.inventory.catalogue import FINGERPRINT
from dogwatch.model.monitoring import StatusReason


def index_step(outside: Outside, isolation: Isolation, image_id: int) -> Step:
    """Plan to index an image; given up, the image says so and why."""
    image = outside.image_store.load_to_index(image_id, FINGERPRINT)
    if image is None:
        return Step("index", str(image_id), lambda: None)

    def give_up(mark: StatusReason, problem: str) -> None:
        outside.image_store.record_failure(image_id, FINGERPRINT, mark, problem, outside.clock.now())

    def put_off(_mark: StatusReason, problem: str) -> None:
        outside.image_store.record_delay(image_id, problem)

    return Step(
        "index",
        str(image_id),
        lambda: isolation.index(image_id),
        {"image_id": image_id, "repository": image.repository, "digest": image.digest},
        give_up=give_up,
        put_off=put_off,
    )


def index_image(outside: Outside, image_id: int) -> int:
    """Make an image's inventory, unless there is nothing left to do. What was read of it before is not read again.

    Returns:
        How many bytes of layers had to be read.

    Raises:
        RegistryError, ContentError: a layer cannot be had or read; the layers read so far are kept.
        NotFoundError: the registry was removed.
    """
    image = outside.image_store.load_to_index(image_id, FINGERPRINT)
    if image is None:
        return 0
    evidence = load_kept_evidence(outside.image_store, image.account_id, image.layers)
    missing = {key: layer for layer in image.layers if (key := (layer.digest, layer.diff_id)) not in evidence}
    if missing:  # once each: some builders list one empty layer many times
        registry = outside.registry_store.load(image.registry_id)
        for layer, found in outside.layers.read_layers(registry, image.repository, tuple(missing.values())):
            keep_evidence(outside.image_store, image.account_id, layer, found, outside.clock.now())
            evidence[layer.digest, layer.diff_id] = found
    outcome = build_inventory([evidence[layer.digest, layer.diff_id] for layer in image.layers], image.platform)
    outside.inventory_store.save_inventory(
        image.chain_id, FINGERPRINT, outcome.inventory, outcome.provenance, outside.clock.now()
    )
    return sum(layer.size_bytes for layer in missing.values())
