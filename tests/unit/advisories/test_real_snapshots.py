"""Real files of Debian's tracker, Alpine and Wolfi, one state after the other: every record is read."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from dogwatch.advisories import FeedReader
from dogwatch.matching import key_affected_ranges
from tests.requirements import requires_shared

pytestmark = requires_shared()

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TRACKER_PAIRS = [5_542, 7_967, 7_985, 10_660, 10_703, 10_715]  # as the data's own notes say
WOLFI_PAIRS = 31_811


def play(reader: FeedReader, source: str, ecosystem: str, state: dict[str, str]) -> tuple[int, int, dict[str, str]]:
    """Return how many records and ranges there are, and the state to go on with."""
    with reader.fetch(source, ecosystem, state, (), NOW) as changes:
        assert changes is not None
        records = list(changes.records)
        assert [(each.id, each.problem) for each in records if each.advisory is None] == []
        ranges = sum(len(key_affected_ranges(each.advisory)) for each in records if each.advisory is not None)
        return len(records), ranges, dict(changes.state)


def reader_of(mirror: Path, tmp_path: Path) -> FeedReader:
    (tmp_path / "spool").mkdir(exist_ok=True)
    return FeedReader(str(mirror), tmp_path / "spool")


def snapshots(path: Path) -> Iterator[bytes]:
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda one: one.name):
            if member.isfile():
                file = archive.extractfile(member)
                assert file is not None
                yield file.read()


def test_six_states_of_debians_tracker(real_data: Path, tmp_path: Path) -> None:
    (tmp_path / "mirror" / "debian-tracker").mkdir(parents=True)
    reader = reader_of(tmp_path / "mirror", tmp_path)
    state: dict[str, str] = {}
    pairs = []
    for content in snapshots(real_data / "debian-tracker" / "snapshots.tar.xz"):
        if content[:2] == b"\x1f\x8b":
            content = gzip.GzipFile(fileobj=io.BytesIO(content)).read()
        (tmp_path / "mirror" / "debian-tracker" / "json").write_bytes(content)
        records, _, state = play(reader, "debian-tracker", "Debian", state)
        pairs.append(records)
    assert pairs == TRACKER_PAIRS


def test_the_files_of_alpine_and_wolfi(real_data: Path, tmp_path: Path) -> None:
    shutil.copytree(real_data / "alpine-secdb", tmp_path / "mirror" / "alpine-secdb")
    shutil.copytree(real_data / "wolfi-secdb", tmp_path / "mirror" / "wolfi-secdb")
    reader = reader_of(tmp_path / "mirror", tmp_path)
    for release in ("v3.10", "v3.11"):
        records, ranges, _ = play(reader, "alpine-secdb", f"Alpine:{release}", {})
        assert 1_500 < records <= ranges
    assert play(reader, "wolfi-secdb", "Wolfi", {})[1] == WOLFI_PAIRS
