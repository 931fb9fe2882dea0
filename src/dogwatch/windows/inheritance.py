"""Which windows a repository has: each field from the most specific scope that sets it, and else from the account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import Origin, RescanSetting, SettingStatus, WindowOverride
from dogwatch.model.scopes import INHERITED, Scope
from dogwatch.model.what_if import WindowWish
from dogwatch.windows.patterns import is_named, specificity
from dogwatch.windows.settings import parse_activity_window, parse_mode, parse_push_window


def inherit(account: RescanSetting, overrides: Iterable[WindowOverride], scope: Scope) -> RescanSetting:
    """Return the windows of a repository, or of a scope: there a pattern stands for all that it names.

    Each field is taken from the most specific override that names `scope` and sets the field, otherwise from the
    account. Status and time are the own override's, and the account's where `scope` has none.

    Args:
        account: the account's own windows.
        overrides: one for each scope at most, in any order, of any registry.
        scope: a registry and the name of a repository in it, or a pattern.
    """
    found = replace(account, scope=scope, origin=Origin())
    if scope.is_account:
        return found
    naming = [one for one in overrides if one.scope.registry == scope.registry]
    naming = [one for one in naming if is_named(one.scope.pattern, scope.pattern)]
    for one in sorted(naming, key=lambda one: specificity(one.scope.pattern)):
        found = _overlay(found, one)
        if one.scope == scope:
            found = replace(found, status=one.status, updated_at=one.updated_at)
    return found


def _overlay(found: RescanSetting, override: WindowOverride) -> RescanSetting:
    origin = found.origin
    if override.push_window is not None:
        found, origin = replace(found, push_window=override.push_window), replace(origin, push=override.scope)
    if override.activity_window is not None:
        found = replace(found, activity_window=override.activity_window)
        origin = replace(origin, activity=override.scope)
    if override.activity_mode is not None:
        found, origin = replace(found, activity_mode=override.activity_mode), replace(origin, mode=override.scope)
    return replace(found, origin=origin)


def changed_override(base: WindowOverride, wish: WindowWish, requested_at: datetime) -> WindowOverride:
    """Return `base` with the named fields changed, PENDING; INHERITED gives one up.

    Raises:
        InvalidRequestError: a text that is no window or mode, or a push window of NONE.
    """
    push, activity, mode = base.push_window, base.activity_window, base.activity_mode
    if wish.push_window is not None:
        push = None if wish.push_window == INHERITED else parse_push_window(wish.push_window)
    if wish.activity_window is not None:
        activity = None if wish.activity_window == INHERITED else parse_activity_window(wish.activity_window)
    if wish.activity_mode is not None:
        mode = None if wish.activity_mode == INHERITED else parse_mode(wish.activity_mode)
    return WindowOverride(base.scope, push, activity, mode, SettingStatus.PENDING, requested_at)


def refuse_inherited(wish: WindowWish) -> None:
    """Refuse a change of the account's windows that gives one up: there is nothing above the account.

    Raises:
        InvalidRequestError: one of its windows, or the mode, is INHERITED.
    """
    if INHERITED in (wish.push_window, wish.activity_window, wish.activity_mode):
        raise InvalidRequestError("scope", "the account inherits from nobody; name a registry or a pattern of its own")
