"""A feed of advisories, or of facts about CVE ids: fetch what changed and publish it. Runs whole in a child process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from dogwatch.flow.ports import Isolation, Outside
from dogwatch.flow.steps import Step
from dogwatch.model.errors import FeedShrunkError
from dogwatch.model.facts import CATALOGUE
from dogwatch.model.feeds import Publication
from dogwatch.model.monitoring import StatusReason
from dogwatch.model.progress import Progress, Tell, tell_nobody


def update_feed_step(
    outside: Outside, isolation: Isolation, source: str, ecosystem: str, confirmed: bool = False
) -> Step:
    """Plan to look at a feed. A failure is noted with the feed, whose answer grows stale; the clock brings it again."""

    def note(_mark: StatusReason, problem: str) -> None:
        outside.journal_store.record_checked(source, ecosystem, outside.clock.now(), problem)

    return Step(
        "update_feed",
        f"{source} {ecosystem}",
        lambda: isolation.update_feed(source, ecosystem, confirmed),
        {"source": source, "ecosystem": ecosystem},
        give_up=note,
        put_off=note,
    )


def update_feed(
    outside: Outside, source: str, ecosystem: str, confirmed: bool = False, tell: Tell = tell_nobody
) -> Publication | None:
    """Fetch what changed in a feed and publish it. None when nothing did.

    Args:
        outside: what it works with.
        source: of the feed.
        ecosystem: of the feed.
        confirmed: believe it although it lost most of its records, or shows an older state than we hold.
        tell: hears how far a first import has come, which takes minutes; later ones are quick.

    Raises:
        FeedError, ContentError: nothing was published; the previous revision stays in force.
    """
    store = outside.journal_store
    state = store.feed_state(source, ecosystem)
    import_changes = _import_facts if ecosystem == CATALOGUE else _import_advisories
    try:
        publication = import_changes(outside, (source, ecosystem), state, confirmed, tell_nobody if state else tell)
    except FeedShrunkError as error:
        store.record_loss(source, ecosystem, error.lost)
        raise
    if publication is None:
        store.record_checked(source, ecosystem, outside.clock.now())
    store.withdraw_due(outside.clock.now())  # where no service sweeps
    return publication


def _import_advisories(
    outside: Outside, feed: tuple[str, str], state: Mapping[str, str], confirmed: bool, tell: Tell
) -> Publication | None:
    source, ecosystem = feed
    store, clock = outside.journal_store, outside.clock
    known = _Lazily(lambda: store.known(source, ecosystem))
    tell(Progress(f"importing the advisories for {ecosystem}"))
    with outside.feeds.fetch(source, ecosystem, state, known, clock.now(), confirmed, tell) as changes:
        return None if changes is None else store.publish(source, ecosystem, changes, clock.now())


def _import_facts(
    outside: Outside, feed: tuple[str, str], state: Mapping[str, str], confirmed: bool, tell: Tell
) -> Publication | None:
    source, _ = feed
    tell(Progress(f"importing the facts of {source}"))
    with outside.feeds.fetch_facts(source, state, outside.clock.now(), confirmed, tell) as changes:
        return None if changes is None else outside.fact_store.publish_facts(source, changes, outside.clock.now())


@dataclass(frozen=True, slots=True)
class _Lazily:
    """The known records, loaded when somebody asks: hundreds of thousands, and mostly nobody does."""

    load: Callable[[], Mapping[str, datetime]]

    def __iter__(self) -> Iterator[tuple[str, datetime]]:
        return iter(self.load().items())
