"""Images opened to be read once: from a registry, an image layout on disk, or a Docker archive. Called by `app`.

All three give the same shape, `flow.examination.OpenedImage`: the image resolved, and its layers as streams.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from dogwatch.model.images import Descriptor, Layer, Platform, ResolvedImage
from dogwatch.model.registries import Registry, RegistryAccess
from dogwatch.model.targets import Target, TargetKind
from dogwatch.registry.adapter import OWN_PRODUCT
from dogwatch.registry.blobs import BlobReader
from dogwatch.registry.choosing import choose_image
from dogwatch.registry.client import FetchedManifest, RegistryClient
from dogwatch.registry.docker_archive import ArchivedImage, open_archive
from dogwatch.registry.layout import LaidOutImage, open_layout
from dogwatch.registry.limits import ClientLimits
from dogwatch.registry.references import parse_reference

_ARCHITECTURES: Final = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "i686": "386",
    "loongarch64": "loong64",
}
"""The machine's own word → the word of images, where they differ."""


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


class ImageDoor:
    """Opens the image that a target names; knows the registries that were added, for their credentials."""

    def __init__(self, registries: Sequence[Registry], environment: Mapping[str, str], version: str) -> None:
        """Prepare.

        Args:
            registries: those of the account.
            environment: variable → value, for passwords that stand there.
            version: ours, for the User-Agent by which our own reads are known.
        """
        self._registries = registries
        self._environment = environment
        self._user_agent = f"{OWN_PRODUCT}/{version}"

    @contextmanager
    def open(self, target: Target) -> Iterator[RegistryImage | LaidOutImage | ArchivedImage]:
        """Open an image; what it needed is closed with the block.

        Raises:
            ConfigError: an address or credentials that cannot be used.
            InvalidRequestError, NotFoundError, RegistryError, ContentError: it cannot be had, or is none.
        """
        if target.kind is TargetKind.OCI:
            folder, tag = split_selector(target.name)
            yield open_layout(folder, tag, target.platform, machine_platform())
        elif target.kind is TargetKind.DOCKER_ARCHIVE:
            file, tag = split_selector(target.name)
            with closing(open_archive(file, tag, target.platform)) as archived:
                yield archived
        else:
            reference = parse_reference(target.name)
            limits = ClientLimits()
            access = self._access(target, reference.host)
            with RegistryClient(access, self._environment, self._user_agent, limits) as client:
                image = RegistryImage(client, reference.repository)
                first = image.manifest(reference.reference)
                image.resolved = choose_image(image, first, target.platform, machine_platform(), limits)
                yield image

    def _access(self, target: Target, host: str) -> RegistryAccess:
        """Return how to reach a host: as the registry that was added, except for what the target says itself."""
        scheme = "http" if target.plain_http else "https"
        known = next((one.access for one in self._registries if _host(one.access.url) == host), None)
        access = known or RegistryAccess(f"{scheme}://{host}")
        if target.username or target.password_file or target.password_variable:
            access = replace(
                access,
                username=target.username,
                password_file=target.password_file,
                password_variable=target.password_variable,
            )
        return replace(access, ca_file=target.ca_file) if target.ca_file else access


def machine_platform() -> Platform:
    """Return the platform whose images run here."""
    machine = platform.machine()
    return Platform("linux", _ARCHITECTURES.get(machine, machine))


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def split_selector(text: str) -> tuple[Path, str]:
    """Split `PATH:TAG`; a path that is there as a whole is one, whatever colons it has."""
    path = Path(text).expanduser()
    if path.exists():
        return path, ""
    for at, character in enumerate(text):
        if character == ":" and Path(text[:at]).expanduser().exists():
            return Path(text[:at]).expanduser(), text[at + 1 :]
    return path, ""
