"""Look at a thing once and report on it: examine, have missing advisories imported, judge, report. Called by `app`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dogwatch.flow.reporting import deciding_documents, make_report, with_texts
from dogwatch.model.feeds import NOT_WAITED_FOR
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.judgements import AdvisoryText, Choice, Examined, Judgement, Report
from dogwatch.model.matches import DocumentKey
from dogwatch.model.packages import Package
from dogwatch.model.progress import Progress, Tell
from dogwatch.model.targets import Target
from dogwatch.model.views import FeedView
from dogwatch.versions import family_of

_SAID_OF_DISTRIBUTION = frozenset({GapKind.DISTRIBUTION_UNSUPPORTED, GapKind.RELEASE_UNKNOWN})
"""Where one of these is among the gaps, it is told already that nobody judges the distribution's packages."""


class Judge(Protocol):
    """The stored advisories."""

    def judge(self, packages: Iterable[Package]) -> Judgement:
        """What they say of packages."""

    def load_texts(self, documents: Collection[DocumentKey]) -> Mapping[DocumentKey, AdvisoryText]:
        """What documents tell people."""


class FeedState(Protocol):
    """How fresh the stored advisories are."""

    def feeds(self) -> tuple[FeedView, ...]:
        """Freshness of every feed that is switched on."""

    def feed_gaps(self, families: Iterable[tuple[str, bool]]) -> tuple[Gap, ...]:
        """What is not known of families of ecosystems because of their feeds."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an inspection works with.

    `examine` finds out what a target contains, apart from this process; `note_found` remembers the ecosystems
    of which packages were found, so that their feeds are wanted from now on; `import_feed` imports the feed
    (source, ecosystem) and notes what went wrong.
    """

    examine: Callable[[Target], Examined]
    judge: Judge
    feeds: FeedState
    note_found: Callable[[Iterable[str]], None]
    import_feed: Callable[[str, str], None]
    now: Callable[[], datetime]
    tell: Tell


def inspect(surroundings: Surroundings, target: Target, choice: Choice, *, update: bool) -> Report:
    """Report on a target; it becomes no watched image.

    Args:
        surroundings: what to work with.
        target: what to look at.
        choice: which findings count.
        update: whether feeds that were never imported are imported first, those that speak for what was found and are
            not too large to wait for.

    Raises:
        DogwatchError: the target cannot be had or read; the database cannot be reached.
    """
    examined = surroundings.examine(target)
    families = {family_of(one.package.ecosystem) for one in examined.packages}
    if update:
        surroundings.note_found({one.package.ecosystem for one in examined.packages})
        for feed in surroundings.feeds.feeds():
            name = (feed.source, feed.ecosystem)
            if feed.missing and family_of(feed.ecosystem) in families and name not in NOT_WAITED_FOR:
                surroundings.import_feed(*name)
    surroundings.tell(Progress(f"judging {len(examined.packages):,} packages"))
    judgement = surroundings.judge.judge(one.package for one in examined.packages)
    is_told = any(gap.kind in _SAID_OF_DISTRIBUTION for gap in examined.gaps)
    asked = {(family, is_told and not _is_language(examined, family)) for family in families}
    gaps = surroundings.feeds.feed_gaps(asked)
    report = make_report(examined, judgement, choice, surroundings.feeds.feeds(), gaps, surroundings.now())
    return with_texts(report, surroundings.judge.load_texts(deciding_documents(report)))


def _is_language(examined: Examined, family: str) -> bool:
    """Say whether a family's packages are those of a language: they name no source package."""
    packages = [one.package for one in examined.packages if family_of(one.package.ecosystem) == family]
    return not any(package.source_name for package in packages)
