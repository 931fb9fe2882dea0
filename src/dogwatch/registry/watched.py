"""The room's door for jobs: registries by their stored row, one client each, kept between jobs.

Called by `app`, which hands it to `flow`. Which adapter a registry needs is decided here, by its kind.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress

from dogwatch.model.bills import Attachments
from dogwatch.model.errors import (
    ContentError,
    DogwatchError,
    ImageGoneError,
    RegistryDeniedError,
    RegistryError,
    Retry,
)
from dogwatch.model.images import Descriptor, Layer, Resolved
from dogwatch.model.registries import PollOutcome, ReadNotice, Registry, RegistryAccess, TagListing
from dogwatch.registry.adapter import OWN_PRODUCT
from dogwatch.registry.attachments import find_attachments
from dogwatch.registry.blobs import BlobReader
from dogwatch.registry.catalogue import adapter_for
from dogwatch.registry.check import Check, check_registry
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.manifests import FetchedManifest
from dogwatch.registry.resolve import resolve

BROKEN_OFF = "the rest"
"""Stands for the repositories that a poll did not come to."""


class WatchedRegistries:
    """Reads registries. Safe to share by threads, not by processes."""

    def __init__(self, environment: Mapping[str, str], version: str) -> None:
        """Prepare; connects to nothing yet.

        Args:
            environment: variable → value, for passwords that stand there.
            version: ours, for the User-Agent by which our own reads are known.
        """
        self._environment = environment
        self._user_agent = f"{OWN_PRODUCT}/{version}"
        self._clients: dict[int, tuple[RegistryAccess, RegistryClient]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections; may be called twice."""
        with self._lock:
            for _, client in self._clients.values():
                client.close()
            self._clients.clear()

    def refuse_unusable(self, access: RegistryAccess) -> None:
        """Refuse an address or credentials that can never work; asks nobody.

        Raises:
            ConfigError: with the reason.
        """
        RegistryClient(access, self._environment, self._user_agent).close()

    def read_notice(self, registry: Registry, content_type: str, body: bytes) -> ReadNotice:
        """Parse a webhook body; what is wrong with it is a problem in the result."""
        parsed = adapter_for(registry.kind).parse_events(content_type, body, registry.access.username)
        return ReadNotice(parsed.events, tuple(map(str, parsed.refused)))

    def resolve(self, registry: Registry, repository: str, reference: str) -> Resolved:
        """Fetch and parse a manifest by tag or digest, with everything behind it; see `resolve.resolve`."""
        return resolve(self._client(registry), repository, reference)

    def open_layer(self, registry: Registry, repository: str, layer: Layer) -> AbstractContextManager[BlobReader]:
        """Open a layer's blob as a stream; see `RegistryClient.open_blob`."""
        descriptor = Descriptor(layer.media_type, layer.digest, layer.size_bytes)
        return self._client(registry).open_blob(repository, descriptor)

    def attachments(self, registry: Registry, repository: str, digest: str, indexes: Iterable[str]) -> Attachments:
        """Fetch the bills of materials that are attached to an image, also those in indexes that name it.

        Raises:
            RegistryError, ContentError: something could not be had that another attempt may bring.
        """
        client = self._client(registry)
        return find_attachments(client, repository, digest, _still_there(client, repository, indexes), _is_final)

    def poll(self, registry: Registry) -> PollOutcome:
        """List repositories and tags with their digests; what was seen before the registry broke off counts.

        Raises:
            RegistryError, ContentError: nothing at all was seen.
        """
        listings: list[TagListing] = []
        failures: list[tuple[str, str]] = []
        try:
            for seen in adapter_for(registry.kind).list_tags(self._client(registry)):
                if isinstance(seen, TagListing):
                    listings.append(seen)
                else:
                    failures.append((seen.repository, seen.reason))
        except (RegistryError, ContentError) as error:
            if not listings:
                raise
            failures.append((BROKEN_OFF, error.message))
        return PollOutcome(tuple(listings), tuple(failures))

    def check(self, registry: Registry) -> tuple[Check, ...]:
        """Try the registry and say what was tried.

        Raises:
            ConfigError: its credentials or CA file are not there.
        """
        return check_registry(self._client(registry))

    def notification_snippet(self, registry: Registry, webhook_url: str, headers: Mapping[str, str]) -> str:
        """Return the configuration that makes the registry notify us, ready to paste."""
        return adapter_for(registry.kind).notification_snippet(webhook_url, headers)

    def _client(self, registry: Registry) -> RegistryClient:
        """Return the registry's client; a new one where its access has changed."""
        with self._lock:
            access, client = self._clients.get(registry.id, (None, None))
            if client is None or access != registry.access:
                fresh = RegistryClient(registry.access, self._environment, self._user_agent)
                if client is not None:
                    client.close()
                client = fresh
                self._clients[registry.id] = registry.access, client
            return client


def _still_there(client: RegistryClient, repository: str, digests: Iterable[str]) -> Iterator[FetchedManifest]:
    for digest in digests:
        with suppress(ImageGoneError):
            yield client.manifest(repository, digest)


def _is_final(error: DogwatchError) -> bool:
    """Say whether an error is the registry's last word: neither another attempt nor the operator mends it."""
    return error.retry is Retry.NO and not isinstance(error, RegistryDeniedError)
