"""The one door to all sources, as `flow` uses it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.advisories import FeedReader, OsvSource
from dogwatch.advisories.spool import spool_folder
from dogwatch.flow.ports import Feeds
from dogwatch.model.errors import ConfigError, FeedUnavailableError
from dogwatch.model.progress import Progress, Unit
from tests.builders.advisories import osv_record
from tests.simulators.buckets import FeedBucket, write_listing

NOW = datetime(2026, 7, 31, tzinfo=UTC)


@pytest.fixture
def bucket(tmp_path: Path) -> FeedBucket:
    bucket = FeedBucket(tmp_path / "bucket")
    bucket.put(
        "npm", osv_record("A-1", ecosystem="npm"), osv_record("A-2", ecosystem="npm", modified="2026-07-02T00:00:00Z")
    )
    return bucket


@pytest.fixture
def reader(bucket: FeedBucket, tmp_path: Path) -> FeedReader:
    return FeedReader(str(bucket.folder), tmp_path / "spool")


def test_it_is_what_flow_asks_for(reader: FeedReader) -> None:
    feeds: Feeds = reader

    assert {("osv", "Debian"), ("osv", "PyPI"), ("osv", "npm"), ("osv", "crates.io")} <= set(feeds.sources())


def sources(*switched_on: str, found: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
    return FeedReader("", Path("spool"), switched_on).sources(found)


def test_feeds_can_be_switched_off_and_unknown_ones_are_a_mistake_in_the_settings() -> None:
    assert sources("npm") == (("osv", "npm"),)
    with pytest.raises(ConfigError, match="COBOL"):
        sources("COBOL")


def test_feeds_of_what_was_found_are_on_where_the_settings_say_found() -> None:
    assert sources("npm", "found", found=("Go", "npm", "COBOL")) == (("osv", "npm"), ("osv", "Go"))
    assert sources("npm", found=("Go",)) == (("osv", "npm"),)
    assert sources("found") == ()


def test_a_feed_may_be_that_of_one_release_and_then_the_whole_one_is_not_wanted_as_well() -> None:
    assert sources("AlmaLinux:9", "found", found=("AlmaLinux",)) == (("osv", "AlmaLinux:9"),)
    with pytest.raises(ConfigError, match="COBOL:60"):
        sources("COBOL:60")


def test_a_mirror_has_a_folder_for_each_source_beside_the_export_in_the_osv_format(
    bucket: FeedBucket, tmp_path: Path
) -> None:
    elsewhere = OsvSource(name="elsewhere", folder="osv-of-others", public_location=str(bucket.folder))
    (tmp_path / "spool").mkdir(exist_ok=True)
    public = FeedReader("", tmp_path / "spool", catalogue=(elsewhere,))
    with public.fetch("elsewhere", "npm", {}, (), NOW) as changes:
        assert changes is not None
        assert [record.id for record in changes.records] == ["A-1", "A-2"]
    mirrored = FeedReader(f"{tmp_path}/mirror/", tmp_path / "spool", catalogue=(elsewhere,))
    shutil.copytree(bucket.folder, tmp_path / "mirror" / "osv-of-others")
    with mirrored.fetch("elsewhere", "npm", {}, (), NOW) as changes:
        assert changes is not None
        assert [record.id for record in changes.records] == ["A-1", "A-2"]


def test_how_many_records_were_read_is_told_of_how_many_and_then_that_they_are_taken_in(reader: FeedReader) -> None:
    heard: list[Progress] = []
    with reader.fetch("osv", "npm", {}, (), NOW, tell=heard.append) as changes:
        assert changes is not None
        assert heard == []  # small files are there in a moment
        assert len(list(changes.records)) == 2
    reading = "reading the advisories for npm"
    assert heard == [
        Progress(reading, 1, 2, Unit.RECORDS),
        Progress(reading, 2, 2, Unit.RECORDS),
        Progress("taking in the advisories for npm"),
    ]


def test_changes_come_with_their_records_and_leave_nothing_behind(reader: FeedReader, bucket: FeedBucket) -> None:
    with reader.fetch("osv", "npm", {}, (), NOW) as first:
        assert first is not None
        records = list(first.records)
    known = [(record.id, record.modified_at) for record in records]
    with reader.fetch("osv", "npm", first.state, known, NOW) as second:
        pass
    bucket.put("npm", osv_record("A-1", ecosystem="npm", modified="2026-07-03T00:00:00Z"))
    with reader.fetch("osv", "npm", first.state, known, NOW) as third:
        assert third is not None
        assert [(record.id, record.problem) for record in third.records] == [("A-1", "")]

    assert sorted(record.id for record in records) == ["A-1", "A-2"]
    assert second is None
    assert not list(reader.spool.iterdir())


def test_a_list_that_was_only_written_anew_is_remembered_without_records(
    reader: FeedReader, bucket: FeedBucket
) -> None:
    with reader.fetch("osv", "npm", {}, (), NOW) as first:
        assert first is not None
        known = [(record.id, record.modified_at) for record in first.records]
    path = bucket.folder / "npm" / "modified_id.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    with reader.fetch("osv", "npm", first.state, known, NOW) as again:
        assert again is not None
        assert (list(again.records), again.removed) == ([], ())
    assert again.state["listing_fingerprint"] != first.state["listing_fingerprint"]


def test_an_older_state_is_an_error_that_lets_the_feed_grow_stale(reader: FeedReader, bucket: FeedBucket) -> None:
    with reader.fetch("osv", "npm", {}, (), NOW) as first:
        assert first is not None
        known = [(record.id, record.modified_at) for record in first.records]
    write_listing(bucket.folder / "npm" / "modified_id.csv", {"A-1": "2026-07-01T00:00:00Z"})

    with (
        pytest.raises(FeedUnavailableError, match="an older state"),
        reader.fetch("osv", "npm", first.state, known, NOW),
    ):
        pass
    with reader.fetch("osv", "npm", first.state, known, NOW, confirmed=True) as believed:
        assert believed is not None
        assert believed.removed == ("A-2",)


def test_what_a_killed_fetch_left_is_deleted_by_the_next_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from dogwatch.advisories.spool import spool_folder\n"
        "with spool_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'x').write_text('x'); print(folder, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        other = Path(child.stdout.readline().strip())
        with spool_folder(tmp_path) as mine:
            assert sorted(tmp_path.iterdir()) == sorted([mine, other])
        os.kill(child.pid, signal.SIGKILL)
        child.wait()

    assert list(tmp_path.iterdir()) == [other]
    with spool_folder(tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]
