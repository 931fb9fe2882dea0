"""An interval of what comes by the clock that does not come round while a test runs."""

from __future__ import annotations

import time

_DAY_MINUTES = 24 * 60
_QUIET_MINUTES = 40
"""Longer than a test takes. Registries and feeds take turns, by ids and places that are small numbers in a test: some
minutes of these are theirs."""


def quiet_minutes() -> str:
    """Return, for polls of registries and looks at feeds, the longest interval that is well within itself now."""
    minute = int(time.time()) // 60
    return next(str(one) for one in range(_DAY_MINUTES, 0, -1) if 0 < minute % one < one - _QUIET_MINUTES)
