"""What every advisory source keeps, whichever it is."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import dogwatch.advisories
from dogwatch.advisories import SOURCES, AdvisorySource, Changes, FeedState, FetchResult, Outdated, Unchanged
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.source import FetchRequest
from dogwatch.advisories.web_mirror import WebMirror
from dogwatch.model.errors import FeedUnavailableError
from tests.contracts.published import lay_out
from tests.simulators.feeds import serve_feed

NOW = datetime(2026, 7, 31, tzinfo=UTC)
DOCUMENT = Path(__file__).parents[2] / "docs" / "feeds.md"
METHODS = ("fetch", "parse", "covers")

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
each_fetched_source = pytest.mark.parametrize(
    "source", [source for source in SOURCES if source.public_location], ids=lambda source: source.name
)


def test_every_source_in_the_folder_is_in_the_catalogue() -> None:
    found = set()
    for module in pkgutil.iter_modules(dogwatch.advisories.__path__, "dogwatch.advisories."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if all(hasattr(kind, method) for method in METHODS) and kind is not AdvisorySource:
                found.add(kind)

    assert found == {type(source) for source in SOURCES}


def test_names_are_distinct() -> None:
    assert len({source.name for source in SOURCES}) == len(SOURCES)


@each_source
def test_a_source_says_what_it_is(source: AdvisorySource) -> None:
    assert source.name == source.name.lower()
    assert source.licence
    assert timedelta(0) < source.stale_after <= timedelta(days=7)
    assert source.ecosystems
    assert all(source.covers(ecosystem) for ecosystem in source.ecosystems)
    assert not source.covers("an ecosystem that nobody has")


@each_source
def test_a_source_is_documented_with_each_of_its_ecosystems(source: AdvisorySource) -> None:
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]

    assert all(any(f"`{source.name}` {ecosystem} " in row for row in rows) for ecosystem in source.ecosystems)


@each_fetched_source
def test_fetching_the_same_state_twice_is_unchanged_and_parsing_needs_no_mirror(
    source: AdvisorySource, tmp_path: Path
) -> None:
    ecosystem = lay_out(source, tmp_path / "feed")
    (tmp_path / "spool").mkdir()
    mirror = FolderMirror(tmp_path / "feed", source.name)

    first = source.fetch(FetchRequest(ecosystem, None, (), mirror=mirror, spool=tmp_path / "spool", now=NOW))
    assert isinstance(first, Changes)
    (tmp_path / "feed").rename(tmp_path / "gone")
    parsed = list(source.parse(first))
    first.discard()
    (tmp_path / "gone").rename(tmp_path / "feed")
    known = [(each.id, each.modified_at) for each in parsed]
    second = source.fetch(FetchRequest(ecosystem, first.state, known, mirror=mirror, spool=tmp_path / "spool", now=NOW))

    assert [each.problem for each in parsed] == ["", ""]
    assert len({each.id for each in parsed}) == 2
    assert [each.advisory.source for each in parsed if each.advisory] == [source.name] * 2
    assert isinstance(second, Unchanged)
    assert not list((tmp_path / "spool").iterdir())


@each_fetched_source
def test_a_mirror_that_shows_yesterday_after_today_takes_nothing_back_until_it_is_confirmed(
    source: AdvisorySource, tmp_path: Path
) -> None:
    lay_out(source, tmp_path / "yesterday" / "feed", day=1)
    ecosystem = lay_out(source, tmp_path / "today" / "feed", day=2)
    (tmp_path / "spool").mkdir()

    def fetch(previous: FeedState | None, known: Iterable[tuple[str, datetime]], confirmed: bool) -> FetchResult:
        return source.fetch(
            FetchRequest(
                ecosystem, previous, known, mirror=mirror, spool=tmp_path / "spool", now=NOW, confirmed=confirmed
            )
        )

    with serve_feed(tmp_path / "today" / "feed") as server, closing(WebMirror(server.url, source.name)) as mirror:
        today = fetch(None, (), False)
        assert isinstance(today, Changes)
        known = [(each.id, each.modified_at) for each in source.parse(today)]
        server.folder = tmp_path / "yesterday" / "feed"
        try:
            lagging = isinstance(fetch(today.state, known, False), Outdated)
        except FeedUnavailableError as error:
            lagging = "an older state" in error.message
        believed = fetch(today.state, known, True)

    assert lagging
    assert not isinstance(believed, Outdated)


@each_fetched_source
def test_a_mirror_that_is_not_there_is_an_error_and_leaves_no_files(source: AdvisorySource, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    mirror = FolderMirror(tmp_path / "nowhere", source.name)

    with pytest.raises(FeedUnavailableError):
        source.fetch(FetchRequest(source.ecosystems[0], None, (), mirror=mirror, spool=tmp_path / "spool", now=NOW))
    assert not list((tmp_path / "spool").iterdir())
