"""What `serve` needs from the outer rooms, stated by `serve`: reads for lists, and the few changes a caller may make.

The values that cross are vocabulary (`model.views`): whoever implements a port imports only that.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dogwatch.model.monitoring import RescanSetting
from dogwatch.model.registries import Registry, RegistryAccess
from dogwatch.model.views import FeedView as FeedView
from dogwatch.model.views import FindingQuery as FindingQuery
from dogwatch.model.views import FindingView as FindingView
from dogwatch.model.views import GapView as GapView
from dogwatch.model.views import ImageQuery as ImageQuery
from dogwatch.model.views import ImageView as ImageView
from dogwatch.model.views import Page as Page
from dogwatch.model.views import VulnerablePackage as VulnerablePackage


class Views(Protocol):
    """Reads for lists."""

    def findings(self, query: FindingQuery) -> Page[FindingView]:
        """A page of findings. Raises InvalidRequestError for an unknown field, sort or a foreign cursor."""

    def images(self, query: ImageQuery) -> Page[ImageView]:
        """A page of images."""

    def undetermined(self, account_id: str, image_id: int) -> tuple[tuple[str, str, str, str, int], ...]:
        """(ecosystem, package, version, reason, advisories concerned) that could not be compared in an image."""

    def feeds(self) -> tuple[FeedView, ...]:
        """Freshness of every feed that is switched on."""

    def now(self) -> datetime:
        """The product's present."""


class RescanSettings(Protocol):
    """The windows of an account."""

    def load(self, account_id: str) -> RescanSetting:
        """The newest change (PENDING included)."""

    def request(
        self, account_id: str, push_window: str | None, activity_window: str | None, activity_mode: str | None
    ) -> RescanSetting:
        """Ask for a change; None keeps a field. PENDING until applied; a newer request supersedes a pending one.

        Raises:
            InvalidRequestError: a value that is no window; ConflictError: a truly simultaneous change.
        """


class RegistryAdmin(Protocol):
    """Registries of an account."""

    def add(self, account_id: str, alias: str, access: RegistryAccess, region: str) -> tuple[Registry, str]:
        """Add a registry; returns it and its webhook secret, which is shown this once."""

    def list(self, account_id: str) -> tuple[Registry, ...]:
        """The registries that are not removed."""

    def remove(self, account_id: str, alias: str) -> None:
        """Stop watching a registry: monitoring of its images ends; history stays."""


class Health(Protocol):
    """What the probes ask."""

    def database_problem(self) -> str:
        """Empty when the database answers and its schema is current; otherwise the reason."""
