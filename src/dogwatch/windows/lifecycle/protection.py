"""Since when an image has to have been seen in use, to be spared by lifecycle rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dogwatch.model.monitoring import Window

WITHOUT_WINDOW_DAYS = 90
"""Where activity has no window, its length by default: what is not watched for its use may run all the same."""

_EVER = datetime.min.replace(tzinfo=UTC)


def in_use_since(activity_window: Window, now: datetime) -> datetime:
    """Return the beginning of the activity window that ends now: whoever was in use in it is in use."""
    if activity_window.is_lifetime:
        return _EVER
    length = activity_window.length or timedelta(days=WITHOUT_WINDOW_DAYS)
    return _EVER if length > now - _EVER else now - length
