"""The sources there are, of advisories and of facts. A test walks the folder and fails if one is missing here."""

from __future__ import annotations

from dogwatch.advisories import (
    alpine,
    amazon,
    chainguard,
    debian_tracker,
    end_of_life,
    fedora,
    nvd_products,
    oracle,
    photon,
    redhat_vex,
    suse_vex,
    wolfi,
)
from dogwatch.advisories.epss import EpssSource
from dogwatch.advisories.fact_source import FactSource
from dogwatch.advisories.kev import KevSource
from dogwatch.advisories.nvd import NvdSource
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
    photon.SOURCE,
    redhat_vex.SOURCE,
    suse_vex.SUSE,
    suse_vex.OPENSUSE,
    nvd_products.SOURCE,
    end_of_life.SOURCE,
)

FACT_SOURCES: tuple[FactSource, ...] = (NvdSource(), KevSource(), EpssSource())
