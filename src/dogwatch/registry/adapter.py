"""The RegistryAdapter contract: what one kind of registry tells us, and what its clocks are worth.

One implementation per kind of registry, each in its own module and in `catalogue`. `app` picks by `Registry.kind`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dogwatch.model.registries import RegistryEvent, TagListing
from dogwatch.registry.client import RegistryClient

OWN_PRODUCT = "dogwatch"
"""The product token of our User-Agent, `dogwatch/<version>`, by which our own reads are known."""


class ClockPrecision(StrEnum):
    """How well a registry tells when something happened."""

    EXACT = "exact"
    DAILY = "daily"
    WEAK = "weak"
    NOT_OFFERED = "not offered"


@dataclass(frozen=True, slots=True)
class ClockQuality:
    """What a kind of registry's push and pull times are worth, and the sentence that says so to its owner."""

    push: ClockPrecision
    pull: ClockPrecision
    explanation: str


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """One thing in a webhook body that could not be understood: where it stands, and why."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ParsedEvents:
    """What a webhook body says.

    `refused` is what could not be understood; `passed_over` counts what was understood and is no push, pull or deletion
    of a manifest (blobs, mounts, HEAD requests).
    """

    events: tuple[RegistryEvent, ...]
    refused: tuple[RefusedEvent, ...] = ()
    passed_over: int = 0


@dataclass(frozen=True, slots=True)
class FailedListing:
    """A repository that could not be listed whole; nothing follows from it, least of all that tags are gone."""

    repository: str
    reason: str


class RegistryAdapter(Protocol):
    """What one kind of registry does in its own way."""

    @property
    def kind(self) -> str:
        """Stable name, stored with each registry."""

    @property
    def clock_quality(self) -> ClockQuality:
        """What its clocks are worth."""

    def parse_events(self, content_type: str, body: bytes, own_username: str) -> ParsedEvents:
        """Read a webhook body as it arrived; never raises, whatever the bytes.

        An event that cannot be understood is refused with its reason and does not spoil the others.

        Args:
            content_type: the request's header.
            body: the request's bytes.
            own_username: the name under which we read this registry; empty for anonymous.
        """

    def list_tags(self, client: RegistryClient) -> Iterator[TagListing | FailedListing]:
        """Look at all repositories, without anything that the registry counts as a pull.

        Raises:
            RegistryError: the registry as a whole does not answer, or offers no list; what was yielded before stands.
        """

    def notification_snippet(self, webhook_url: str, headers: Mapping[str, str]) -> str:
        """Return the configuration that makes this registry notify us, ready to paste.

        Args:
            webhook_url: where we receive.
            headers: what each request must carry, as the secret.
        """
