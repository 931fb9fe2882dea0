"""An image in a registry, opened to be read once; `opened` chooses between it and what lies on this machine."""

from __future__ import annotations

from contextlib import AbstractContextManager

from dogwatch.model.bills import Attachments
from dogwatch.model.images import Descriptor, Layer, ResolvedImage
from dogwatch.registry.attachments import find_attachments
from dogwatch.registry.blobs import BlobReader
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.manifests import FetchedManifest


class RegistryImage:
    """An image in a registry."""

    def __init__(self, client: RegistryClient, repository: str) -> None:
        self._client = client
        self._repository = repository
        self.first: FetchedManifest  # what the reference stands for: the image, or an index with it
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

    def attachments(self) -> Attachments:
        """Fetch the bills of materials that are attached to the image; see `find_attachments`."""
        return find_attachments(self._client, self._repository, self.resolved.digest, (self.first,))
