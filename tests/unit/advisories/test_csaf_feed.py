"""Folders of CSAF documents: what is fetched, when, and what is refused."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.advisories.csaf_listing import read_archive_name
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.mirror import FeedMirror
from dogwatch.advisories.redhat_vex import RedHatVexSource
from dogwatch.advisories.source import Changes, FeedState, FetchRequest, FetchResult, Outdated, Unchanged
from dogwatch.advisories.web_mirror import WebMirror
from dogwatch.model.errors import FeedRejectedError, FeedShrunkError, MalformedSnapshotError
from tests.builders.vex import archive, listing, put, vex
from tests.simulators.feeds import serve_feed

NOW = datetime(2026, 8, 1, tzinfo=UTC)
SOURCE = RedHatVexSource()
SMALL = RedHatVexSource(limits=replace(SOURCE.limits, max_single_records=2, max_record_bytes=2_500))


def path(number: int) -> str:
    return f"2026/cve-2026-{number}.json"


def document(number: int) -> bytes:
    return vex(f"CVE-2026-{number}")


def at(day: int) -> str:
    return f"2026-07-{day:02}T10:17:22+00:00"


@dataclass(slots=True)
class Import:
    """Applies fetches as the store does."""

    folder: Path
    source: RedHatVexSource = SOURCE
    mirror: FeedMirror | None = None
    state: FeedState | None = None
    held: dict[str, datetime] = field(default_factory=dict)

    def fetch(self, confirmed: bool = False) -> FetchResult:
        (self.folder / "spool").mkdir(exist_ok=True)
        mirror = self.mirror or FolderMirror(self.folder, self.source.name)
        result = self.source.fetch(
            FetchRequest(
                "Red Hat",
                self.state,
                self.held.items(),
                mirror=mirror,
                spool=self.folder / "spool",
                now=NOW,
                confirmed=confirmed,
            )
        )
        if isinstance(result, Changes):
            parsed = list(self.source.parse(result))
            self.held |= {one.id: one.modified_at for one in parsed if one.advisory}
            self.held = {each: moment for each, moment in self.held.items() if each not in result.removed}
            result.discard()
        self.state = result.state
        assert not list((self.folder / "spool").iterdir())
        return result

    def numbers(self) -> list[int]:
        return sorted(int(each.rpartition("-")[2]) for each in self.held)


def test_the_first_import_takes_the_archive_and_singly_what_changed_since(tmp_path: Path) -> None:
    days = {1001: 3, 1002: 2, 1003: 21, 1004: 20}
    put(
        tmp_path,
        {
            "changes.csv": listing({path(number): at(day) for number, day in days.items()}),
            "deletions.csv": listing({path(1002): at(2), path(1001): at(1)}),
            "archive_latest.txt": b"csaf_vex_2026-07-20.tar.zst\n",
            "csaf_vex_2026-07-20.tar.zst": archive(
                {path(1001): document(1001), path(1002): document(1002), f"vex/{path(1004)}": b"old", "2026/": b""}
            ),
            path(1003): document(1003),
            path(1004): document(1004),
        },
    )
    importer = Import(tmp_path)
    result = importer.fetch()
    assert isinstance(result, Changes)
    assert (result.refused, result.pending) == ((), ())
    assert importer.held == {
        f"REDHAT-CVE-2026-{number}": datetime(2026, 7, day, 10, 17, 22, tzinfo=UTC)
        for number, day in days.items()
        if number != 1002
    }
    assert isinstance(importer.fetch(), Unchanged)

    put(tmp_path, {"changes.csv": listing({path(1003): at(22), path(1004): at(20)}), path(1003): document(1003)})
    (tmp_path / "csaf_vex_2026-07-20.tar.zst").unlink()
    (tmp_path / path(1001)).unlink(missing_ok=True)
    again = importer.fetch()
    assert isinstance(again, Changes)
    assert (len(again), again.removed) == (1, ("REDHAT-CVE-2026-1001",))
    put(tmp_path, {"changes.csv": listing({path(1003): at(1)})})
    assert isinstance(importer.fetch(), Outdated)


def test_what_is_too_large_is_refused_and_what_is_not_there_yet_waits_for_the_next_fetch(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "changes.csv": listing({path(number): at(9) for number in (1001, 1002, 1003)}),
            path(1001): document(1001),
            path(1002): b" " * 3_000,
        },
    )
    importer = Import(tmp_path, SMALL)
    result = importer.fetch()
    assert isinstance(result, Changes)
    assert (importer.numbers(), result.pending) == ([1001], ("REDHAT-CVE-2026-1003",))
    assert [one.reason for one in result.refused] == ["over the limit max_record_bytes of 2500 bytes"]
    put(tmp_path, {path(1002): b"[]", path(1003): document(1003)})
    later = importer.fetch()
    assert isinstance(later, Changes)
    assert (importer.numbers(), later.pending, len(later.refused)) == ([1001, 1003], (), 1)


def test_over_the_network_the_rest_waits_for_the_next_fetch_and_an_unchanged_list_costs_one_request(
    tmp_path: Path,
) -> None:
    paths = [path(number) for number in (1001, 1002, 1003)]
    put(tmp_path / "feed", {"changes.csv": listing(dict.fromkeys(paths, at(9)))})
    put(tmp_path / "feed", {path(number): document(number) for number in (1001, 1002, 1003)})
    with serve_feed(tmp_path / "feed") as server, closing(WebMirror(server.url, "redhat-vex", SMALL.limits)) as mirror:
        importer = Import(tmp_path, SMALL, mirror)
        first = importer.fetch()
        assert isinstance(first, Changes)
        assert (importer.numbers(), first.pending) == ([1001, 1002], ("REDHAT-CVE-2026-1003",))
        assert isinstance(importer.fetch(), Changes)
        server.take_requests()
        assert isinstance(importer.fetch(), Unchanged)
        assert [(one.path, one.status) for one in server.take_requests()] == [("changes.csv", 304)]
    assert importer.numbers() == [1001, 1002, 1003]


@pytest.mark.parametrize(
    "changes",
    [
        b"",
        b'"2026/cve-2026-1000.json","2026-07-01T10',
        b'"2026/cve-2026-1000.json","yesterday"\n',
        b"2026/cve-2026-1000.json,2026-07-01T10:17:22+00:00\n",
        b'"index.txt","2026-07-01T10:17:22+00:00"\n',
    ],
)
def test_a_list_that_is_none_or_was_cut_off_is_refused(tmp_path: Path, changes: bytes) -> None:
    put(tmp_path, {"changes.csv": changes})
    with pytest.raises(MalformedSnapshotError):
        Import(tmp_path).fetch()


def test_a_damaged_archive_is_refused_and_a_folder_of_something_else_as_well(tmp_path: Path) -> None:
    with pytest.raises(FeedRejectedError, match="is this a folder of CSAF"):
        Import(tmp_path).fetch()
    packed = archive({path(1000): document(1000)})
    put(
        tmp_path,
        {
            "changes.csv": listing({path(1000): at(1)}),
            "archive_latest.txt": b"a_2026-07-20.tar.zst",
            "a_2026-07-20.tar.zst": packed[: len(packed) // 2],
        },
    )
    with pytest.raises(MalformedSnapshotError, match=r"a_2026-07-20\.tar\.zst: "):
        Import(tmp_path).fetch()


def test_a_list_that_lost_most_or_just_its_tail_is_refused(tmp_path: Path) -> None:
    files = {path(number): document(number) for number in range(1000, 1030)}
    whole = {one: at(number) for number, one in enumerate(files, 1)}
    put(tmp_path, {"changes.csv": listing(whole), **files})
    importer = Import(tmp_path)
    importer.fetch()
    put(tmp_path, {"changes.csv": listing({one: time for one, time in whole.items() if time > at(20)})})
    with pytest.raises(FeedShrunkError):
        importer.fetch()
    put(tmp_path, {"changes.csv": listing({one: time for one, time in whole.items() if time > at(5)})})
    with pytest.raises(MalformedSnapshotError, match="cut off"):
        importer.fetch()
    assert len(importer.held) == 30


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("csaf_vex_2026-07-20.tar.zst\n", 20),
        ("../csaf_2026-07-20.tar.zst", None),
        ("vex-archive.tar.zst", None),
        ("csaf_vex_2026-99-20.tar.zst", None),
    ],
)
def test_an_archive_is_used_that_has_a_plain_name_with_a_day(text: str, day: int | None) -> None:
    found = read_archive_name(text)
    assert (found and found[1]) == (day and datetime(2026, 7, day, tzinfo=UTC))
