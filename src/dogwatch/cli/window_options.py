"""The options that name windows, and the change that they ask for."""

from __future__ import annotations

from typing import Annotated

from dogwatch.cli import filters
from dogwatch.cli.options import option
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import ActivityMode
from dogwatch.model.scopes import INHERITED, Scope
from dogwatch.model.what_if import WindowWish
from dogwatch.model.window_presets import WINDOW_PRESETS

_MODES = {
    "pull": ActivityMode.LAST_PULL,
    "in-use": ActivityMode.LAST_IN_USE,
    "either": ActivityMode.EITHER,
    "inherited": INHERITED,
}

ScopeName = Annotated[
    str | None, option("whose windows: a registry, or registry/pattern; left out, the account's", "--scope")
]
Push = Annotated[str | None, option("after a push: 90d, DAYS_90, lifetime or inherited", "--push")]
Activity = Annotated[str | None, option("after activity: 90d, lifetime, none or inherited", "--activity")]
Mode = Annotated[
    str | None, option("what activity is: pull, in-use, either or inherited", "--mode", offered=tuple(_MODES))
]
Preset = Annotated[
    str | None,
    option("both windows and the mode by name, as another service has them", "--preset", offered=tuple(WINDOW_PRESETS)),
]


def read_wish(
    push: str | None, activity: str | None, mode: str | None, preset: str | None, scope: str | None
) -> WindowWish:
    """Read a change of windows from the options of a command.

    Raises:
        InvalidRequestError: no scope, mode or preset, or something beside a preset; what is no window is refused later.
    """
    words = None if mode is None else _mode(mode)
    return WindowWish(filters.window(push), filters.window(activity), words, Scope.parse(scope or "")).or_preset(preset)


def _mode(text: str) -> str:
    word = text.strip()
    if word.upper() in tuple(ActivityMode):
        return word.upper()
    if word.lower() not in _MODES:
        raise InvalidRequestError("mode", f"{text!r} is none of {', '.join(_MODES)}")
    return _MODES[word.lower()]
