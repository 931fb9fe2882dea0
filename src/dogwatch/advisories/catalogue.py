"""The advisory sources there are. A test walks the folder and fails if one is missing here."""

from __future__ import annotations

from dogwatch.advisories import alpine, amazon, chainguard, debian_tracker, fedora, oracle, wolfi
from dogwatch.advisories.osv import OsvSource
from dogwatch.advisories.source import AdvisorySource

SOURCES: tuple[AdvisorySource, ...] = (
    OsvSource(),
    debian_tracker.SOURCE,
    alpine.SOURCE,
    wolfi.SOURCE,
    chainguard.SOURCE,
    amazon.AMAZON_LINUX_2023,
    amazon.AMAZON_LINUX_2,
    oracle.SOURCE,
    fedora.SOURCE,
)
