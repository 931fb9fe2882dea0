"""From a manifest's name to images: fetch it with everything behind it, record it, queue what is to be indexed."""

from __future__ import annotations

from dogwatch.flow.ports import Defer, Outside
from dogwatch.flow.steps import Step
from dogwatch.model.monitoring import StatusReason
from dogwatch.model.registries import ManifestToResolve


def resolve_step(outside: Outside, defer: Defer, manifest: ManifestToResolve) -> Step:
    """Plan to resolve a manifest; a failure is remembered with the manifest, so that it is shown and not forgotten."""

    def mark(mark: StatusReason, problem: str) -> None:
        outside.image_store.save_unresolved(
            manifest.registry_id, manifest.repository, manifest.digest, mark, problem, outside.clock.now()
        )

    return Step(
        "resolve",
        f"{manifest.registry_id} {manifest.repository}@{manifest.digest}",
        lambda: resolve_manifest(outside, defer, manifest),
        {"registry_id": manifest.registry_id, "repository": manifest.repository, "digest": manifest.digest},
        give_up=mark,
        put_off=mark,
    )


def resolve_manifest(outside: Outside, defer: Defer, manifest: ManifestToResolve) -> None:
    """Fetch a manifest with its configs, record what it is, and queue its images that are watched and not indexed.

    Raises:
        RegistryError, ContentError: it cannot be had or used.
        NotFoundError: the registry was removed.
    """
    registry = outside.registry_store.load(manifest.registry_id)
    resolved = outside.registries.resolve(registry, manifest.repository, manifest.digest)
    images = outside.image_store.save_resolved(manifest.registry_id, manifest.repository, resolved, outside.clock.now())
    for image_id in images:
        defer.index(image_id)
