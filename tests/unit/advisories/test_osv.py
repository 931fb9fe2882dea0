"""What an import does with an OSV export: asks for what changed, and believes nothing that would lose records."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dogwatch.advisories import (
    FEED_LIMITS,
    Changes,
    FeedMirror,
    FeedState,
    FetchResult,
    OsvSource,
    Outdated,
    Unchanged,
)
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.web_mirror import WebMirror
from dogwatch.model.errors import (
    DogwatchError,
    FeedRejectedError,
    FeedUnavailableError,
    LimitExceededError,
    MalformedSnapshotError,
)
from dogwatch.model.times import parse_rfc3339
from tests.builders.advisories import encode_record, osv_record
from tests.simulators.feeds import (
    Failure,
    FeedBucket,
    FeedServer,
    remove_bucket,
    replace_file,
    serve_feed,
    write_archive,
    write_listing,
)

NOW = datetime(2026, 7, 31, tzinfo=UTC)
LIMITS = replace(FEED_LIMITS, first_pause_seconds=0.01, attempts=2, idle_timeout_seconds=2.0, max_single_records=5)


def at(day: int) -> str:
    return f"2026-07-{day:02}T00:00:00Z"


@dataclass(slots=True)
class Importer:
    """Applies fetches as the store will: all of one or nothing."""

    mirror: FeedMirror
    spool: Path
    source: OsvSource = field(default_factory=lambda: OsvSource(limits=LIMITS))
    state: FeedState | None = None
    records: dict[str, datetime] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def fetch(self, ecosystem: str = "PyPI", now: datetime = NOW, confirmed: bool = False) -> FetchResult:
        return self.source.fetch(
            ecosystem,
            self.state,
            self.records.items(),
            mirror=self.mirror,
            spool=self.spool,
            now=now,
            confirmed=confirmed,
        )

    def step(self, ecosystem: str = "PyPI", now: datetime = NOW, confirmed: bool = False) -> FetchResult:
        """Fetch and apply."""
        result = self.fetch(ecosystem, now, confirmed)
        if isinstance(result, Changes):
            result = pickle.loads(pickle.dumps(result))  # a child process parses
            assert isinstance(result, Changes)
            parsed = list(self.source.parse(result))
            self.records |= {each.id: each.modified_at for each in parsed if each.advisory}
            self.problems |= {each.id: each.problem for each in parsed if not each.advisory}
            self.records = {each: moment for each, moment in self.records.items() if each not in result.removed}
            result.discard()
        self.state = result.state
        assert not list(self.spool.iterdir())
        return result

    def refuses(self, error: type[DogwatchError], match: str) -> None:
        """Assert that a fetch fails and leaves state, records and spool as they are."""
        before = (self.state, dict(self.records))
        with pytest.raises(error, match=match):
            self.step()
        assert (self.state, self.records) == before
        assert not list(self.spool.iterdir())


@pytest.fixture
def bucket(tmp_path: Path) -> FeedBucket:
    bucket = FeedBucket(tmp_path / "bucket")
    bucket.put("PyPI", *(osv_record(f"A-{day}", modified=at(day)) for day in range(1, 11)))
    return bucket


@pytest.fixture
def server(bucket: FeedBucket) -> Iterator[FeedServer]:
    with serve_feed(bucket.folder) as running:
        yield running


@pytest.fixture
def web(server: FeedServer, tmp_path: Path) -> Iterator[Importer]:
    (tmp_path / "spool").mkdir()
    with closing(WebMirror(server.url, "osv", LIMITS)) as mirror:
        yield Importer(mirror, tmp_path / "spool")


@pytest.fixture(params=["folder", "web"])
def importer(request: pytest.FixtureRequest, bucket: FeedBucket, tmp_path: Path) -> Importer:
    if request.param == "web":
        web: Importer = request.getfixturevalue("web")
        return web
    (tmp_path / "spool").mkdir()
    return Importer(FolderMirror(bucket.folder, "osv"), tmp_path / "spool")


def agree(importer: Importer, bucket: FeedBucket, ecosystem: str = "PyPI") -> bool:
    listed = {record_id: parse_rfc3339(modified) for record_id, modified in bucket.listed(ecosystem).items()}
    return importer.records == listed


def asked(server: FeedServer) -> list[str]:
    return sorted(f"{request.path.removeprefix('PyPI/')} {request.status}" for request in server.take_requests())


# --- what is asked for ------------------------------------------------------------------------------------------------


def test_the_first_import_takes_the_archive_and_later_ones_only_what_changed(
    web: Importer, bucket: FeedBucket, server: FeedServer
) -> None:
    web.step()
    assert (asked(server), agree(web, bucket)) == (["all.zip 200", "modified_id.csv 200"], True)

    assert isinstance(web.step(), Unchanged)
    assert asked(server) == ["modified_id.csv 304"]

    bucket.put("PyPI", osv_record("A-3", modified=at(20)), osv_record("A-30", modified=at(19)))
    bucket.remove("PyPI", "A-4")
    web.step()
    assert (asked(server), agree(web, bucket)) == (["A-3.json 200", "A-30.json 200", "modified_id.csv 200"], True)


def test_many_changes_take_the_archive_again(web: Importer, bucket: FeedBucket, server: FeedServer) -> None:
    web.step()
    asked(server)
    bucket.put("PyPI", *(osv_record(f"B-{day}", modified=at(20)) for day in range(6)))

    web.step()

    assert (asked(server), agree(web, bucket)) == (["all.zip 200", "modified_id.csv 200"], True)


def test_many_changes_and_an_old_archive_come_a_few_at_a_time(
    web: Importer, bucket: FeedBucket, server: FeedServer
) -> None:
    web.step()
    archive = (bucket.folder / "PyPI" / "all.zip").read_bytes()
    bucket.put("PyPI", *(osv_record(f"B-{day}", modified=at(20)) for day in range(8)))
    replace_file(bucket.folder / "PyPI" / "all.zip", archive)

    first, second, third = web.step(), web.step(), web.step()

    assert isinstance(first, Changes)
    assert (len(first), len(first.pending)) == (5, 3)
    assert isinstance(second, Changes)
    assert (len(second), second.is_complete, agree(web, bucket)) == (3, True, True)
    assert isinstance(third, Unchanged)


class Unread:
    def __iter__(self) -> Iterator[tuple[str, datetime]]:
        raise AssertionError("read")


def test_known_records_are_not_even_read_when_the_feed_has_not_changed(importer: Importer) -> None:
    importer.step()

    result = importer.source.fetch(
        "PyPI", importer.state, Unread(), mirror=importer.mirror, spool=importer.spool, now=NOW
    )
    assert isinstance(result, Unchanged)


def test_every_kind_of_change_arrives_by_either_mirror(importer: Importer, bucket: FeedBucket) -> None:
    importer.step()
    bucket.put("PyPI", osv_record("A-1", modified=at(21)))
    bucket.withdraw("PyPI", "A-2", at(22))
    bucket.remove("PyPI", "A-5")

    result = importer.fetch()

    assert isinstance(result, Changes)
    parsed = {each.id: each.advisory for each in importer.source.parse(result)}
    assert set(parsed) == {"A-1", "A-2"}
    assert parsed["A-2"] is not None
    assert parsed["A-2"].withdrawn_at == parse_rfc3339(at(22))
    assert result.removed == ("A-5",)
    result.discard()
    importer.step()
    assert agree(importer, bucket)


def test_a_folder_with_archives_only_is_enough(bucket: FeedBucket, importer: Importer) -> None:
    for record in (bucket.folder / "PyPI").glob("*.json"):
        record.unlink()
    importer.step()
    bucket.put("PyPI", osv_record("A-3", modified=at(20)))
    (bucket.folder / "PyPI" / "A-3.json").unlink()

    importer.step()

    assert agree(importer, bucket)


def test_an_ecosystem_with_a_colon_is_found_under_an_underscore(importer: Importer, bucket: FeedBucket) -> None:
    bucket.put("AlmaLinux:9", osv_record("ALSA-2026:1", ecosystem="AlmaLinux:9"))

    importer.step("AlmaLinux:9")

    assert set(importer.records) == {"ALSA-2026:1"}


def test_a_servers_lack_of_validators_costs_a_download_and_nothing_else(
    web: Importer, bucket: FeedBucket, server: FeedServer
) -> None:
    server.send_validators = False
    web.step()
    assert isinstance(web.step(), Unchanged)
    bucket.put("PyPI", osv_record("A-3", modified=at(20)))
    web.step()

    assert agree(web, bucket)


def test_the_state_says_how_old_the_feed_is_and_survives_being_stored(importer: Importer) -> None:
    importer.step()
    state = importer.state

    assert state is not None
    assert (state.records, state.newest_modified_at, state.checked_at) == (10, parse_rfc3339(at(10)), NOW)
    assert FeedState.from_mapping(state.to_mapping()) == state
    assert FeedState.from_mapping({}) is None
    later = NOW + timedelta(hours=24)
    assert (state.is_stale(later, timedelta(hours=24)), state.is_stale(later, timedelta(hours=23))) == (False, True)
    assert FeedState().is_stale(NOW, timedelta(hours=24))
    assert importer.step(now=later).state == replace(state, checked_at=later)


# --- lists that run ahead ---------------------------------------------------------------------------------------------


def test_a_record_that_is_not_there_yet_is_asked_for_again(importer: Importer, bucket: FeedBucket) -> None:
    importer.step()
    listing = bucket.folder / "PyPI" / "modified_id.csv"
    write_listing(listing, bucket.listed("PyPI") | {"A-3": at(20), "NEW-1": at(20)})

    result = importer.step()

    assert isinstance(result, Changes)
    assert (len(result), sorted(result.pending), result.is_complete) == (0, ["A-3", "NEW-1"], False)
    assert importer.records["A-3"] == parse_rfc3339(at(3))

    bucket.put("PyPI", osv_record("A-3", modified=at(20)), osv_record("NEW-1", modified=at(20)))
    importer.step()
    assert agree(importer, bucket)
    assert isinstance(importer.step(), Unchanged)


def test_records_newer_than_listed_are_taken_and_not_taken_back(importer: Importer, bucket: FeedBucket) -> None:
    importer.step()
    listed = bucket.listed("PyPI")
    bucket.put("PyPI", osv_record("A-3", modified=at(25)))
    write_listing(bucket.folder / "PyPI" / "modified_id.csv", listed | {"A-3": at(20)})

    importer.step()

    assert importer.records["A-3"] == parse_rfc3339(at(25))
    write_listing(bucket.folder / "PyPI" / "modified_id.csv", listed | {"A-3": at(20), "A-2": at(2)})
    assert isinstance(importer.step(), Unchanged)


def test_a_first_archive_that_lags_is_completed_by_single_records(
    web: Importer, bucket: FeedBucket, server: FeedServer
) -> None:
    archive = (bucket.folder / "PyPI" / "all.zip").read_bytes()
    bucket.put("PyPI", osv_record("A-3", modified=at(20)), osv_record("A-30", modified=at(21)))
    replace_file(bucket.folder / "PyPI" / "all.zip", archive)

    web.step()

    assert agree(web, bucket)
    assert asked(server) == ["A-3.json 200", "A-30.json 200", "all.zip 200", "modified_id.csv 200"]


def test_yesterdays_mirror_changes_nothing_and_counts_as_outdated(importer: Importer, bucket: FeedBucket) -> None:
    importer.step(now=NOW)
    yesterday = bucket.listed("PyPI")
    bucket.put("PyPI", osv_record("A-3", modified=at(20)), osv_record("A-30", modified=at(21)))
    importer.step(now=NOW)
    write_listing(bucket.folder / "PyPI" / "modified_id.csv", yesterday)
    state, records = importer.state, dict(importer.records)

    result = importer.step(now=NOW + timedelta(days=1))

    assert isinstance(result, Outdated)
    assert result.newest_modified_at == parse_rfc3339(at(10))
    assert (importer.state, importer.records) == (state, records)
    assert isinstance(importer.step(confirmed=True), Changes)
    assert set(importer.records) == set(yesterday)


def test_a_record_dated_in_the_future_does_not_hide_that_a_mirror_lags(importer: Importer, bucket: FeedBucket) -> None:
    bucket.put("PyPI", osv_record("FUTURE-1", modified="2027-07-09T15:54:00Z"))
    yesterday = bucket.listed("PyPI")
    bucket.put("PyPI", osv_record("A-30", modified=at(21)))
    importer.step()
    write_listing(bucket.folder / "PyPI" / "modified_id.csv", yesterday)

    assert isinstance(importer.step(), Outdated)


# --- what would lose records ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<html>please log in</html>\n", "not a time"),
        (b"2026-07-10T00:00:00Z,A-10\n2026-07-09T00:00:00Z,A-", "cut off"),
        (b"2026-07-10T00:00:00Z,A-10\n2026-07-10T00:00:00Z,A-10\n", "twice"),
    ],
)
def test_a_garbled_list_leaves_everything_as_it_is(
    importer: Importer, bucket: FeedBucket, content: bytes, reason: str
) -> None:
    importer.step()
    replace_file(bucket.folder / "PyPI" / "modified_id.csv", content)

    importer.refuses(MalformedSnapshotError, reason)


def test_a_list_cut_off_between_two_lines_is_told_by_a_record_it_lost(importer: Importer, bucket: FeedBucket) -> None:
    importer.step()
    listed = bucket.listed("PyPI")
    write_listing(
        bucket.folder / "PyPI" / "modified_id.csv", {each: when for each, when in listed.items() if when > at(3)}
    )

    importer.refuses(MalformedSnapshotError, "cut off: its 3 oldest records are gone, yet A-3 is there")


def test_the_oldest_records_may_really_go(importer: Importer, bucket: FeedBucket) -> None:
    importer.step()
    bucket.remove("PyPI", "A-1")
    bucket.remove("PyPI", "A-2")

    importer.step()

    assert agree(importer, bucket)


def test_a_feed_that_loses_more_than_half_is_refused_until_confirmed(importer: Importer, bucket: FeedBucket) -> None:
    bucket.put("PyPI", *(osv_record(f"B-{number}", modified=at(5)) for number in range(20)))
    importer.step()
    for number in range(16):
        bucket.remove("PyPI", f"B-{number}")

    importer.refuses(FeedRejectedError, "no longer lists 16 of 30 records, more than 50 % at once")
    importer.step(confirmed=True)
    assert agree(importer, bucket)


@pytest.mark.parametrize("damage", ["garbage", "cut", "lying"])
def test_a_damaged_archive_is_refused_and_the_next_good_one_taken(
    importer: Importer, bucket: FeedBucket, damage: str
) -> None:
    path = bucket.folder / "PyPI" / "all.zip"
    good = path.read_bytes()
    bad = {"garbage": b"<html>", "cut": good[:-100], "lying": good.replace(b"PK\x03\x04", b"PK\x03\x05", 1)}
    replace_file(path, bad[damage])

    importer.refuses(MalformedSnapshotError, "archive")
    replace_file(path, good)
    importer.step()
    assert agree(importer, bucket)


def test_one_malformed_record_is_a_problem_and_its_previous_state_stays(importer: Importer, bucket: FeedBucket) -> None:
    importer.step()
    bucket.put("PyPI", osv_record("A-3", modified=at(20)), osv_record("A-4", modified=at(20)))
    replace_file(bucket.folder / "PyPI" / "A-3.json", b'{"id":"A-3","modified":"2026-07-20T00:00:00Z","affected":7}')

    importer.step()

    assert importer.records["A-3"] == parse_rfc3339(at(3))
    assert importer.records["A-4"] == parse_rfc3339(at(20))
    assert list(importer.problems) == ["A-3"]
    assert "affected" in importer.problems["A-3"]


def test_malformed_and_misnamed_records_in_an_archive_are_problems_of_their_own(
    importer: Importer, bucket: FeedBucket
) -> None:
    bucket.put("PyPI", osv_record("A-3", modified=at(20)) | {"affected": 7})
    bucket.put("PyPI", osv_record("A-4", modified=at(20)))
    wrong = {"A-4": encode_record(osv_record("OTHER-1", modified=at(20)))}
    write_archive(bucket.folder / "PyPI" / "all.zip", set(bucket.listed("PyPI")), wrong)

    importer.step()

    assert set(importer.records) == set(bucket.listed("PyPI")) - {"A-3", "A-4"}
    assert importer.problems["A-4"] == "it says it is OTHER-1"


def test_a_record_over_the_limit_is_a_problem_of_its_own(importer: Importer, bucket: FeedBucket) -> None:
    importer.source = replace(importer.source, limits=replace(LIMITS, max_record_bytes=2_000))
    importer.step()
    bucket.put("PyPI", osv_record("A-3", modified=at(20), summary="s" * 2_000))

    importer.step()

    assert importer.problems == {"A-3": "over the limit max_record_bytes of 2000 bytes"}
    assert importer.records["A-3"] == parse_rfc3339(at(3))
    assert isinstance(importer.step(), Unchanged)


def test_a_list_or_an_archive_over_a_limit_leaves_everything_as_it_is(importer: Importer, bucket: FeedBucket) -> None:
    importer.source = replace(importer.source, limits=replace(LIMITS, max_listing_bytes=100))
    importer.refuses(LimitExceededError, "100 bytes")
    importer.source = replace(importer.source, limits=replace(LIMITS, max_archive_bytes=100))
    importer.refuses(LimitExceededError, "100 bytes")


# --- what does not work -----------------------------------------------------------------------------------------------


def test_a_feed_that_goes_away_leaves_everything_as_it_is(
    bucket: FeedBucket, web: Importer, server: FeedServer
) -> None:
    web.step()
    server.fail(Failure("modified_id", times=-1, status=500))
    web.refuses(FeedUnavailableError, "500")


def test_a_folder_that_is_unmounted_leaves_everything_as_it_is(bucket: FeedBucket, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    importer = Importer(FolderMirror(bucket.folder, "osv"), tmp_path / "spool")
    importer.step()
    remove_bucket(bucket.folder)
    importer.refuses(FeedUnavailableError, "no such folder")


def test_an_ecosystem_that_is_not_there_is_rejected(importer: Importer) -> None:
    for name in ("npm", "../PyPI", "", ".."):
        with pytest.raises(FeedRejectedError):
            importer.fetch(name)


@pytest.mark.parametrize(
    "failure", [Failure("all.zip", times=-1, truncate_to=200), Failure("all", times=-1, lie=True, truncate_to=200)]
)
def test_an_archive_that_breaks_off_is_an_error_whether_the_server_says_so_or_not(
    web: Importer, server: FeedServer, failure: Failure
) -> None:
    server.fail(failure)
    web.refuses((MalformedSnapshotError if failure.lie else FeedUnavailableError), "archive|all.zip")


def test_a_list_that_ends_early_without_a_sign_is_refused(
    web: Importer, bucket: FeedBucket, server: FeedServer
) -> None:
    web.step()
    bucket.put("PyPI", osv_record("A-30", modified=at(20)))
    server.fail(Failure("modified_id", times=-1, lie=True, truncate_to=60))

    web.refuses(MalformedSnapshotError, "cut off")


def test_a_single_record_that_fails_for_good_is_pending_and_the_others_arrive(
    web: Importer, bucket: FeedBucket, server: FeedServer
) -> None:
    web.step()
    bucket.put("PyPI", osv_record("A-3", modified=at(20)), osv_record("A-4", modified=at(20)))
    server.fail(Failure("A-3", times=2, status=500))

    result = web.step()

    assert isinstance(result, Changes)
    assert (result.pending, web.records["A-4"]) == (("A-3",), parse_rfc3339(at(20)))
    web.step()
    assert agree(web, bucket)


def test_single_records_that_all_fail_are_a_feed_that_is_down(
    web: Importer, bucket: FeedBucket, server: FeedServer
) -> None:
    web.step()
    bucket.put("PyPI", *(osv_record(f"A-{day}", modified=at(20)) for day in range(1, 6)))
    server.fail(Failure(r"A-\d", times=-1, status=500))

    web.refuses(FeedUnavailableError, "500")


def test_releases_of_a_covered_distribution_are_covered() -> None:
    source = OsvSource()

    assert [
        source.covers(each) for each in ("Debian:12", "Debian", "PyPI", "npm", "Alpine:v3.19", "Debianish", "")
    ] == [
        True,
        True,
        True,
        True,
        False,
        False,
        False,
    ]
