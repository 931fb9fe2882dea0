"""What people do to one image by hand; each deed stands in the image's history, with who did it and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dogwatch.model.monitoring import Clock

MAX_HOLD = timedelta(days=3_660)
"""Ten years: who wants an image watched for ever wants a window of LIFETIME, not a hold that nobody remembers."""

MAX_REASON = 300
"""Characters of a reason: it stands in a sentence."""

MAX_TOUCHES = 1_000
"""Kept of one image, the newest: a script that touches what it uses would otherwise fill the table."""


class Deed(StrEnum):
    """What can be done to an image."""

    SCAN = "scan"
    """Have it read again now: what failed, or was read by older extractors."""
    WAKE = "wake"
    """Watch it again now, where one of its clocks is inside its window."""
    FORGET = "forget"
    """End its monitoring until the next event."""
    HOLD = "hold"
    """Keep watching it until a moment, whatever its clocks say."""
    RELEASE = "release"
    """End its hold."""
    TOUCH = "touch"
    """Count it as pulled, or as seen in use, at this moment."""
    ARCHIVE = "archive"
    """Set it aside: not watched, whatever is heard of it, until it is restored."""
    RESTORE = "restore"
    """Take it out of the archive: its push clock counts from this moment."""


@dataclass(frozen=True, slots=True)
class DeedRequest:
    """What somebody asks to be done to an image, and who.

    `until` is for HOLD, the last moment inside; `clock` for TOUCH: PULL or IN_USE, None the one that the windows count.
    """

    deed: Deed
    by: str
    reason: str = ""
    until: datetime | None = None
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class DeedView:
    """One deed as it was done; `outcome` says in words what came of it."""

    at: datetime
    deed: Deed
    by: str
    reason: str
    until: datetime | None
    clock: Clock | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Hold:
    """The newest hold of an image: its end (inside), past or to come, and who placed it when and why."""

    until: datetime
    by: str
    reason: str
    placed_at: datetime
