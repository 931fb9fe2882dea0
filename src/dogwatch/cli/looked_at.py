"""What was looked at: said below every list of findings, so that *not scanned* never reads as *no findings*."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dogwatch.cli.ports import Views
from dogwatch.cli.rendering import minute, plural
from dogwatch.model.coverage import CoverageCount
from dogwatch.model.explanations import Explanation, PackageJudgement
from dogwatch.model.feeds import SAMPLE_SOURCE
from dogwatch.model.monitoring import StatusCode, StatusReason
from dogwatch.model.views import FeedView, ImageQuery


@dataclass(frozen=True, slots=True)
class LookedAt:
    """How far an account's findings can be trusted to be all there are.

    `watched` images were looked at; `pending` ones not yet; `failed` ones could not be; `ended` ones are no longer
    watched. `gaps` are things that could not be seen in those looked at. `unresolved` manifests may be images: nobody
    could tell yet.
    """

    watched: int
    pending: int
    failed: int
    ended: int
    gaps: int
    feeds: tuple[FeedView, ...]
    now: datetime
    unresolved: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether everything was looked at that should have been, with current advisories.

        Sources of facts do not count: they tell scores, and which packages are affected is told without them.
        """
        advisories = [feed.is_current for feed in self.feeds if not feed.is_of_facts]
        are_current = bool(advisories) and all(advisories)
        return not (self.pending or self.failed or self.gaps or self.unresolved) and are_current


def look(views: Views, images: ImageQuery) -> LookedAt:
    """Find out what was looked at of the images that are asked for."""
    return add_up(views.count_coverage(images), views.feeds(), views.now())


def add_up(counts: Iterable[CoverageCount], feeds: tuple[FeedView, ...], now: datetime) -> LookedAt:
    """Add up images by how far looking at them has come."""
    places: Counter[str] = Counter()
    gaps = unresolved = 0
    for one in counts:
        place = place_of(one.status_code, one.status_reason)
        places[place] += one.images
        gaps += one.gaps if place == "watched" else 0
        unresolved += one.unresolved if place != "ended" else 0
    ways = (places["watched"], places["pending"], places["failed"], places["ended"])
    return LookedAt(*ways, gaps, feeds, now, unresolved)


def place_of(code: StatusCode, reason: StatusReason) -> str:
    """Return how far looking at images of a status has come: watched, pending, failed or ended."""
    if reason.is_pending:
        return "pending"
    if code is StatusCode.ACTIVE:
        return "watched"
    return "ended" if reason.is_ended else "failed"


def sentences(looked: LookedAt) -> str:
    """Say what was looked at: images and gaps in one line, the age of feeds in another, then what stale ones mean."""
    images = [f"{plural(looked.watched, 'image')} watched"]
    images += [f"{looked.pending:,} pending (not looked at yet)"] if looked.pending else []
    images += [f"{looked.failed:,} failed (could not be looked at)"] if looked.failed else []
    images += [f"{looked.ended:,} no longer watched"] if looked.ended else []
    seen = f"Looked at: {', '.join(images)}"
    seen += f"; {plural(looked.gaps, 'gap')} in them" if looked.gaps else "; no gaps"
    told = f"{seen}.\n{_unresolved_sentence(looked)}{_feed_sentence(looked)}"
    return "\n".join([told, *stale_sentences(looked.feeds), *_facts_sentence(looked.feeds)])


def nothing_found(looked: LookedAt) -> str:
    """Say that a list is empty, and whether that means anything."""
    if not looked.watched:
        return "No findings, because no image was looked at."
    if not looked.is_complete:
        return "No findings in what was looked at; not everything was."
    return "No findings."


def age(moment: datetime, now: datetime) -> str:
    """Say how long ago something was, in its largest unit."""
    passed = max(now - moment, timedelta(0))
    for unit, length in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if passed >= length:
            return f"{passed // length} {unit} ago"
    return "just now"


def marked(vulnerability: str, source: str) -> str:
    """Write the name of a vulnerability for people, marked where only the demonstration's sample knows it."""
    return f"{vulnerability} (sample)" if source == SAMPLE_SOURCE else vulnerability


def feed_state(feed: FeedView, now: datetime) -> str:
    """Say how fresh a feed is, in a few words."""
    if feed.missing or feed.checked_at is None:
        return "NEVER IMPORTED"
    lost = f", LOST {feed.unconfirmed_loss:,} records, kept until confirmed" if feed.unconfirmed_loss else ""
    lacking = " (fixes only: what has none is not told)" if feed.tells_fixes_only else ""
    return f"{'STALE, ' if feed.stale else ''}asked {age(feed.checked_at, now)}{lost}{lacking}"


