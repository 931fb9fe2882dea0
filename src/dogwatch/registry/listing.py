"""Polling, the safety net under notifications: which tags a registry holds and what they point at, by HEAD.

Called by adapters whose registries have no better list of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dogwatch.model.errors import (
    ContentError,
    RegistryError,
    RegistryThrottledError,
    RegistryUnavailableError,
)
from dogwatch.model.images import is_digest
from dogwatch.model.registries import TagListing
from dogwatch.registry.adapter import FailedListing
from dogwatch.registry.client import RegistryClient


def list_tags(
    client: RegistryClient, repositories: Iterable[str] | None = None
) -> Iterator[TagListing | FailedListing]:
    """Yield what each repository holds: tag → digest, complete, or why it could not be listed.

    A tag that vanishes between the list and the look at it is left out. A repository whose tags the registry does not
    know (404) counts as failed: some registries say so of what we may not see, and that must not look like a deletion.

    Args:
        client: the registry.
        repositories: which to look at; None for all in the catalogue.

    Raises:
        RegistryUnavailableError: `poll_failures` repositories in a row failed for want of the registry.
        RegistryThrottledError: the registry asks to wait; going on would only prolong it.
        RegistryError: the catalogue is not to be had.
    """
    failures_in_a_row = 0
    for repository in client.catalog() if repositories is None else repositories:
        try:
            listing = _listing(client, repository)
        except RegistryThrottledError:
            raise
        except (RegistryError, ContentError) as error:
            if isinstance(error, RegistryUnavailableError):
                failures_in_a_row += 1
                if failures_in_a_row >= client.limits.poll_failures:
                    raise
            yield FailedListing(repository, error.message)
            continue
        failures_in_a_row = 0
        yield listing


def _listing(client: RegistryClient, repository: str) -> TagListing:
    tags = sorted(tag for tag in client.tags(repository) if not is_digest(tag))
    found = ((tag, client.head_manifest(repository, tag)) for tag in tags)
    return TagListing(repository, tuple((tag, digest) for tag, digest in found if digest is not None))
