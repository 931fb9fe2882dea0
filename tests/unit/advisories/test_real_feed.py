"""Seven real days of the public export, played one after the other, by folder and by HTTP."""

from __future__ import annotations

import json
import tarfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.advisories import Changes, FeedMirror, FeedState, OsvSource, Unchanged
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.source import FetchRequest
from dogwatch.advisories.web_mirror import WebMirror
from dogwatch.model.feeds import ParsedRecord
from dogwatch.model.times import parse_rfc3339
from tests.requirements import requires_shared
from tests.simulators.buckets import FeedBucket
from tests.simulators.feeds import serve_feed

pytestmark = requires_shared()

ECOSYSTEMS = ("PyPI", "npm", "Debian")
BASE = {"PyPI": 7005, "npm": 177, "Debian": 15611}
NOW = datetime(2026, 7, 23, tzinfo=UTC)
SOURCE = OsvSource()


@dataclass(frozen=True, slots=True)
class Delta:
    """What one day changed, as the data's own notes say."""

    path: Path
    changed: dict[str, list[str]]


def deltas(data: Path) -> list[Delta]:
    days = []
    for path in sorted((data / "osv-daily").glob("*.tar.xz")):
        with tarfile.open(path) as tar:
            member = next(each for each in tar.getnames() if each.endswith("_delta.json"))
            file = tar.extractfile(member)
            assert file is not None
            notes = json.load(file)["ecosystems"]
        changed = {
            each: sorted(notes.get(each, {}).get("added", []) + notes.get(each, {}).get("changed", []))
            for each in ECOSYSTEMS
        }
        days.append(Delta(path, changed))
    return days


@dataclass(slots=True)
class Held:
    """What an import of one ecosystem holds."""

    state: FeedState | None
    records: dict[str, datetime]


def play(mirror: FeedMirror, spool: Path, ecosystem: str, held: Held) -> list[ParsedRecord]:
    result = SOURCE.fetch(
        FetchRequest(ecosystem, held.state, held.records.items(), mirror=mirror, spool=spool, now=NOW)
    )
    held.state = result.state
    if isinstance(result, Unchanged):
        return []
    assert isinstance(result, Changes)
    assert result.is_complete
    parsed = list(SOURCE.parse(result))
    assert [(each.id, each.problem) for each in parsed if each.advisory is None] == []
    held.records = {each: moment for each, moment in held.records.items() if each not in result.removed}
    held.records |= {each.id: each.modified_at for each in parsed}
    result.discard()
    return parsed


def listed(bucket: FeedBucket, ecosystem: str) -> dict[str, datetime]:
    return {record_id: parse_rfc3339(modified) for record_id, modified in bucket.listed(ecosystem).items()}


@pytest.fixture
def bucket(real_data: Path, tmp_path: Path) -> FeedBucket:
    (tmp_path / "spool").mkdir()
    return FeedBucket.copied(real_data / "osv", tmp_path / "bucket", ECOSYSTEMS)


def play_all(mirror: FeedMirror, spool: Path, held: dict[str, Held]) -> dict[str, list[str]]:
    return {
        ecosystem: sorted(each.id for each in play(mirror, spool, ecosystem, held[ecosystem]))
        for ecosystem in ECOSYSTEMS
    }


def test_after_each_day_a_folder_import_holds_exactly_the_days_bucket(
    real_data: Path, bucket: FeedBucket, tmp_path: Path
) -> None:
    mirror = FolderMirror(bucket.folder, "osv")
    held = {ecosystem: Held(None, {}) for ecosystem in ECOSYSTEMS}
    first = play_all(mirror, tmp_path / "spool", held)
    assert {ecosystem: len(ids) for ecosystem, ids in first.items()} == BASE

    for day in deltas(real_data):
        bucket.lay_over(day.path)
        assert play_all(mirror, tmp_path / "spool", held) == day.changed
        for ecosystem in ECOSYSTEMS:
            assert held[ecosystem].records == listed(bucket, ecosystem)


def test_after_each_day_an_http_import_holds_the_days_bucket_and_asked_only_for_changes(
    real_data: Path, bucket: FeedBucket, tmp_path: Path
) -> None:
    with serve_feed(bucket.folder) as server, closing(WebMirror(server.url, "osv")) as mirror:
        held = {ecosystem: Held(None, {}) for ecosystem in ECOSYSTEMS}
        play_all(mirror, tmp_path / "spool", held)
        server.take_requests()

        for day in deltas(real_data):
            bucket.lay_over(day.path)
            play_all(mirror, tmp_path / "spool", held)
            asked = sorted((request.path, request.status) for request in server.take_requests())

            assert asked == sorted(
                [(f"{each}/modified_id.csv", 200 if day.changed[each] else 304) for each in ECOSYSTEMS]
                + [(f"{each}/{record_id}.json", 200) for each in ECOSYSTEMS for record_id in day.changed[each]]
            )
            assert {each: held[each].records for each in ECOSYSTEMS} == {
                each: listed(bucket, each) for each in ECOSYSTEMS
            }


def test_a_known_record_of_each_ecosystem_is_read_as_it_stands(real_data: Path, tmp_path: Path) -> None:
    mirror = FolderMirror(real_data / "osv", "osv")
    wanted = {"PyPI": "PYSEC-2018-66", "npm": "GHSA-35jh-r3h4-6jhm", "Debian": "DEBIAN-CVE-2023-0286"}
    found = {}
    for ecosystem, record_id in wanted.items():
        parsed = play(mirror, tmp_path, ecosystem, Held(None, {}))
        advisory = next(each.advisory for each in parsed if each.id == record_id)
        assert advisory is not None
        affected = advisory.affected[0]
        events = [(event.kind.value, event.version) for event in affected.ranges[-1].events]
        found[record_id] = (affected.ecosystem, affected.name, events, (*advisory.aliases, *advisory.upstream)[:1])

    assert found["GHSA-35jh-r3h4-6jhm"] == (
        "npm",
        "lodash",
        [("introduced", "0"), ("fixed", "4.17.21")],
        ("CVE-2021-23337",),
    )
    assert found["DEBIAN-CVE-2023-0286"] == (
        "Debian:12",
        "openssl",
        [("introduced", "0"), ("fixed", "3.0.8-1")],
        ("CVE-2023-0286",),
    )
    assert found["PYSEC-2018-66"][:2] == ("PyPI", "flask")


@pytest.mark.parametrize("sample", ["Ubuntu", "Red Hat", "Rocky Linux", "Alpine", "AlmaLinux:9", "Go", "Maven"])
def test_records_of_other_publishers_are_read_too(real_data: Path, tmp_path: Path, sample: str) -> None:
    """Their quirks (nulls, severities without type, colons in ids) must not refuse a record."""
    assert play(FolderMirror(real_data / "osv", "osv"), tmp_path, sample, Held(None, {}))
