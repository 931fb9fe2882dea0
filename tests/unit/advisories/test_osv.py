"""What an import asks an OSV export for, and how it keeps up with lists that run ahead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from dogwatch.advisories import Changes, FeedState, OsvSource, Outdated, Unchanged
from dogwatch.advisories.source import FetchRequest
from dogwatch.model.times import parse_rfc3339
from tests.builders.advisories import osv_record
from tests.simulators.buckets import FeedBucket, replace_file, write_listing
from tests.simulators.feeds import FeedServer
from tests.unit.advisories.importing import NOW, Importer, agree, asked, at

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
        FetchRequest("PyPI", importer.state, Unread(), mirror=importer.mirror, spool=importer.spool, now=NOW)
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


def test_releases_of_a_covered_distribution_are_covered() -> None:
    source = OsvSource()

    assert [
        source.covers(each)
        for each in ("Debian:12", "Debian", "PyPI", "npm", "Alpine:v3.19", "Android:13", "Debianish", "")
    ] == [
        True,
        True,
        True,
        True,
        True,
        False,
        False,
        False,
    ]
