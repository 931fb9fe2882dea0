"""A second image on a base that is known: from the evidence of the base to the saved inventory."""

from __future__ import annotations

import io
import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.timing import milliseconds_of
from bench.world import world_of
from dogwatch.app.process import App
from dogwatch.flow.index import index_image
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.layer import read_layer
from dogwatch.model.images import ImageConfig, Layer, Platform, ResolvedImage, digest_of
from dogwatch.model.packages import Package
from dogwatch.model.registries import EventKind, EventOrigin, Registry, RegistryAccess, RegistryEvent
from dogwatch.store.notices import insert_events
from tests.builders import layers as build

_IMAGES = 21  # the first is the base's own and not counted
_BASE_PACKAGES = 400
_OWN_PACKAGES = {"PyPI": 30, "npm": 60}
_IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json"


class LayersInMemory:
    """Implements `flow.ports.LayerReader` over blobs that are here already: the network is not our own work."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.read_digests: list[str] = []

    def read_layers(
        self, registry: Registry, repository: str, layers: Sequence[Layer]
    ) -> Iterator[tuple[Layer, LayerEvidence]]:
        """Read layers."""
        for layer in layers:
            self.read_digests.append(layer.digest)
            yield layer, read_layer(io.BytesIO(self.blobs[layer.digest]), layer)


@dataclass(frozen=True, slots=True)
class _Scene:
    app: App
    registry: Registry
    layers: LayersInMemory
    chance: random.Random
    now: datetime


def measure(bed: Bed) -> Section:
    """Index images that differ in their last layer only."""
    world = world_of(bed)
    named, _ = world.packages
    with bed.opened(bed.copy(bed.imported, "known_base")) as app:
        registry, _ = app.registries.add(
            "123456789012", "made-up", RegistryAccess("https://registry.example"), "eu-west-1"
        )
        scene = _Scene(app, registry, LayersInMemory(), random.Random(3), app.clock.now())
        base = _base_layer(named)
        times, sizes = [], []
        for number in range(_IMAGES):
            own = _own_layer(named, scene.chance, number)
            image_id = _announce(scene, [base, own], number)
            outside = replace(app.outside, layers=scene.layers)
            times.append(milliseconds_of(lambda outside=outside, image_id=image_id: index_image(outside, image_id)))  # type: ignore[misc]
            sizes.append(len(own.blob))
    if len(scene.layers.read_digests) != _IMAGES + 1:
        raise RuntimeError("a layer was read that was known already")
    return Section(
        "A second image on a known base",
        f"A base of {_BASE_PACKAGES} Debian packages whose evidence is stored, and an own layer of "
        f"{statistics.median(sizes) / 1000:.0f} kB with up to {_OWN_PACKAGES['PyPI']} Python and "
        f"{_OWN_PACKAGES['npm']} npm packages that advisories name; {bed.feeds_in_words} are imported. Measured is "
        "`flow.index.index_image`: load the evidence, read the own layer from memory, overlay, save, match, resolve, "
        "commit.",
        (
            Figure("our own work, per image", "ms", tuple(times[1:]), "50 ms"),
            Figure("the same with the base unknown", "ms", (times[0],)),
        ),
        ("Of the known base no layer is read: this is checked.",),
    )


def _base_layer(named: list[Package]) -> build.BuiltLayer:
    debian = sorted({package.name: package for package in named if package.ecosystem == "Debian:12"}.values())
    chosen = [package for package in debian if package.name not in ("linux", "chromium")][: _BASE_PACKAGES // 4]
    stanzas = [build.stanza(package.name, package.version) for package in chosen]
    stanzas += [build.stanza(f"unconcerned-{number}") for number in range(_BASE_PACKAGES - len(stanzas))]
    return build.layer_of(
        build.tar_of(
            build.file("etc/os-release", build.os_release()),
            build.file("var/lib/dpkg/status", build.dpkg_status(*stanzas)),
        )
    )


def _own_layer(named: list[Package], chance: random.Random, number: int) -> build.BuiltLayer:
    members = [build.file("opt/app/marker", str(number))]
    for ecosystem, count in _OWN_PACKAGES.items():
        versions = [package for package in named if package.ecosystem == ecosystem]
        chosen = {package.name: package for package in chance.sample(versions, min(3 * count, len(versions)))}
        for package in list(chosen.values())[:count]:
            members.append(_metadata(package))
    return build.layer_of(build.tar_of(*members))


def _metadata(package: Package) -> build.Member:
    if package.ecosystem == "npm":
        path = f"opt/app/node_modules/{package.name}/package.json"
        return build.file(path, build.package_json(package.name, package.version))
    folder = f"usr/lib/python3.11/site-packages/{package.name}-{package.version}.dist-info"
    return build.file(f"{folder}/METADATA", build.python_metadata(package.name, package.version))


def _announce(scene: _Scene, layers: list[build.BuiltLayer], number: int) -> int:
    """Make an image known as if it had been pushed and resolved; returns its id."""
    scene.layers.blobs |= {each.layer.digest: each.blob for each in layers}
    stack = tuple(each.layer for each in layers)
    digest = digest_of(f"image {number}".encode())
    config = ImageConfig(
        digest_of(f"config {number}".encode()), Platform("linux", "amd64"), tuple(x.diff_id for x in stack)
    )
    event = RegistryEvent(EventKind.PUSHED, "app", digest, "", scene.now, f"event-{number}", media_type=_IMAGE_TYPE)
    with scene.app.database.transaction() as connection:
        insert_events(connection, EventOrigin.WEBHOOK, [(scene.registry.id, scene.now, event)], waits=True)
    outside = scene.app.outside
    outside.event_store.apply_events(1000, scene.now)
    resolved = ResolvedImage(digest, _IMAGE_TYPE, 500, config, stack)
    (image_id,) = outside.image_store.save_resolved(scene.registry.id, "app", resolved, scene.now)
    return image_id
