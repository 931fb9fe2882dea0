"""What is known of every feed, carried to a place without a network in one signed file, and taken over there.

Taking over is one transaction for each feed, so one that was cut short has lost nothing: done again, it leaves alone
what it took over and goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from dogwatch.flow.ports import Bundles, KnowledgeStore, Outside
from dogwatch.model.bundles import BundledFeed, BundleOutcome, CarriedFeed, FeedContent
from dogwatch.model.errors import BundleRefusedError
from dogwatch.model.facts import CATALOGUE
from dogwatch.model.feeds import Publication
from dogwatch.model.progress import Progress, Tell

TakeOver = Callable[[BundledFeed], Publication]
"""Takes one feed of the bundle over; `take_over`, here or in a child process."""


def export_bundle(
    knowledge: KnowledgeStore, bundles: Bundles, path: Path, key: Path, tell: Tell
) -> tuple[BundledFeed, ...]:
    """Write everything that is known of the feeds, as of one moment, into a file; returns what it holds.

    Raises:
        ConfigError: the key cannot be used, or the file not be written.
    """

    def chosen(contents: Iterator[FeedContent]) -> Iterator[FeedContent]:
        for content in contents:
            if bundles.can_carry(content.feed):
                tell(Progress(f"writing {content.feed.source}/{content.feed.ecosystem}"))
                yield content

    with knowledge.contents() as contents:
        return bundles.write(path, key, chosen(contents))


def import_bundle(
    knowledge: KnowledgeStore, bundles: Bundles, path: Path, confirmed: bool, take: TakeOver, tell: Tell
) -> Iterator[CarriedFeed]:
    """Take over what a bundle knows, feed by feed; yield what became of each. A feed that it lacks stays as it is.

    Args:
        knowledge: what is held.
        bundles: reads the file.
        path: of the bundle.
        confirmed: believe it although it is older than what is held, or lost most of a feed's records.
        take: takes one feed over.
        tell: hears which feed it is at.

    Raises:
        BundleRefusedError: it is not whole, not signed by somebody who is trusted, or older; nothing was taken over.
        FeedShrunkError: a feed lost too many records. Nothing was taken over where their number tells that; otherwise
            the feeds before it were.
    """
    tell(Progress("checking the bundle"))
    feeds = bundles.check(path)
    held = {(one.source, one.ecosystem): one for one in knowledge.held_feeds()}
    if not confirmed:
        pairs = [(one, held[_name(one)]) for one in feeds if _name(one) in held]
        _refuse_older(path, pairs)
        for feed, before in pairs:
            bundles.refuse_shrunk(path, feed, before.records)
    for feed in feeds:
        tell(Progress(f"taking over {feed.source}/{feed.ecosystem}"))
        if not bundles.can_carry(feed):
            yield CarriedFeed(feed, BundleOutcome.UNKNOWN)
        elif _is_held(feed, held.get(_name(feed))):
            yield CarriedFeed(feed, BundleOutcome.HELD)
        else:
            done = take(feed)
            yield CarriedFeed(feed, BundleOutcome.TAKEN, done.added + done.changed + done.ended)


def take_over(outside: Outside, bundles: Bundles, path: Path, feed: BundledFeed, confirmed: bool) -> Publication:
    """Publish what a bundle says of one feed, at the age it has there; in one transaction (NVD's scores: in several).

    Raises:
        BundleRefusedError: the file was changed since it was checked; nothing was published.
        FeedShrunkError: it lost too many records at once.
        ConflictError: what is held became newer since the bundle was checked.
    """
    now, (source, ecosystem) = outside.clock.now(), _name(feed)
    if ecosystem == CATALOGUE:
        return outside.fact_store.publish_facts(source, bundles.bring_facts(path, feed, confirmed), now)
    known = outside.journal_store.known(source, ecosystem)
    changes = bundles.bring(path, feed, known.items(), confirmed)
    return outside.journal_store.publish(source, ecosystem, changes, now)


def _name(feed: BundledFeed) -> tuple[str, str]:
    return feed.source, feed.ecosystem


def _is_held(feed: BundledFeed, held: BundledFeed | None) -> bool:
    return held is not None and (held.checked_at, held.state) == (feed.checked_at, feed.state)


def _refuse_older(path: Path, pairs: list[tuple[BundledFeed, BundledFeed]]) -> None:
    older = [(feed, held) for feed, held in pairs if feed.checked_at < held.checked_at]
    if not older:
        return
    feed, held = older[0]
    others = f", and {len(older) - 1} other feeds are older too" if older[1:] else ""
    raise BundleRefusedError(
        str(path),
        f"it is older than what is held: {feed.source}/{feed.ecosystem} of {feed.checked_at:%Y-%m-%d %H:%M}, held is "
        f"that of {held.checked_at:%Y-%m-%d %H:%M}{others}; to go back nevertheless, confirm it (--confirm)",
    )
