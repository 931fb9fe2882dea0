"""Archives of feeds: real ones are read, and nothing a hostile one claims is believed."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.advisories.archive import Archive
from dogwatch.advisories.documents import SelectedDocuments, select_documents
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.listing import to_ticks
from dogwatch.advisories.source import RawDocument
from dogwatch.model.errors import DogwatchError, LimitExceededError, MalformedSnapshotError
from dogwatch.model.times import parse_rfc3339
from tests.builders.advisories import encode_record, osv_record

MODIFIED = "2026-07-01T00:00:00Z"
TICKS = to_ticks(parse_rfc3339(MODIFIED))
A, B = encode_record(osv_record("A-1")), encode_record(osv_record("B-2"))


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return file.getvalue()


GOOD = zipped(("A-1.json", A), ("B-2.json", B))


def selected(
    folder: Path, content: bytes, *ids: str, listed: int = TICKS, limits: FeedLimits = FEED_LIMITS
) -> tuple[SelectedDocuments, list[str]]:
    """Return what was selected, and the ids that are left wanted."""
    path = folder / "all.zip"
    path.write_bytes(content)
    wanted = dict.fromkeys(ids or ("A-1", "B-2"), listed)
    return select_documents(path, "osv PyPI", wanted, limits), list(wanted)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_wanted_records_are_read_in_the_order_of_the_archive_and_as_often_as_asked(tmp_path: Path, method: int) -> None:
    result, left = selected(tmp_path, zipped(("B-2.json", B), ("C-3.json", b"{"), ("A-1.json", A), method=method))
    expected = [RawDocument("B-2", parse_rfc3339(MODIFIED), B), RawDocument("A-1", parse_rfc3339(MODIFIED), A)]

    assert (list(result.documents), list(result.documents)) == (expected, expected)
    assert (len(result.documents), result.refused, left) == (2, (), [])


def test_an_archive_with_zip64_records_is_read(tmp_path: Path) -> None:
    """As archives of more than 65,535 records have them."""
    at = GOOD.index(b"PK\x05\x06")
    _, _, _, _, entries, size, offset, _ = struct.unpack("<4s4H2LH", GOOD[at:])
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)

    result, _ = selected(tmp_path, GOOD[:at] + end64 + locator + end)

    assert [raw.id for raw in result.documents] == ["A-1", "B-2"]


def test_records_that_are_missing_or_older_than_listed_are_left(tmp_path: Path) -> None:
    old, left = selected(tmp_path, GOOD, "A-1", "C-3", listed=TICKS + 1)

    assert (len(old.documents), left) == (0, ["A-1", "C-3"])


@pytest.mark.parametrize(
    "name", ["../A-1.json", "/A-1.json", "x/A-1.json", "A-1.json/", "A-1", "A-1.JSON", "..\\A-1.json"]
)
def test_entries_with_other_names_than_an_id_are_never_read(tmp_path: Path, name: str) -> None:
    result, left = selected(tmp_path, zipped((name, A)), "A-1", name.removesuffix(".json"), "")

    assert (len(result.documents), result.refused) == (0, ())
    assert "A-1" in left


def test_a_record_over_the_limit_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    large = encode_record(osv_record("A-1", summary="s" * 1_000))

    result, left = selected(
        tmp_path, zipped(("A-1.json", large), ("B-2.json", B)), limits=replace(FEED_LIMITS, max_record_bytes=1_000)
    )

    assert [raw.id for raw in result.documents] == ["B-2"]
    assert [(each.id, each.reason) for each in result.refused] == [
        ("A-1", "over the limit max_record_bytes of 1000 bytes")
    ]
    assert left == []


def patched(content: bytes, record: bytes, offset: int, value: bytes) -> bytes:
    """Overwrite a field of the first directory record (PK 01 02), local header (03 04) or end record (05 06)."""
    at = content.index(b"PK" + record) + offset
    return content[:at] + value + content[at + len(value) :]


def bomb(size_bytes: int) -> bytes:
    return zipped(("A-1.json", b" " * size_bytes))


MALFORMED: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "no end record"),
    ("a web page", b"<html>" * 100, "no end record"),
    ("cut off", GOOD[:-30], "no end record"),
    ("its beginning lost", GOOD[40:], "not where"),
    ("something before it", b"#!/bin/sh\n" + GOOD, "not where"),
    ("something behind it", GOOD + b"x", "contradicts"),
    ("more entries than there are", patched(GOOD, b"\x05\x06", 8, b"\x03\x00\x03\x00"), "shorter than its entries"),
    ("fewer entries than there are", patched(GOOD, b"\x05\x06", 8, b"\x01\x00\x01\x00"), "longer than its entries"),
    ("several disks", patched(GOOD, b"\x05\x06", 4, b"\x01\x00"), "contradicts"),
    ("zip64 without its records", patched(GOOD, b"\x05\x06", 8, b"\xff\xff\xff\xff"), "zip64"),
    ("a damaged directory", patched(GOOD, b"\x01\x02", 0, b"XX"), "damaged"),
    ("an entry outside", patched(GOOD, b"\x01\x02", 42, b"\xff\xff\xff\x7f"), "outside"),
    ("a larger size than true", patched(GOOD, b"\x01\x02", 24, struct.pack("<L", len(A) + 1)), "size or checksum"),
    ("a smaller size than true", patched(GOOD, b"\x01\x02", 24, struct.pack("<L", len(A) - 9)), "packed size"),
    ("a size of nothing", patched(GOOD, b"\x01\x02", 24, struct.pack("<L", 0)), "packed size"),
    ("a smaller packed size", patched(GOOD, b"\x01\x02", 20, struct.pack("<L", 20)), "packed size"),
    ("a wrong checksum", patched(GOOD, b"\x01\x02", 16, b"\0\0\0\0"), "checksum"),
    ("an unknown method", patched(GOOD, b"\x01\x02", 10, b"\x0e\x00"), "unknown way"),
    ("an encrypted entry", patched(GOOD, b"\x01\x02", 8, b"\x01\x00"), "encrypted"),
    ("another name at the data", patched(GOOD, b"\x03\x04", 30, b"Z"), "disagree"),
    ("no header at the data", patched(GOOD, b"\x03\x04", 0, b"XX"), "disagree"),
    ("damaged data", patched(GOOD, b"\x03\x04", 60, b"\xff" * 40), "A-1"),
    ("entries that overlap", patched(GOOD, b"\x01\x02", 20, struct.pack("<L", len(GOOD) - 300)), "overlap|outside"),
]


@pytest.mark.parametrize(("content", "reason"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED])
def test_a_damaged_archive_is_refused_whole(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(MalformedSnapshotError, match=reason):
        selected(tmp_path, content)


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = zipped(("A-1.json", A), ("A-1.json", B))

    with pytest.raises(MalformedSnapshotError, match="occurs twice"):
        selected(tmp_path, twice)


@pytest.mark.parametrize(
    ("content", "limits", "limit"),
    [
        (GOOD, replace(FEED_LIMITS, max_archive_entries=1), "max_archive_entries"),
        (GOOD, replace(FEED_LIMITS, max_inflated_bytes=100), "max_inflated_bytes"),
        (bomb(3 * 1024 * 1024), FEED_LIMITS, "max_inflation_ratio"),
    ],
)
def test_an_archive_over_a_limit_is_refused_by_the_limits_name(
    tmp_path: Path, content: bytes, limits: FeedLimits, limit: str
) -> None:
    with pytest.raises(LimitExceededError) as refused:
        selected(tmp_path, content, limits=limits)

    assert refused.value.fields["limit"] == limit


def test_an_archive_that_is_mostly_refused_is_refused_whole(tmp_path: Path) -> None:
    limits = replace(FEED_LIMITS, max_record_bytes=10, max_refused_records=1)

    with pytest.raises(MalformedSnapshotError, match="more than 1 records"):
        selected(tmp_path, GOOD, limits=limits)


@given(st.binary(max_size=300), st.integers(0, len(GOOD)), st.binary(max_size=8))
def test_any_damage_gives_documents_or_an_error_of_the_tree(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int, patch: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for content in (noise, GOOD[:at] + patch + GOOD[at + len(patch) :], GOOD[:at] + patch + GOOD[at:]):
        try:
            for raw in selected(folder, content)[0].documents:
                assert zlib.crc32(raw.content) in (zlib.crc32(A), zlib.crc32(B))
        except DogwatchError:
            continue


def test_the_directory_is_walked_as_the_standard_library_reads_it(real_data: Path) -> None:
    path = real_data / "osv" / "npm" / "all.zip"
    with zipfile.ZipFile(path) as reference, open(path, "rb") as file:
        archive = Archive(file, "osv npm", FEED_LIMITS)
        ours = {entry.name: archive.inflate(entry) for entry in archive.entries()}

        assert ours == {name: reference.read(name) for name in reference.namelist()}
