"""Looking at feeds now or by jobs, and which feeds are switched on."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dogwatch.app.feeds import asked_feeds, find_abandoned
from dogwatch.app.opened import Opened
from dogwatch.model.errors import NotFoundError
from dogwatch.model.facts import CATALOGUE
from dogwatch.model.feeds import SAMPLE_SOURCE
from dogwatch.model.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dogwatch.flow.ports import Isolation


class FeedUpdates(Opened):
    """Feeds, for callers and for the work that the clock brings."""

    def request_feed_updates(self) -> tuple[tuple[str, str], ...]:
        """Queue a look at every feed; returns (source, ecosystem) of each."""
        feeds = self._feeds()
        for source, ecosystem in feeds:
            self.queue.update_feed(source, ecosystem)
        return feeds

    def update_feeds(self, confirmed: Collection[tuple[str, str]] = ()) -> bool:
        """Look at every feed now and import what changed; what goes wrong is noted with the feed. True: it is done.

        Args:
            confirmed: (source, ecosystem) of feeds that are believed this once, although they lost most of their
                records or show an older state than is held.

        Raises:
            NotFoundError: a confirmed feed is not switched on; then none is looked at.
            StoreUnavailableError: what went wrong could not be noted either.
        """
        feeds = self._feeds()
        for source, ecosystem in confirmed:
            if (source, ecosystem) not in feeds:
                raise NotFoundError("feed", f"{source}/{ecosystem}")
        with self._isolation() as isolation:
            self._look_at(feeds, isolation, confirmed)
        return True

    def update_sample(self) -> None:
        """Look at the demonstration's sample of advisories now; here, because it is of our own making.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        from dogwatch.app.children import InProcess

        samples = [feed for feed in self._feeds() if feed[0] == SAMPLE_SOURCE]
        self._look_at(samples, InProcess(self.outside, self.queue))

    def _note_found(self, ecosystems: Iterable[str]) -> None:
        """Want the feeds of what was found."""
        from dogwatch.store.journal import JournalStore

        JournalStore(self.database).note_found(ecosystems, self.clock.now())

    def _import_feed(self, source: str, ecosystem: str) -> None:
        """Import one feed now; what goes wrong is noted with the feed."""
        with self._isolation() as isolation:
            self._look_at(asked_feeds(self.settings, [(source, ecosystem)]), isolation)

    def _look_at(
        self,
        feeds: Iterable[tuple[str, str]],
        isolation: Isolation,
        confirmed: Collection[tuple[str, str]] = (),
    ) -> None:
        """Look at feeds, each (source, ecosystem), one after the other; confirmed ones are believed this once."""
        from dogwatch.flow.feeds import update_feed_step
        from dogwatch.flow.steps import RepeatLater, run_step

        for feed in feeds:
            what = f"facts of {feed[0]}" if feed[1] == CATALOGUE else f"advisories of {feed[1]}"
            self._tell(Progress(f"asking for the {what}"))
            with suppress(RepeatLater):
                run_step(update_feed_step(self.outside, isolation, *feed, confirmed=feed in confirmed))

    def _feeds(self) -> tuple[tuple[str, str], ...]:
        """Return (source, ecosystem) of every feed that is asked for; the abandoned are among them."""
        from dogwatch.store.knowledge import KnowledgeStore

        asked = asked_feeds(self.settings, self.outside.feeds.sources(self.outside.journal_store.found()))
        return (*asked, *find_abandoned(self.settings, KnowledgeStore(self.database).held_feeds()))
