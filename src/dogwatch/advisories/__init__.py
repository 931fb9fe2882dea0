"""Talks to feeds of advisories: fetch brings what changed into a spool, parse reads it without a network.

One source per file, listed in `catalogue`. Imports only `model`; `app` hands it to `flow`.
"""

from __future__ import annotations

from dogwatch.advisories.catalogue import SOURCES
from dogwatch.advisories.feeds import FeedReader
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.location import open_mirror
from dogwatch.advisories.mirror import FeedMirror
from dogwatch.advisories.osv import OsvSource
from dogwatch.advisories.osv_document import parse_advisory
from dogwatch.advisories.source import (
    AdvisorySource,
    Changes,
    FeedState,
    FetchResult,
    Outdated,
    RawDocument,
    RefusedDocument,
    Unchanged,
)

__all__ = [
    "FEED_LIMITS",
    "SOURCES",
    "AdvisorySource",
    "Changes",
    "FeedLimits",
    "FeedMirror",
    "FeedReader",
    "FeedState",
    "FetchResult",
    "OsvSource",
    "Outdated",
    "RawDocument",
    "RefusedDocument",
    "Unchanged",
    "open_mirror",
    "parse_advisory",
]
