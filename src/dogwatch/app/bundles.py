"""Bundles of feeds: written here, and taken over with each feed in a child process."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from dogwatch.app.opened import Opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dogwatch.model.bundles import BundledFeed, CarriedFeed
    from dogwatch.model.feeds import Publication
    from dogwatch.settings import Settings


class BundleTransfers(Opened):
    """What `dogwatch db export` and `dogwatch db import` ask."""

    def export_bundle(self, path: Path, key: Path) -> tuple[BundledFeed, ...]:
        """Write what is known of every feed into a signed file; see `flow.bundles.export_bundle`."""
        from dogwatch.advisories.bundles import BundleCarrier
        from dogwatch.flow.bundles import export_bundle
        from dogwatch.store.knowledge import KnowledgeStore

        return export_bundle(KnowledgeStore(self.database), BundleCarrier(), path, key, self._tell)

    def import_bundle(self, path: Path, *, confirmed: bool = False) -> Iterator[CarriedFeed]:
        """Take over what a bundle knows; see `flow.bundles.import_bundle`."""
        from dogwatch.advisories.bundles import BundleCarrier
        from dogwatch.flow.bundles import import_bundle, take_over
        from dogwatch.flow.children import FEED_LIMITS, ChildPool
        from dogwatch.store.knowledge import KnowledgeStore

        carrier, knowledge = BundleCarrier(self.settings.bundle_keys), KnowledgeStore(self.database)
        with ExitStack() as opened:
            children = opened.enter_context(closing(ChildPool(1, FEED_LIMITS)))

            def take(feed: BundledFeed) -> Publication:
                if not self._isolated:
                    return take_over(self.outside, carrier, path, feed, confirmed)
                wanted = (self.settings, self.dsn, path, feed, confirmed)
                return children.run("import_bundle", take_over_in_child, *wanted)

            yield from import_bundle(knowledge, carrier, path, confirmed, take, self._tell)


def take_over_in_child(settings: Settings, dsn: str, path: Path, feed: BundledFeed, confirmed: bool) -> Publication:
    """Take one feed of a bundle over; called in a child process."""
    from dogwatch.advisories.bundles import BundleCarrier
    from dogwatch.app.children import child_outside
    from dogwatch.flow.bundles import take_over

    return take_over(child_outside(settings, dsn), BundleCarrier(settings.bundle_keys), path, feed, confirmed)
