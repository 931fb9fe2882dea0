"""A change of windows as callers name it: in a body, in parameters of an address, or by a preset."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dogwatch.model.scopes import Scope
from dogwatch.model.what_if import WindowWish


class NamedWindows(msgspec.Struct, forbid_unknown_fields=True):
    """The windows that are named; a field that is None stays as it is."""

    scope: str = ""
    preset: str | None = None
    push_window: str | None = None
    activity_window: str | None = None
    activity_mode: str | None = None

    def wish(self) -> WindowWish:
        """Return the change that is asked for, with what a preset names in its place.

        Raises:
            InvalidRequestError: no scope, no preset, or something beside a preset; what is no window is refused later.
        """
        asked = WindowWish(self.push_window, self.activity_window, self.activity_mode, Scope.parse(self.scope))
        return asked.or_preset(self.preset)


WISH_FIELDS = NamedWindows.__struct_fields__


def read_wish(parameters: Mapping[str, str]) -> WindowWish:
    """Read a change from parameters that have the names of the body's fields; none at all is the windows now.

    Raises:
        InvalidRequestError: as `NamedWindows.wish`.
    """
    return NamedWindows(**{name: parameters[name] for name in WISH_FIELDS if name in parameters}).wish()
