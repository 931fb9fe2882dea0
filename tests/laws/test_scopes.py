"""Laws of windows by scope: inheritance, and the law that every deadline in the database is that of the pure rule."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from dogwatch.model.monitoring import (
    ActivityMode,
    Clocks,
    Origin,
    RescanSetting,
    SettingStatus,
    Window,
    WindowOverride,
)
from dogwatch.model.registries import EventKind, RegistryAccess, RegistryEvent
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.model.what_if import WindowWish
from dogwatch.windows import inherit, is_named, specificity, watch
from tests.builders.watching import ACCOUNT, World, as_day, day, digest, image

_WINDOWS = st.integers(1, 200).map(Window) | st.just(Window(None))
_ACTIVITY = _WINDOWS | st.just(Window(None, off=True))
_NAMES = st.text("ab/", min_size=1, max_size=6)
_PATTERNS = st.text("ab/*", min_size=1, max_size=6).map(lambda text: re.sub(r"\*+", "*", text))
_SCOPES = st.builds(Scope, st.sampled_from(["one", "two"]), _PATTERNS)
_ACCOUNT_WINDOWS = st.builds(RescanSetting, _WINDOWS, _ACTIVITY, st.sampled_from(ActivityMode))
_OVERRIDES = st.lists(
    st.builds(
        WindowOverride, _SCOPES, st.none() | _WINDOWS, st.none() | _ACTIVITY, st.none() | st.sampled_from(ActivityMode)
    ),
    max_size=8,
    unique_by=lambda one: one.scope,
)
_MOMENTS = st.none() | st.integers(-300, 0).map(day)
_CLOCKS = st.builds(Clocks, _MOMENTS, _MOMENTS, _MOMENTS)


@given(st.text("ab*", max_size=8), st.text("ab", max_size=10))
def test_a_star_stands_for_any_run_of_characters_and_all_else_for_itself(pattern: str, name: str) -> None:
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    assert is_named(pattern, name) == (re.fullmatch(expression, name, re.DOTALL) is not None)


@given(_PATTERNS, _PATTERNS, _NAMES)
def test_a_pattern_that_names_another_names_all_that_the_other_names(one: str, other: str, name: str) -> None:
    if is_named(one, other) and is_named(other, name):
        assert is_named(one, name)
        assert specificity(one) <= specificity(other)


@given(_ACCOUNT_WINDOWS, _OVERRIDES, _NAMES)
def test_the_order_in_which_scopes_came_does_not_matter(
    account: RescanSetting, overrides: list[WindowOverride], name: str
) -> None:
    turned = list(reversed(overrides))
    assert inherit(account, turned, Scope("one", name)) == inherit(account, overrides, Scope("one", name))


@given(_ACCOUNT_WINDOWS, _OVERRIDES, _SCOPES)
def test_a_scope_that_sets_nothing_is_watched_as_its_parent(
    account: RescanSetting, overrides: list[WindowOverride], scope: Scope
) -> None:
    around = [one for one in overrides if one.scope != scope]
    assert inherit(account, [*around, WindowOverride(scope)], scope) == replace(
        inherit(account, around, scope), status=SettingStatus.SUCCESS, updated_at=None
    )
    assert inherit(account, [one for one in overrides if one.scope.registry != "one"], Scope("one", "*")) == replace(
        account, scope=Scope("one", "*")
    )


@given(_ACCOUNT_WINDOWS, _OVERRIDES, _SCOPES)
def test_what_a_scope_sets_for_itself_wins_there(
    account: RescanSetting, overrides: list[WindowOverride], scope: Scope
) -> None:
    own = WindowOverride(scope, Window(5), Window(6), ActivityMode.EITHER)
    around = [one for one in overrides if one.scope != scope]
    assert inherit(account, [own, *around], scope) == RescanSetting(
        Window(5), Window(6), ActivityMode.EITHER, scope=scope, origin=Origin(scope, scope, scope)
    )


@given(_ACCOUNT_WINDOWS, _OVERRIDES, _NAMES, _CLOCKS, st.integers(0, 7))
def test_a_longer_window_of_any_scope_never_ends_a_watch_earlier(
    account: RescanSetting, overrides: list[WindowOverride], name: str, clocks: Clocks, place: int
) -> None:
    place = min(place, len(overrides) - 1)
    if place < 0 or overrides[place].push_window is None:
        return
    lifetime = replace(overrides[place], push_window=Window(None))
    longer = [*overrides[:place], lifetime, *overrides[place + 1 :]]
    before = watch(clocks, inherit(account, overrides, Scope("one", name))).until
    after = watch(clocks, inherit(account, longer, Scope("one", name))).until
    assert before is None or (after is not None and after >= before)


_ASKED = st.tuples(
    st.sampled_from(["", "*", "a*", "*a", "ab", "*a*b*"]),
    st.sampled_from([None, "DAYS_3", "DAYS_40", "LIFETIME", "INHERITED"]),
    st.sampled_from([None, "DAYS_5", "DAYS_50", "NONE", "INHERITED"]),
    st.sampled_from([None, "LAST_PULL_DATE", "LAST_IN_USE_AT", "INHERITED"]),
)
_HEARD = st.tuples(st.sampled_from(["a", "ab", "ba", "aab", "b"]), st.sampled_from(EventKind))
_ALIASES = itertools.count(1)


@settings(max_examples=25, deadline=None)
@given(st.lists(_ASKED | _HEARD, min_size=3, max_size=12))
def test_every_deadline_is_that_of_the_windows_its_repository_inherits(
    shared_world: World, steps: list[tuple[str | None, ...]]
) -> None:
    """Repositories come before and after changes; whatever the order, clocks and inherited windows decide."""
    alias = f"r{next(_ALIASES)}"
    access = RegistryAccess("https://registry.example")
    world = replace(shared_world, registry=shared_world.registries.add(ACCOUNT, alias, access, "eu-west-1")[0])
    for at, step in enumerate(steps, 1):
        if len(step) == 2:
            _hear(world, at, step[0] or "", EventKind(step[1] or ""))
        else:
            _ask(world, at, step)
    account, *overrides = world.settings.load_scopes(ACCOUNT)
    rows = world.rows(
        "SELECT name, pushed_at, pulled_at, in_use_at, watched_until, held_by FROM clocks JOIN image ON id = image_id "
        "JOIN repository ON repository.id = image.repository_id WHERE registry_id = %s ORDER BY name",
        world.registry.id,
    )
    expected = []
    for name, pushed_at, pulled_at, in_use_at, _, _ in rows:
        setting = inherit(account, [_own(one) for one in overrides], Scope(alias, str(name)))
        outcome = watch(Clocks(*map(_moment, (pushed_at, pulled_at, in_use_at))), setting)
        expected.append((name, as_day(outcome.until), outcome.held_by and str(outcome.held_by)))
    assert [(name, as_day(until), held_by) for name, _, _, _, until, held_by in rows] == expected


def _hear(world: World, at: int, repository: str, kind: EventKind) -> None:
    event = RegistryEvent(kind, repository, digest("x"), "", day(at), f"{world.registry.alias} {at}")
    world.tell(at, event)
    world.images.save_resolved(world.registry.id, repository, image("x"), day(at))


def _ask(world: World, at: int, step: tuple[str | None, ...]) -> None:
    pattern, *asked = step
    scope = Scope(world.registry.alias, pattern) if pattern else ACCOUNT_SCOPE
    if scope.is_account:
        asked = [None if text == "INHERITED" else text for text in asked]
    push, activity, mode = asked
    world.settings.request(ACCOUNT, WindowWish(push, activity, mode, scope))
    for setting_id in world.watch.load_pending_settings():
        world.watch.apply_setting(setting_id, day(at))


def _own(shown: RescanSetting) -> WindowOverride:
    """Return what a scope sets for itself, from what is shown of it."""
    scope, origin = shown.scope, shown.origin
    return WindowOverride(
        scope,
        shown.push_window if origin.push == scope else None,
        shown.activity_window if origin.activity == scope else None,
        shown.activity_mode if origin.mode == scope else None,
    )


def _moment(value: object) -> datetime | None:
    assert value is None or isinstance(value, datetime)
    return value
