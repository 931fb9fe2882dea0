"""What is known of one vulnerability: its names, scores, facts, and what each advisory says of which packages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dogwatch.model.facts import KnownFacts
from dogwatch.model.matches import Score


@dataclass(frozen=True, slots=True)
class RangeView:
    """One range in force, with the versions as the source writes them; `verdict` is affected or not affected.

    `exact_version` stands alone, without the other versions. `not_comparable` says why the range is of no use.
    """

    ecosystem: str
    package: str
    introduced: str
    fixed: str
    last_affected: str
    exact_version: str
    fix_state: str
    verdict: str
    not_comparable: str


@dataclass(frozen=True, slots=True)
class AdvisoryView:
    """One document that names the vulnerability; `more_ranges` counts those that are not among `ranges`."""

    source: str
    advisory: str
    summary: str
    published_at: datetime | None
    modified_at: datetime
    withdrawn_at: datetime | None
    ranges: tuple[RangeView, ...]
    more_ranges: int = 0


@dataclass(frozen=True, slots=True)
class VulnerabilityView:
    """One vulnerability. `images` counts the account's watched images that it concerns now, up to a bound.

    `are_more` says that the bound was reached.
    """

    name: str
    aliases: tuple[str, ...]
    scores: tuple[Score, ...]
    facts: KnownFacts
    advisories: tuple[AdvisoryView, ...]
    images: int
    are_more: bool = False
