"""A feed of advisories: fetch what changed, publish it as one revision. Runs whole in a child process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from dogwatch.flow.ports import Isolation, Outside
from dogwatch.flow.steps import Step
from dogwatch.model.errors import FeedShrunkError
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
    known = _Lazily(lambda: store.known(source, ecosystem))
    state = store.feed_state(source, ecosystem)
    hear = tell_nobody if state else tell
    hear(Progress(f"importing the advisories for {ecosystem}"))
    try:
        with outside.feeds.fetch(source, ecosystem, state, known, outside.clock.now(), confirmed, hear) as changes:
            if changes is not None:
                return store.publish(source, ecosystem, changes, outside.clock.now())
    except FeedShrunkError as error:
        store.record_loss(source, ecosystem, error.lost)
        raise
    store.record_checked(source, ecosystem, outside.clock.now())
    return None


@dataclass(frozen=True, slots=True)
class _Lazily:
    """The known records, loaded when somebody asks: hundreds of thousands, and mostly nobody does."""

    load: Callable[[], Mapping[str, datetime]]

    def __iter__(self) -> Iterator[tuple[str, datetime]]:
        return iter(self.load().items())
