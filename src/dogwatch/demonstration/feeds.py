"""The sample of advisories as feeds beside the real ones: there while the demonstration is, for what is not there yet.

Of each ecosystem the sample gives way as soon as the real feed was imported once. The made-up news stay to the end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from dogwatch.demonstration.advisories import (
    ECOSYSTEMS,
    NEWS_ECOSYSTEM,
    Document,
    ecosystem_of,
    known_advisories,
    news,
    write_feed,
)
from dogwatch.demonstration.folder import DemonstrationFolder
from dogwatch.model.facts import FactChanges
from dogwatch.model.feeds import SAMPLE_SOURCE, FeedChanges, ParsedRecord, StoredDocument
from dogwatch.model.progress import Tell, tell_nobody

_EMPTY_STATE = {"records": "0"}


class Feeds(Protocol):
    """The real feeds."""

    def sources(self, found: Collection[str] = ()) -> Iterable[tuple[str, str]]:
        """(source, ecosystem) of every feed that is switched on; `found` are the ecosystems of which packages were."""

    def fetch(
        self,
        source: str,
        ecosystem: str,
        state: Mapping[str, str],
        known: Iterable[tuple[str, datetime]],
        now: datetime,
        confirmed: bool = False,
        tell: Tell = tell_nobody,
    ) -> AbstractContextManager[FeedChanges | None]:
        """What changed; see `flow.ports.Feeds`."""

    def reread(self, source: str, documents: Iterable[StoredDocument]) -> Iterator[ParsedRecord]:
        """Stored documents, parsed once more; see `flow.ports.Feeds`."""

    def fetch_facts(
        self, source: str, state: Mapping[str, str], now: datetime, confirmed: bool = False, tell: Tell = tell_nobody
    ) -> AbstractContextManager[FactChanges | None]:
        """What changed of facts; see `flow.ports.Feeds`."""


class FeedsWithSample:
    """Implements `flow.ports.Feeds`: the real feeds, and the sample's beside them while its folder is there."""

    def __init__(
        self,
        real: Feeds,
        folder: DemonstrationFolder,
        read_mirror: Callable[[Path], Feeds],
        has_imported: Callable[[str], bool],
        is_on: bool,
    ) -> None:
        """Prepare.

        Args:
            real: what feeds there are otherwise.
            folder: the demonstration's.
            read_mirror: returns what reads a folder laid out like the public OSV export, as feeds named `sample`.
            has_imported: whether the real feed of an ecosystem was ever imported.
            is_on: whether the operator wants a demonstration; otherwise the sample is empty.
        """
        self._real = real
        self._folder = folder
        self._read_mirror = read_mirror
        self._has_imported = has_imported
        self._is_on = is_on

    def sources(self, found: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
        """Return (source, ecosystem) of every feed that is switched on, the sample's last; see `flow.ports.Feeds`."""
        return (*self._real.sources(found), *self.sample_sources())

    def sample_sources(self) -> tuple[tuple[str, str], ...]:
        """Return the sample's feeds, one for each ecosystem however many real ones speak for it.

        None where no demonstration ever began.
        """
        if not self._folder.is_there:
            return ()
        switched_on = dict.fromkeys(ecosystem for _, ecosystem in self._real.sources())
        return tuple((SAMPLE_SOURCE, ecosystem) for ecosystem in switched_on if ecosystem in ECOSYSTEMS)

    @contextmanager
    def fetch(
        self,
        source: str,
        ecosystem: str,
        state: Mapping[str, str],
        known: Iterable[tuple[str, datetime]],
        now: datetime,
        confirmed: bool = False,
        tell: Tell = tell_nobody,
    ) -> Iterator[FeedChanges | None]:
        """Bring what changed; see `flow.ports.Feeds`. An empty sample ends what was in it."""
        if source != SAMPLE_SOURCE:
            with self._real.fetch(source, ecosystem, state, known, now, confirmed, tell) as changes:
                yield changes
            return
        documents = self.documents(ecosystem)
        if not documents:
            held = tuple(record_id for record_id, _ in known)
            yield FeedChanges(_EMPTY_STATE, iter(()), held) if held or state != _EMPTY_STATE else None
            return
        with tempfile.TemporaryDirectory(prefix="feed-", dir=self._folder.path) as name:
            write_feed(Path(name), ecosystem, documents)
            with self._read_mirror(Path(name)).fetch(source, ecosystem, state, known, now) as changes:
                yield changes

    def reread(self, source: str, documents: Iterable[StoredDocument]) -> Iterator[ParsedRecord]:
        """Parse stored documents once more; see `flow.ports.Feeds`."""
        reader = self._read_mirror(self._folder.path) if source == SAMPLE_SOURCE else self._real
        return reader.reread(source, documents)

    def fetch_facts(
        self, source: str, state: Mapping[str, str], now: datetime, confirmed: bool = False, tell: Tell = tell_nobody
    ) -> AbstractContextManager[FactChanges | None]:
        """Bring what changed of facts; see `flow.ports.Feeds`. The sample has none."""
        return self._real.fetch_facts(source, state, now, confirmed, tell)

    def documents(self, ecosystem: str) -> list[Document]:
        """Return what the sample says of an ecosystem now."""
        if not self._is_on or not self._folder.is_begun:
            return []
        is_needed = not self._has_imported(ecosystem)
        chosen = [one for one in known_advisories() if is_needed and ecosystem_of(one) == ecosystem]
        happened = self._folder.load_news()
        if ecosystem == NEWS_ECOSYSTEM and happened.arrived_at is not None:
            chosen.append(news(happened.arrived_at, happened.withdrawn_at))
        return chosen
