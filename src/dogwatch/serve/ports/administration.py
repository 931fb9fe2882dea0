"""What an operator does with registries, feeds and documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dogwatch.model.operator_documents import DocumentDetails, DocumentView, SuppliedDocument
from dogwatch.model.registries import Registry, RegistryAccess


class RegistryAdmin(Protocol):
    """Registries of an account."""

    def add(self, account_id: str, alias: str, access: RegistryAccess, region: str) -> tuple[Registry, str]:
        """Add a registry; returns it and its webhook secret, which is shown this once."""

    def list(self, account_id: str) -> tuple[Registry, ...]:
        """The registries that are not removed."""

    def believe_bills(self, account_id: str, alias: str, *, believed: bool) -> None:
        """Let bills of materials that are attached to a registry's images count from now on, or not any more."""

    def remove(self, account_id: str, alias: str) -> None:
        """Stop watching a registry: monitoring of its images ends; history stays."""


class Check(Protocol):
    """One thing tried against a registry."""

    @property
    def name(self) -> str:
        """What was tried."""

    @property
    def url(self) -> str:
        """The real address."""

    @property
    def passed(self) -> bool:
        """Whether it went well."""

    @property
    def status(self) -> int | None:
        """The HTTP status, None where no answer came."""

    @property
    def detail(self) -> str:
        """What was seen, or the error in its own words."""


class Work(Protocol):
    """Work that a caller may ask for."""

    def check_registry(self, alias: str, account_id: str) -> Sequence[Check]:
        """Try a registry, and say what was tried.

        Raises:
            NotFoundError: no such registry.
        """

    def request_feed_updates(self) -> tuple[tuple[str, str], ...]:
        """Queue a look at every feed; returns (source, ecosystem) of each."""


class OperatorDocuments(Protocol):
    """Advisories and VEX documents that the operator supplies; they count for every account."""

    def list(self) -> tuple[DocumentView, ...]:
        """The documents in force, the newest first."""

    def show(self, key: str) -> DocumentDetails:
        """A document by its number or name, with what it says.

        Raises:
            NotFoundError: no such document.
        """

    def add(self, content: bytes, file: str, by: str) -> SuppliedDocument:
        """Let a document count from now on; `file` is what errors call it.

        Raises:
            InvalidRequestError: it cannot be used, or is older than what is held.
        """

    def remove(self, key: str) -> DocumentView:
        """Take a document back.

        Raises:
            NotFoundError: no such document.
        """
