"""Talks to feeds of advisories and of facts about CVE ids.

Fetch brings what changed into a spool, parse reads it without a network.
One source per file, listed in `catalogue`. Imports only `model`; `app` hands it to `flow`.
"""

from __future__ import annotations

from dogwatch.advisories.catalogue import FACT_SOURCES, SOURCES
from dogwatch.advisories.fact_source import FactFiles, FactSource, FactState
from dogwatch.advisories.feeds import FeedReader, choose_facts
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.location import open_mirror
from dogwatch.advisories.mirror import FeedMirror
from dogwatch.advisories.operator_documents import parse_document, parse_statements
from dogwatch.advisories.osv import OsvSource
from dogwatch.advisories.osv_document import parse_advisory
from dogwatch.advisories.source import (
    AdvisorySource,
    Changes,
    FeedState,
    FetchRequest,
    FetchResult,
    Outdated,
    RawDocument,
    RefusedDocument,
    Unchanged,
)

__all__ = [
    "FACT_SOURCES",
    "FEED_LIMITS",
    "SOURCES",
    "AdvisorySource",
    "Changes",
    "FactFiles",
    "FactSource",
    "FactState",
    "FeedLimits",
    "FeedMirror",
    "FeedReader",
    "FeedState",
    "FetchRequest",
    "FetchResult",
    "OsvSource",
    "Outdated",
    "RawDocument",
    "RefusedDocument",
    "Unchanged",
    "choose_facts",
    "open_mirror",
    "parse_advisory",
    "parse_document",
    "parse_statements",
]
