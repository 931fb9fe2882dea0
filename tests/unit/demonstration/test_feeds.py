"""The sample's feeds beside the real ones: when they are there, and what is in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dogwatch.advisories import FeedReader, OsvSource
from dogwatch.demonstration import NEWS_ID, DemonstrationFolder, FeedsWithSample, News, Webhook
from dogwatch.demonstration.advisories import known_advisories
from dogwatch.model.feeds import SAMPLE_SOURCE, FeedChanges

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
REAL = (("osv", "Debian"), ("osv", "npm"))
ALL_NPM = {one["id"] for one in known_advisories() if one["affected"][0]["package"]["ecosystem"] == "npm"}


@dataclass
class World:
    """The feeds of an installation, and what it keeps of the sample."""

    folder: DemonstrationFolder
    spool: Path
    imported: set[str] = field(default_factory=set)
    is_on: bool = True
    state: dict[str, str] = field(default_factory=dict)
    held: dict[str, datetime] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)

    def feeds(self, mirror: str = "/nowhere") -> FeedsWithSample:
        real = FeedReader(mirror, self.spool, [ecosystem for _, ecosystem in REAL])

        def read(mirror: Path) -> FeedReader:
            return FeedReader(str(mirror), self.spool, catalogue=(OsvSource(name=SAMPLE_SOURCE),))

        return FeedsWithSample(real, self.folder, read, self.imported.__contains__, self.is_on)

    def update(self, ecosystem: str, now: datetime = NOW) -> bool:
        """Fetch and keep, as the journal does; returns whether something changed."""
        with self.feeds().fetch(SAMPLE_SOURCE, ecosystem, self.state, self.held.items(), now) as changes:
            if changes is None:
                return False
            self._keep(changes)
            return True

    def _keep(self, changes: FeedChanges) -> None:
        for record in changes.records:
            assert record.advisory is not None, record.problem
            assert record.advisory.source == SAMPLE_SOURCE
            self.held[record.id] = record.modified_at
            if record.advisory.withdrawn_at is not None:
                self.withdrawn.add(record.id)
        self._forget(changes.removed)
        self.state = dict(changes.state)

    def _forget(self, ids: Iterable[str]) -> None:
        for record_id in ids:
            del self.held[record_id]


@pytest.fixture
def world(tmp_path: Path) -> World:
    spool = tmp_path / "spool"
    spool.mkdir()
    return World(DemonstrationFolder(tmp_path / "data"), spool)


def begin(world: World) -> None:
    world.folder.save_registry(Webhook("http://127.0.0.1:1/hooks", "s"), {})


def test_there_is_no_sample_before_the_demonstration_began(world: World) -> None:
    assert world.feeds().sources() == REAL


def test_the_sample_stands_beside_the_real_feeds_under_its_own_name(world: World) -> None:
    begin(world)
    assert world.feeds().sources() == (*REAL, (SAMPLE_SOURCE, "Debian"), (SAMPLE_SOURCE, "npm"))
    assert world.update("npm")
    assert set(world.held) == ALL_NPM
    assert not world.update("npm", NOW + timedelta(minutes=1)) or set(world.held) == ALL_NPM


def test_it_is_one_of_each_ecosystem_however_many_sources_speak_for_it(world: World) -> None:
    begin(world)
    from_publishers = world.feeds("")
    assert ("debian-tracker", "Debian") in from_publishers.sources()
    assert from_publishers.sample_sources() == ((SAMPLE_SOURCE, "Debian"), (SAMPLE_SOURCE, "npm"))


def test_it_gives_way_once_the_real_feed_was_imported(world: World) -> None:
    begin(world)
    world.update("npm")
    world.imported.add("npm")
    assert world.update("npm")
    assert world.held == {}
    assert not world.update("npm")


def test_news_arrive_and_are_withdrawn_also_beside_a_real_feed(world: World) -> None:
    begin(world)
    world.imported.add("Debian")
    world.folder.save_news(News(NOW))
    world.update("Debian")
    assert world.held == {NEWS_ID: NOW}
    assert world.withdrawn == set()

    later = NOW + timedelta(hours=1)
    world.folder.save_news(News(NOW, later))
    world.update("Debian", later)
    assert world.held == {NEWS_ID: later}
    assert world.withdrawn == {NEWS_ID}


def test_it_is_empty_where_no_demonstration_is_wanted_and_where_it_ended(world: World) -> None:
    begin(world)
    world.update("npm")
    world.is_on = False
    world.update("npm")
    assert world.held == {}

    world.is_on = True
    world.update("npm")
    assert set(world.held) == ALL_NPM
    world.folder.end()
    world.update("npm")
    assert world.held == {}
    world.folder.remove()
    assert world.feeds().sources() == REAL
