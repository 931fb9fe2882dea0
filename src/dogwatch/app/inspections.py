"""Looking at a thing once, in a child process; it becomes no watched image."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from dogwatch import __version__
from dogwatch.app.feed_updates import FeedUpdates

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dogwatch.model.bills import BillFormat
    from dogwatch.model.judgements import Choice, Examined, Report
    from dogwatch.model.targets import Target


class Inspections(FeedUpdates):
    """What `dogwatch scan` and `dogwatch sbom` ask."""

    def inspect(self, target: Target, choice: Choice, *, update: bool, vex: Sequence[tuple[str, bytes]] = ()) -> Report:
        """Look at a thing once and report what the stored advisories say of it; it becomes no watched image.

        Args:
            target: what to look at.
            choice: which findings count.
            update: whether feeds that were never imported are imported first, where they speak for what was found.
            vex: documents whose statements count for this one look, each with the name of its file.

        Raises:
            DogwatchError: the target cannot be had or read; the database cannot be reached; a document cannot be used.
        """
        from dogwatch.advisories import parse_statements
        from dogwatch.flow.inspection import Surroundings, inspect
        from dogwatch.store.judgement import Judge

        surroundings = Surroundings(
            examine=self._examine,
            judge=Judge(self.database),
            feeds=self.views,
            note_found=self._note_found,
            import_feed=self._import_feed,
            now=self.clock.now,
            tell=self._tell,
        )
        documents = tuple(parse_statements(content, file) for file, content in vex)
        return inspect(surroundings, target, replace(choice, documents=documents), update=update)

    def write_bill(self, image_id: int, form: BillFormat) -> str:
        """Return what a watched image contains, as a bill of materials.

        Raises:
            NotFoundError: the settings' account has no such image, or it was not looked at yet.
        """
        return self._written(self.views.contents(self.settings.account, image_id), form)

    def write_target_bills(self, target: Target, forms: Collection[BillFormat]) -> Mapping[BillFormat, str]:
        """Read a thing that nobody watches once, and return what it contains as bills of materials.

        Raises:
            DogwatchError: the target cannot be had or read.
        """
        examined = self._examine(target)
        return {form: self._written(examined, form) for form in forms}

    def _written(self, examined: Examined, form: BillFormat) -> str:
        from dogwatch.inventory.bills.documents import write_bill

        return write_bill(examined, form, self.clock.now(), __version__)

    def _examine(self, target: Target) -> Examined:
        """Find out what a thing contains, in a child process: it was written by anybody."""
        from dogwatch.app.children import examine_in_child
        from dogwatch.app.examination import examine_here
        from dogwatch.flow.children import EXAMINE_LIMITS, ChildPool

        if not self._isolated:
            return examine_here(self._tell, self.settings, self.database, self.clock, target)
        with closing(ChildPool(1, EXAMINE_LIMITS)) as children:
            return children.run_telling("the scan", self._tell, examine_in_child, self.settings, self.dsn, target)
