"""Feeds that are a few whole files: what is fetched again, what counts as lost, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.advisories import alpine
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.limits import FEED_LIMITS
from dogwatch.advisories.secdb import SecdbSource
from dogwatch.advisories.source import Changes, FeedState, FetchRequest, Unchanged
from dogwatch.model.errors import (
    FeedRejectedError,
    FeedShrunkError,
    LimitExceededError,
    MalformedSnapshotError,
)
from tests.builders.advisories import secdb

NOW = datetime(2026, 7, 1, tzinfo=UTC)
RELEASE = "Alpine:v3.22"


@dataclass
class Feed:
    """A release's two files, what was fetched of them, and what is held."""

    folder: Path
    source: SecdbSource = alpine.SOURCE
    state: FeedState | None = None
    held: dict[str, datetime] = field(default_factory=dict)

    def put(self, repository: str, *fixed: str) -> None:
        path = self.folder / "feed" / "v3.22" / f"{repository}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(secdb({"bash": {f"5.{number}-r0": [name] for number, name in enumerate(fixed)}}))

    def fetch(self, *, confirmed: bool = False) -> tuple[list[str], list[str]] | None:
        """Return the ids that came and those that went; None when nothing changed."""
        mirror = FolderMirror(self.folder / "feed", self.source.name)
        spool = self.folder / "spool"
        spool.mkdir(exist_ok=True)
        result = self.source.fetch(
            FetchRequest(
                RELEASE, self.state, self.held.items(), mirror=mirror, spool=spool, now=NOW, confirmed=confirmed
            )
        )
        assert isinstance(result, Changes | Unchanged)
        self.state = result.state
        if isinstance(result, Unchanged):
            return None
        came = [record.id for record in self.source.parse(result)]
        result.discard()
        assert list(spool.iterdir()) == []
        self.held = dict.fromkeys(came, NOW)
        return came, list(result.removed)


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(tmp_path)


def test_nothing_is_new_until_one_of_the_files_changes_and_then_all_are_read(feed: Feed) -> None:
    feed.put("main", "CVE-2026-1")
    feed.put("community", "CVE-2026-2")
    both = ["ALPINE-v3.22-CVE-2026-1", "ALPINE-v3.22-CVE-2026-2"]
    assert feed.fetch() == (both, [])
    assert feed.fetch() is None
    feed.put("community", "CVE-2026-3")
    assert feed.fetch() == (["ALPINE-v3.22-CVE-2026-1", "ALPINE-v3.22-CVE-2026-3"], ["ALPINE-v3.22-CVE-2026-2"])


def test_a_file_that_may_be_missing_may_come_and_go(feed: Feed) -> None:
    feed.put("main", "CVE-2026-1")
    assert feed.fetch() == (["ALPINE-v3.22-CVE-2026-1"], [])
    assert feed.fetch() is None
    feed.put("community", "CVE-2026-2")
    assert feed.fetch() == (["ALPINE-v3.22-CVE-2026-1", "ALPINE-v3.22-CVE-2026-2"], [])
    (feed.folder / "feed" / "v3.22" / "community.json").unlink()
    assert feed.fetch() == (["ALPINE-v3.22-CVE-2026-1"], ["ALPINE-v3.22-CVE-2026-2"])


def test_without_its_first_file_it_is_no_feed(feed: Feed) -> None:
    feed.put("community", "CVE-2026-2")
    with pytest.raises(FeedRejectedError, match=r"v3\.22/main\.json: there is no such file"):
        feed.fetch()
    assert list((feed.folder / "spool").iterdir()) == []


def test_a_feed_that_lost_most_of_its_records_has_to_be_confirmed(feed: Feed) -> None:
    feed.put("main", *(f"CVE-2026-{number}" for number in range(30)))
    assert feed.fetch() is not None
    feed.put("main", "CVE-2026-1")
    with pytest.raises(FeedShrunkError) as refused:
        feed.fetch()
    assert refused.value.lost == 29
    came, gone = feed.fetch(confirmed=True) or ([], [])
    assert (len(came), len(gone)) == (1, 29)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"packages": [{"pkg": {}}]}', b'{"packages": []}', b"\xff", b"[" * 9_000]
)
def test_what_is_not_such_a_file_changes_nothing(feed: Feed, content: bytes) -> None:
    feed.put("main", "CVE-2026-1")
    (feed.folder / "feed" / "v3.22" / "main.json").write_bytes(content)
    with pytest.raises(MalformedSnapshotError):
        feed.fetch()
    assert list((feed.folder / "spool").iterdir()) == []


def test_a_file_or_a_record_over_its_limit_is_refused(feed: Feed) -> None:
    feed.put("main", *(f"CVE-2026-{number}" for number in range(30)))
    for limits, said in (
        (replace(FEED_LIMITS, max_snapshot_bytes=20), "main.json: over the limit max_bytes of 20 bytes"),
        (replace(FEED_LIMITS, max_record_bytes=20), "over the limit max_record_bytes of 20 bytes"),
        (replace(FEED_LIMITS, max_listed_records=20), "over the limit max_listed_records of 20 records"),
    ):
        feed.source = replace(alpine.SOURCE, limits=limits)
        with pytest.raises(LimitExceededError, match=said):
            feed.fetch()
