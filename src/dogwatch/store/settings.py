"""The windows of an account and of scopes in it, as callers ask for them. Applying a change is the watch's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import psycopg

from dogwatch.model.costs import USUAL_PRICES, PriceTable
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import RescanSetting, SettingStatus, WindowOverride
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.model.views import Page
from dogwatch.model.what_if import LeavingImage, WakeableImage, WhatIf, WindowWish
from dogwatch.store.accounts import (
    claim_request,
    find_inheriting,
    newest_setting,
    save_setting,
    setting_to_change,
)
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database, see_one_moment
from dogwatch.store.costs import load_rate
from dogwatch.store.queries import load_queries
from dogwatch.store.scopes import TO_CHANGE, find_registry_of, load_overrides, save_override
from dogwatch.store.what_if import count_what_if, load_leaving, load_wakeable
from dogwatch.windows import WindowPlan, changed_override, changed_setting, inherit, refuse_inherited

_SQL = load_queries("accounts")

MAX_SCOPES = 100
"""Scopes of one account that set windows: every repository that comes is held against each of them."""


class RescanSettings:
    """Implements `serve.ports.RescanSettings`."""

    def __init__(self, database: Database, clock: ProductClock, prices: PriceTable = USUAL_PRICES) -> None:
        self._database = database
        self._clock = clock
        self._prices = prices

    def load(self, account_id: str, scope: Scope = ACCOUNT_SCOPE) -> RescanSetting:
        """Return the newest change of a scope, PENDING included, over what it inherits.

        Raises:
            NotFoundError: no such account, or the account watches no registry of that alias.
        """
        with self._database.transaction() as connection:
            if scope.is_account:
                return newest_setting(connection, account_id)
            find_registry_of(connection, account_id, scope)
            newest = _by_scope(load_overrides(connection, account_id).values())
            return _windows_of(connection, account_id, scope, newest.get(scope))

    def load_scopes(self, account_id: str) -> tuple[RescanSetting, ...]:
        """Return the account's windows, and those of every scope that sets some of its own or is about to, by scope.

        Raises:
            NotFoundError: no such account.
        """
        with self._database.transaction() as connection:
            account = newest_setting(connection, account_id)
            newest = sorted(load_overrides(connection, account_id).values(), key=lambda one: one.scope)
            shown = [one for one in newest if not one.is_empty or one.status is not SettingStatus.SUCCESS]
            return account, *(_windows_of(connection, account_id, one.scope, one) for one in shown)

    def request(self, account_id: str, wish: WindowWish, *, wakes: bool = False) -> RescanSetting:
        """Ask for a change of the windows of an account, or of a scope in it.

        Readable at once as PENDING; an older change of the same scope that waits is superseded, with its wish to wake.
        What an account says for itself ends what it inherited; accounts that inherit from it are changed alike, but
        `wakes` is for images of this account's scope alone: those inside the windows are watched again.

        Raises:
            InvalidRequestError: a value that is no window, or one scope more than MAX_SCOPES.
            ConflictError: another change is being saved at this very moment.
            NotFoundError: no such account, or the account watches no registry of that alias.
        """
        now = self._clock.now()
        with self._database.transaction() as connection:
            registry_id = _find_scope(connection, account_id, wish.scope)
            claim_request(connection, account_id)  # what follows can be changed by nobody else
            plan = _plan_change(connection, account_id, wish, now)
            if registry_id is None:
                _save(connection, account_id, plan.account, wakes=wakes)
                _hand_down(connection, account_id, plan.account)
            else:
                save_override(connection, account_id, registry_id, plan.own, wakes=wakes)
            return plan.windows

    def inherit(self, account_id: str, administrator_id: str) -> RescanSetting:
        """Give an account the windows of another one, until it is asked for windows of its own; PENDING as any change.

        One level: nobody inherits from who inherits.

        Raises:
            InvalidRequestError: from itself, from one that inherits, or by one that others inherit from.
            ConflictError: another change of either is being saved at this very moment.
            NotFoundError: no such account.
        """
        with self._database.transaction() as connection:
            for one in (account_id, administrator_id):
                newest_setting(connection, one)  # refuses an unknown account
                claim_request(connection, one)
            theirs = setting_to_change(connection, administrator_id)
            if account_id == administrator_id:
                raise InvalidRequestError("account", "an account does not inherit from itself")
            if theirs.inherited_from:
                reason = f"the windows of {administrator_id} are themselves those of {theirs.inherited_from}"
                raise InvalidRequestError("account", reason)
            if find_inheriting(connection, account_id):
                raise InvalidRequestError("account", f"others have their windows from {account_id}")
            status, now = SettingStatus.PENDING, self._clock.now()
            taken = replace(theirs, status=status, updated_at=now, inherited_from=administrator_id)
            _save(connection, account_id, taken)
            return taken

    def what_if(self, account_id: str, wish: WindowWish, *, counts_findings: bool = True) -> WhatIf:
        """Return what a change would do now, if it were applied with all that waits; changes nothing.

        Counting the findings that would close takes longer than everything else.

        Raises:
            InvalidRequestError, NotFoundError: as `request`.
        """
        now = self._clock.now()
        with self._planned(account_id, wish, now) as (connection, plan):
            told = count_what_if(connection, account_id, plan, now, counts_findings=counts_findings)
            monthly = load_rate(connection, account_id, now).monthly_rescans
        return replace(
            told,
            rescans_now=monthly(told.watched),
            rescans_then=monthly(told.staying),
            grid=tuple(replace(cell, rescans=monthly(cell.watched)) for cell in told.grid),
            prices=self._prices,
        )

    def leaving(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[LeavingImage]:
        """Return a page of the images that a change would end the watch of; `after` is a cursor, or empty.

        Raises:
            InvalidRequestError, NotFoundError: as `request`; a limit or cursor that is not offered.
        """
        now = self._clock.now()
        with self._planned(account_id, wish, now) as (connection, plan):
            return load_leaving(connection, account_id, plan, now, limit, after)

    def wakeable(self, account_id: str, wish: WindowWish, limit: int, after: str) -> Page[WakeableImage]:
        """Return a page of the images that a change could wake; `after` is a cursor, or empty.

        Raises:
            InvalidRequestError, NotFoundError: as `leaving`.
        """
        now = self._clock.now()
        with self._planned(account_id, wish, now) as (connection, plan):
            return load_wakeable(connection, account_id, plan, now, limit, after)

    @contextmanager
    def _planned(
        self, account_id: str, wish: WindowWish, now: datetime
    ) -> Iterator[tuple[psycopg.Connection, WindowPlan]]:
        """Yield the plan of a change, and a connection that sees one moment throughout and writes nothing."""
        with self._database.transaction() as connection:
            see_one_moment(connection)
            _find_scope(connection, account_id, wish.scope)
            yield connection, _plan_change(connection, account_id, wish, now)


def _save(connection: psycopg.Connection, account_id: str, setting: RescanSetting, *, wakes: bool = False) -> None:
    setting_id = save_setting(connection, account_id, setting, wakes=wakes)
    connection.execute(_SQL["supersede_pending"], {"account": account_id, "setting": setting_id})


def _hand_down(connection: psycopg.Connection, account_id: str, setting: RescanSetting) -> None:
    """Record the change for those who inherit it. Asked again when all are claimed: one may just have left."""
    for one in find_inheriting(connection, account_id):
        claim_request(connection, one)
    for one in find_inheriting(connection, account_id):
        _save(connection, one, replace(setting, inherited_from=account_id))


def _find_scope(connection: psycopg.Connection, account_id: str, scope: Scope) -> int | None:
    """Return the id of the registry that a scope names; None for the account.

    Raises:
        NotFoundError: no such account, or the account watches no registry of that alias.
    """
    newest_setting(connection, account_id)  # refuses an unknown account
    return None if scope.is_account else find_registry_of(connection, account_id, scope)


def _plan_change(connection: psycopg.Connection, account_id: str, wish: WindowWish, now: datetime) -> WindowPlan:
    """Return the windows as they will be once a change, and all that waits, is applied.

    Raises:
        InvalidRequestError: a value that is no window, or one scope more than MAX_SCOPES.
    """
    account = setting_to_change(connection, account_id)
    known = _by_scope(load_overrides(connection, account_id, TO_CHANGE).values())
    if wish.scope.is_account:
        refuse_inherited(wish)
        return WindowPlan(wish.scope, changed_setting(account, wish, now), tuple(known.values()))
    own = changed_override(known.get(wish.scope, WindowOverride(wish.scope)), wish, now)
    overrides = {**known, wish.scope: own}
    if sum(not one.is_empty for one in overrides.values()) > MAX_SCOPES:
        raise InvalidRequestError("scope", f"an account has at most {MAX_SCOPES} scopes with own windows")
    return WindowPlan(wish.scope, account, tuple(overrides.values()))


def _by_scope(overrides: Iterable[WindowOverride]) -> dict[Scope, WindowOverride]:
    return {one.scope: one for one in overrides}


def _windows_of(
    connection: psycopg.Connection, account_id: str, scope: Scope, own: WindowOverride | None
) -> RescanSetting:
    """Return a scope's own change, however far it has come, over what is or will be in force around it."""
    around = _by_scope(load_overrides(connection, account_id, TO_CHANGE).values())
    around.pop(scope, None)
    return inherit(setting_to_change(connection, account_id), [*around.values(), *([own] if own else [])], scope)
