"""What a caller may change about what is watched, and what the watch costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dogwatch.model.accounts import AccountStatus
from dogwatch.model.costs import AccountScans, Costs, PriceTable
from dogwatch.model.deeds import DeedRequest, DeedView
from dogwatch.model.exclusions import Exclusion, ExclusionKind
from dogwatch.model.lifecycle import LifecyclePreview, PreviewPage, PreviewQuery, StoredPolicy
from dogwatch.model.monitoring import RescanSetting
from dogwatch.model.scanning import ScanningConfiguration
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.model.usage import UsageOutcome, UsageReport
from dogwatch.model.views import Page
from dogwatch.model.what_if import LeavingImage, WakeableImage, WhatIf, WindowWish


class RescanSettings(Protocol):
    """The windows of an account, and of scopes in it. All raise NotFoundError where a scope's registry is unknown."""

    def load(self, account_id: str, scope: Scope = ACCOUNT_SCOPE) -> RescanSetting:
        """The newest change (PENDING included), over what the scope inherits."""

    def load_scopes(self, account_id: str) -> tuple[RescanSetting, ...]:
        """The account's windows, and those of every scope that sets some of its own."""

    def request(self, account_id: str, wish: WindowWish, *, wakes: bool = False) -> RescanSetting:
        """Ask for a change. `wakes`: what is then inside is watched.

        PENDING until applied; a newer request supersedes a pending one of the same scope.

        Raises:
            InvalidRequestError: a value that is no window; ConflictError: a truly simultaneous change.
        """

    def inherit(self, account_id: str, administrator_id: str) -> RescanSetting:
        """Give an account the windows of another, until it is asked for its own; PENDING until applied.

        Raises:
            InvalidRequestError: more than one level; NotFoundError: no such account; ConflictError: as `request`.
        """

    def what_if(self, account_id: str, wish: WindowWish, *, counts_findings: bool = True) -> WhatIf:
        """What a change would do now; changes nothing. Raises as `request`."""

    def leaving(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[LeavingImage]:
        """A page of the images that a change would end the watch of; `after` is a cursor, or empty."""

    def wakeable(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[WakeableImage]:
        """A page of the images that a change could wake; `after` is a cursor, or empty."""


class Scanning(Protocol):
    """Which repositories of an account are scanned, and how often."""

    def load(self, account_id: str) -> ScanningConfiguration:
        """The newest rules, PENDING included, or the default: everything, continuously."""

    def change(self, account_id: str, wanted: ScanningConfiguration) -> ScanningConfiguration:
        """Ask for other rules: PENDING until a job has moved the images.

        Raises:
            InvalidRequestError: what ECR would refuse; `field` names the place.
        """


class AccountSwitches(Protocol):
    """Whether accounts' images are scanned at all. Both raise NotFoundError where there is no such account."""

    def status(self, account_id: str) -> AccountStatus:
        """How the account stands."""

    def switch(self, account_id: str, *, is_on: bool) -> AccountStatus:
        """Ask for an account to be switched on or off; ENABLING or DISABLING until a job has moved its images."""


class Lifecycle(Protocol):
    """Lifecycle policies of an account's repositories, each named by its registry's alias and its name there.

    Proposals only: nothing is deleted in any registry. All raise NotFoundError where there is no such repository.
    """

    def set_policy(self, account_id: str, alias: str, repository: str, text: str) -> StoredPolicy:
        """Keep a policy as given and evaluate it at once.

        Raises:
            InvalidRequestError: what ECR would refuse; `field` names the place.
        """

    def load_policy(self, account_id: str, alias: str, repository: str) -> StoredPolicy:
        """The repository's policy; NotFoundError where it has none."""

    def load_policies(self, account_id: str) -> tuple[StoredPolicy, ...]:
        """All policies of the account, by registry and name."""

    def remove_policy(self, account_id: str, alias: str, repository: str) -> StoredPolicy:
        """Forget the policy and what it proposed; returns it. NotFoundError where there is none."""

    def preview(
        self, account_id: str, alias: str, repository: str, text: str | None, *, spares_in_use: bool = True
    ) -> LifecyclePreview:
        """What a policy (None: the repository's own) would do now; nothing is kept."""

    def start_preview(self, account_id: str, alias: str, repository: str, text: str | None) -> str:
        """Evaluate a policy (None: the repository's own), and keep what it came to; returns its text.

        Raises:
            ConflictError: another preview of the repository is being made.
        """

    def load_preview(self, account_id: str, alias: str, repository: str, query: PreviewQuery) -> PreviewPage:
        """A page of the kept preview; NotFoundError where there is none."""


class ImageDeeds(Protocol):
    """What people do to one image by hand."""

    def do(self, account_id: str, image_id: int, request: DeedRequest) -> DeedView:
        """Do a deed now, and write it into the image's history.

        Raises:
            NotFoundError: the account has no such image.
            InvalidRequestError: nobody can do this, or not to this image as it stands.
        """


class Exclusions(Protocol):
    """Whose events move no clock."""

    def list(self, account_id: str) -> tuple[Exclusion, ...]:
        """The account's list."""

    def add(self, account_id: str, kind: ExclusionKind, pattern: str, reason: str, by: str) -> Exclusion:
        """Add an entry; it concerns events that are heard from now on."""

    def remove(self, account_id: str, exclusion_id: int, by: str) -> None:
        """End an entry; events that were heard before stay as they are."""


class Usage(Protocol):
    """Images seen running."""

    def report(self, account_id: str, report: UsageReport) -> UsageOutcome:
        """Credit the account's images with what was seen; what the account does not have is told in the outcome."""


class CostViews(Protocol):
    """Scans as the original bills them, and what they cost."""

    @property
    def prices(self) -> PriceTable:
        """The price of one scan of each kind."""

    def load(self, account_id: str) -> Costs:
        """The account's scans by registry and month, the newest month first."""

    def load_recent(self, account_ids: Sequence[str]) -> tuple[AccountScans, ...]:
        """The scans of accounts in the last 30 days, by account id; only of those that there are."""
