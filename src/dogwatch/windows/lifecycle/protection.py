"""Since when an image has to have been seen in use, to be spared by lifecycle rules."""

from __future__ import annotations

from datetime import datetime

from dogwatch.model.monitoring import Window
from dogwatch.windows.what_if import BEGINNING, earliest_inside

_WITHOUT_WINDOW = Window(90)
"""Where activity has no window, its length by default: what is not watched for its use may run all the same."""


def in_use_since(activity_window: Window, now: datetime) -> datetime:
    """Return the beginning of the activity window that ends now: whoever was in use in it is in use."""
    window = _WITHOUT_WINDOW if activity_window.off else activity_window
    return earliest_inside(window, now) or BEGINNING
