"""Images opened to be read once: from a registry, an image layout on disk, or a Docker archive. Called by `app`.

All three give the same shape, `flow.examination.OpenedImage`: the image resolved, and its layers as streams.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from dogwatch.model.images import Descriptor, Layer, Platform, ResolvedImage
from dogwatch.model.registries import RegistryAccess
from dogwatch.registry.blobs import BlobReader
from dogwatch.registry.choosing import choose_image
from dogwatch.registry.client import FetchedManifest, RegistryClient
from dogwatch.registry.docker_archive import ArchivedImage, open_archive
from dogwatch.registry.layout import LaidOutImage, open_layout
from dogwatch.registry.limits import ClientLimits
from dogwatch.registry.references import Reference

__all__ = ["ArchivedImage", "LaidOutImage", "RegistryImage", "open_docker_archive", "open_from_registry", "open_oci"]


class RegistryImage:
    """An image in a registry."""

    def __init__(self, client: RegistryClient, repository: str) -> None:
        self._client = client
        self._repository = repository
        self.resolved: ResolvedImage

    def manifest(self, reference: str) -> FetchedManifest:
        """Fetch a manifest; see `RegistryClient.manifest`."""
        return self._client.manifest(self._repository, reference)

    def config(self, descriptor: Descriptor) -> bytes:
        """Fetch a config; see `RegistryClient.config`."""
        return self._client.config(self._repository, descriptor)

    @property
    def reading_order(self) -> tuple[Layer, ...]:
        """The layers as they are best read."""
        return self.resolved.layers

    def open_layer(self, layer: Layer) -> AbstractContextManager[BlobReader]:
        """Open a layer's blob; see `RegistryClient.open_blob`."""
        return self._client.open_blob(self._repository, layer)


@contextmanager
def open_from_registry(
    access: RegistryAccess,
    environment: Mapping[str, str],
    user_agent: str,
    reference: Reference,
    platform: Platform | None,
    machine: Platform,
) -> Iterator[RegistryImage]:
    """Open an image in a registry; the connection ends with the block.

    Raises:
        ConfigError: an address or credentials that cannot be used.
        NotFoundError, InvalidRequestError, RegistryError, ContentError: as `choose_image`.
    """
    limits = ClientLimits()
    with RegistryClient(access, environment, user_agent, limits) as client:
        image = RegistryImage(client, reference.repository)
        first = image.manifest(reference.reference)
        image.resolved = choose_image(image, first, platform, machine, limits)
        yield image


@contextmanager
def open_oci(path: str, platform: Platform | None, machine: Platform) -> Iterator[LaidOutImage]:
    """Open an image in an OCI image layout: `DIR`, or `DIR:TAG` where it holds several."""
    folder, tag = split_selector(path)
    yield open_layout(folder, tag, platform, machine)


@contextmanager
def open_docker_archive(path: str, platform: Platform | None) -> Iterator[ArchivedImage]:
    """Open an image in an archive that `docker save` wrote: `FILE`, or `FILE:TAG` where it holds several."""
    file, tag = split_selector(path)
    image = open_archive(file, tag, platform)
    try:
        yield image
    finally:
        image.close()


def split_selector(text: str) -> tuple[Path, str]:
    """Split `PATH:TAG`; a path that is there as a whole is one, whatever colons it has."""
    path = Path(text).expanduser()
    if path.exists():
        return path, ""
    for at, character in enumerate(text):
        if character == ":" and Path(text[:at]).expanduser().exists():
            return Path(text[:at]).expanduser(), text[at + 1 :]
    return path, ""