def feed_states(feeds: Sequence[FeedView], now: datetime) -> str:
    """Say how fresh several feeds are; sources are named where there are several."""
    is_one_source = len({feed.source for feed in feeds if not feed.is_of_facts}) == 1
    names = [
        feed.source if feed.is_of_facts else feed.ecosystem if is_one_source else f"{feed.source} {feed.ecosystem}"
        for feed in feeds
    ]
    return "; ".join(f"{name} {feed_state(feed, now)}" for name, feed in zip(names, feeds, strict=True))


def stale_sentences(feeds: Iterable[FeedView]) -> tuple[str, ...]:
    """Say plainly which answers rest on feeds that did not answer for too long, and what that means."""
    stale = [feed for feed in feeds if feed.stale and not feed.missing]
    advisories = [one for one in stale if not one.is_of_facts]
    facts = [one for one in stale if one.is_of_facts]
    packages = ", ".join(dict.fromkeys(one.ecosystem for one in advisories))
    catalogues = ", ".join(one.source for one in facts)
    told = []
    if advisories:
        told.append(f"packages of {packages} rest on old advisories; newer ones are not known ({_since(advisories)})")
    if facts:
        told.append(f"what {catalogues} knows rest on old facts; newer ones are not known ({_since(facts)})")
    return tuple(f"STALE: answers about {one}." for one in told)


def _facts_sentence(feeds: Iterable[FeedView]) -> tuple[str, ...]:
    missing = ", ".join(one.source for one in feeds if one.is_of_facts and one.missing)
    told = "findings may lack scores and facts, but none is missing (a filter by such a fact may pass over some)"
    return (f"{missing} never imported: {told}.",) if missing else ()


def unread_sentences(feeds: Iterable[FeedView]) -> Iterator[str]:
    """Say of which records something could not be read, and what, of the first of each feed."""
    for one in (feed for feed in feeds if feed.partial):
        yield f"{one.source} {one.ecosystem}: {plural(one.partial, 'record')} not read whole:"
        yield from (f"  {told}" for told in one.unread)
        if one.partial > len(one.unread):
            yield f"  and {plural(one.partial - len(one.unread), 'other')}"


def missing_sentence(feeds: Sequence[FeedView]) -> str:
    """Say plainly on which packages nothing was ever imported; empty where there are none."""
    imported = {_family(one) for one in feeds if not one.missing and not one.is_of_facts}
    families = {_family(one) for one in feeds if one.missing and not one.is_of_facts} - imported
    named = ", ".join(sorted(families))
    return f"NOT JUDGED: packages of {named}, as no advisories on them were ever imported." if named else ""


def _since(several: Iterable[FeedView]) -> str:
    asked = [(f"{one.source} {one.ecosystem}", minute(one.checked_at), one.problem) for one in several]
    return "; ".join(f"{name} last answered {at}{problem and f': {problem}'}" for name, at, problem in asked)


def _family(one: FeedView) -> str:
    return one.ecosystem.partition(":")[0]


def resting_on(one: Explanation | PackageJudgement, now: datetime) -> str:
    """Say which feeds an answer about one package rests on, and what is wrong with them."""
    states = [f"{feed.source} {feed.ecosystem} {feed_state(feed, now)}" for feed in one.feeds]
    told = [f"Feeds that speak for {one.package.ecosystem}: {'; '.join(states) or 'none'}."]
    told += [f"This rests on advisories that are missing, old, unread or at their end: {gap}." for gap in one.feed_gaps]
    return "\n".join(told)


def _unresolved_sentence(looked: LookedAt) -> str:
    if not looked.unresolved:
        return ""
    what = plural(looked.unresolved, "manifest that may be an image", "manifests that may be images")
    return f"Not looked at: {what} (dogwatch coverage --unresolved).\n"


def _feed_sentence(looked: LookedAt) -> str:
    if not looked.feeds:
        return "Feeds: none is switched on; nothing is judged."
    samples = sum(feed.records for feed in looked.feeds if feed.source == SAMPLE_SOURCE)
    told = f"\n{plural(samples, 'advisory', 'advisories')} of a SAMPLE in use: a demonstration." if samples else ""
    return f"Feeds: {feed_states(looked.feeds, looked.now)}.{told}"
