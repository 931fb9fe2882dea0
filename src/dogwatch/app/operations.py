"""What callers ask of one account: registries, deeds, windows, what is scanned, and the audit."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dogwatch.app.opened import Opened
from dogwatch.model.registries import ALL, LookBack, Registry, RegistryAccess

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dogwatch.model.accounts import AccountStatus
    from dogwatch.model.audits import Audit
    from dogwatch.model.deeds import DeedRequest, DeedView
    from dogwatch.model.monitoring import RescanSetting
    from dogwatch.model.scanning import ScanningConfiguration
    from dogwatch.model.what_if import WindowWish
    from dogwatch.registry.check import Check


class Operations(Opened):
    """Changes and questions that need more than one store."""

    def add_registry(
        self, alias: str, access: RegistryAccess, look_back: LookBack = ALL, *, believes_bills: bool = False
    ) -> tuple[Registry, str]:
        """Watch a registry for the settings' account and look at it at once; returns it and its webhook secret.

        Raises:
            ConfigError: an address or credentials that cannot be used.
            InvalidRequestError, ConflictError: an alias or address that cannot be used, or is used already.
            ForbiddenError: a demonstration moved the clock.
        """
        self._watched.refuse_unusable(access)
        self.demonstration.refuse_real(alias, self.machine_now())
        registry, secret = self.registries.add(
            self.settings.account, alias, access, self.settings.region, look_back, believes_bills
        )
        self.queue.poll(registry.id)
        return registry, secret

    def check_registry(self, alias: str, account_id: str = "") -> tuple[Check, ...]:
        """Try a registry and say what was tried, with real addresses, statuses and errors.

        Args:
            alias: the registry's.
            account_id: whose it is; empty: the settings' account's.

        Raises:
            NotFoundError: no such registry.
            ConfigError: its credentials or CA file are not there.
        """
        return self._watched.check(self.registries.find(account_id or self.settings.account, alias))

    def notification_snippet(self, alias: str, webhook_url: str, headers: Mapping[str, str]) -> str:
        """Return the configuration that makes a registry notify us, ready to paste."""
        registry = self.registries.find(self.settings.account, alias)
        return self._watched.notification_snippet(registry, webhook_url, headers)

    def do_deed(self, image_id: int, request: DeedRequest) -> DeedView:
        """Do a deed to an image of the settings' account; see `ImageDeeds.do`."""
        return self.deeds.do(self.settings.account, image_id, request)

    def request_windows(self, wish: WindowWish, *, wakes: bool = False) -> RescanSetting:
        """Ask for a change of the windows of a scope; it is PENDING, and applied by a job within a moment."""
        asked = self.rescan_settings.request(self.settings.account, wish, wakes=wakes)
        self.queue.pick_up_forgotten()  # finds what is PENDING
        return asked

    def inherit_windows(self, administrator_id: str) -> RescanSetting:
        """Give the settings' account the windows of another one; PENDING as any change."""
        asked = self.rescan_settings.inherit(self.settings.account, administrator_id)
        self.queue.pick_up_forgotten()
        return asked

    def apply_windows(self) -> None:
        """Let changes of windows that wait take effect now, here; a worker that does the same does no harm.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        from dogwatch.flow.rescan import apply_setting_step
        from dogwatch.flow.steps import RepeatLater, run_step

        for setting_id in self.outside.watch_store.load_pending_settings():
            with suppress(RepeatLater):
                run_step(apply_setting_step(self.outside, setting_id))

    def change_scanning(self, wanted: ScanningConfiguration) -> ScanningConfiguration:
        """Ask for other rules of the settings' account; PENDING, and applied by a job within a moment."""
        asked = self.scanning.change(self.settings.account, wanted)
        self.queue.pick_up_forgotten()
        return asked

    def switch_account(self, *, is_on: bool) -> AccountStatus:
        """Ask for the settings' account to be switched on or off; applied by a job within a moment."""
        asked = self.accounts.switch(self.settings.account, is_on=is_on)
        self.queue.pick_up_forgotten()
        return asked

    def apply_scanning(self) -> None:
        """Let changes of what is scanned that wait take effect now, here; a worker that does the same does no harm.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        from dogwatch.flow.scanning import apply_scanning_step
        from dogwatch.flow.steps import RepeatLater, run_step

        for account_id in self.outside.scanning_work.load_pending():
            with suppress(RepeatLater):
                run_step(apply_scanning_step(self.outside, account_id))

    def lifecycle_preset(self, name: str) -> str:
        """Return the text of a lifecycle policy by its name.

        Raises:
            NotFoundError: no such preset.
        """
        from dogwatch.windows.lifecycle import preset_policy

        return preset_policy(name)

    def count_to_reread(self) -> int:
        """Return how many watched images were read by other extractors, and wait to be read again."""
        from dogwatch.inventory.catalogue import FINGERPRINT

        return self.views.count_to_reread(FINGERPRINT)

    def audit(self) -> Audit:
        """Hold what is stored against what follows from it, now, in a process of its own; corrects nothing.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        with self._isolation() as isolation:
            return isolation.audit()
