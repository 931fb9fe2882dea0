"""Windows by name: the rules that other services watch images by, for who comes from one of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import ActivityMode, RescanSetting, Window

USUAL_DAYS = (3, 7, 14, 30, 60, 90, 180)
"""The windows that AWS's clients know, besides LIFETIME; any other number of days can be set as well."""

_PULL, _IN_USE = ActivityMode.LAST_PULL, ActivityMode.LAST_IN_USE

WINDOW_PRESETS: Mapping[str, RescanSetting] = MappingProxyType(
    {
        "inspector": RescanSetting(Window(14), Window(14), _IN_USE),
        "inspector-2024": RescanSetting(Window(90), Window(90), _PULL),
        "inspector-2022": RescanSetting(Window(None), Window(90), _PULL),
        "inspector-2021": RescanSetting(Window(30), Window(None, off=True), _PULL),
        "artifact-analysis": RescanSetting(Window(30), Window(30), _PULL),
        "defender": RescanSetting(Window(90), Window(30), _PULL),
    }
)
"""Amazon Inspector's defaults by the year in which an account was activated (2022: as they read since January 2024);
Google's Artifact Analysis; Microsoft Defender for Cloud."""


def find_window_preset(name: str) -> RescanSetting:
    """Return the windows of that name.

    Raises:
        InvalidRequestError: there are none.
    """
    if name not in WINDOW_PRESETS:
        raise InvalidRequestError("preset", f"{name[:100]!r} is none of {', '.join(WINDOW_PRESETS)}")
    return WINDOW_PRESETS[name]
