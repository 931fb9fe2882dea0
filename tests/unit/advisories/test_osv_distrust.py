"""What an import does not believe of an OSV export: whatever would lose records, and whatever does not work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dogwatch.advisories import Changes, Unchanged
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.model.errors import FeedRejectedError, FeedUnavailableError, LimitExceededError, MalformedSnapshotError
from dogwatch.model.times import parse_rfc3339
from tests.builders.advisories import encode_record, osv_record
from tests.simulators.buckets import FeedBucket, replace_file, write_archive, write_listing
from tests.simulators.feeds import Failure, FeedServer, remove_bucket
from tests.unit.advisories.importing import LIMITS, Importer, agree, at

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
