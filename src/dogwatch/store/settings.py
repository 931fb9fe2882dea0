"""The windows of an account, as callers ask for them. Applying a change is the watch's (`store.watch`)."""

from __future__ import annotations

from dogwatch.model.monitoring import RescanSetting
from dogwatch.store.accounts import claim_request, newest_setting, save_setting, setting_to_change
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database
from dogwatch.store.queries import load_queries
from dogwatch.windows import changed_setting

_SQL = load_queries("accounts")


class RescanSettings:
    """Implements `serve.ports.RescanSettings`."""

    def __init__(self, database: Database, clock: ProductClock) -> None:
        self._database = database
        self._clock = clock

    def load(self, account_id: str) -> RescanSetting:
        """Return the newest change, PENDING included.

        Raises:
            NotFoundError: no such account.
        """
        with self._database.transaction() as connection:
            return newest_setting(connection, account_id)

    def request(
        self, account_id: str, push_window: str | None, activity_window: str | None, activity_mode: str | None
    ) -> RescanSetting:
        """Ask for a change; None keeps a field. Readable at once as PENDING; an older one that waits is superseded.

        Raises:
            InvalidRequestError: a value that is no window.
            ConflictError: another change is being saved at this very moment.
            NotFoundError: no such account.
        """
        now = self._clock.now()
        with self._database.transaction() as connection:
            newest_setting(connection, account_id)  # refuses an unknown account
            claim_request(connection, account_id)
            base = setting_to_change(connection, account_id)  # after the claim: nothing can change it any more
            setting = changed_setting(base, push_window, activity_window, activity_mode, now)
            setting_id = save_setting(connection, account_id, setting)
            connection.execute(_SQL["supersede_pending"], {"account": account_id, "setting": setting_id})
            return setting
