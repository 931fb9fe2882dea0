"""The tar reader: what it reads as other readers do, and what it refuses."""

from __future__ import annotations

import contextlib
import io
import tarfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.inventory.limits import Limits
from dogwatch.inventory.tar import Entry, TarFormatError, TarReader
from dogwatch.model.errors import LimitExceededError
from tests.builders.layers import (
    END,
    Member,
    directory,
    file,
    hard_link,
    pax_header,
    pax_record,
    raw_entry,
    symlink,
    tar_of,
)

SIZES = pytest.mark.parametrize("size", [1, 100, 512, 513, 10_000_000])
LIMITS = Limits(file_bytes=10_000, extended_header_bytes=4096, path_bytes=300, entries=100)


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def read(content: bytes, size: int = 4096) -> list[tuple[Entry, bytes | None]]:
    reader = TarReader(pieces(content, size), LIMITS, "it")
    return [(entry, reader.take(LIMITS.file_bytes)) for entry in reader]


def names(content: bytes) -> list[bytes]:
    return [entry.name for entry, _ in read(content)]


@SIZES
def test_the_first_bytes_can_be_looked_at_before_the_content_is_taken_opened_or_passed_over(size: int) -> None:
    content = tar_of(file("a", b"abc" * 300), file("b", b"xy"), file("c"), file("d", b"last"))
    reader = TarReader(pieces(content, size), LIMITS, "it")
    seen = []
    for entry in reader:
        before = reader.offset_bytes
        head = reader.peek(4)
        assert reader.offset_bytes == before
        assert content[before : before + len(head)] == head
        opened = reader.open(1000) if entry.name in (b"a", b"c") else None
        seen.append((entry.name, head, opened.read() if opened is not None else None, reader.open(1)))
    none = [one[3] for one in seen[1::2]]
    assert none == [None, None]
    assert [one[:3] for one in seen] == [
        (b"a", b"abca", b"abc" * 300),
        (b"b", b"xy", None),
        (b"c", b"", b""),
        (b"d", b"last", None),
    ]


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("size", [1, 100, 512, 513, 10_000_000])
def test_entries_of_all_formats_are_read_from_pieces_of_any_size(format: int, size: int) -> None:
    deep = "d" * 60 + "/" + "e" * 60 + "/" + "f" * 60
    content = tar_of(
        directory("a"), file("a/b", b"x" * 600), file(deep, b"y"), symlink("l", "a/b"), hard_link("h", deep[:90]),
        format=format,
    )  # fmt: skip
    assert read(content, size) == [
        (Entry(b"a/", "directory", 0, b"", False), b""),
        (Entry(b"a/b", "file", 600, b"", False), b"x" * 600),
        (Entry(deep.encode(), "file", 1, b"", False), b"y"),
        (Entry(b"l", "symlink", 0, b"a/b", False), b""),
        (Entry(b"h", "link", 0, deep[:90].encode(), False), b""),
    ]


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_targets_hold_for_one_entry(format: int) -> None:
    name, target = "n" * 250, "t" * 250
    content = tar_of(symlink(name, target), symlink("short", "target"), format=format)
    assert [(entry.name, entry.target) for entry, _ in read(content)] == [
        (name.encode(), target.encode()),
        (b"short", b"target"),
    ]


def test_content_that_nobody_takes_is_skipped() -> None:
    reader = TarReader(pieces(tar_of(file("a", b"x" * 5000), file("b")), 700), LIMITS, "it")
    assert [entry.name for entry in reader] == [b"a", b"b"]


def test_content_over_the_limit_is_not_taken_and_reading_goes_on() -> None:
    assert [(entry.name, content) for entry, content in read(tar_of(file("a", b"x" * 10_001), file("b", b"y")))] == [
        (b"a", None),
        (b"b", b"y"),
    ]


def test_a_pax_size_replaces_the_one_in_the_header() -> None:
    # The content holds what looks like an entry: a reader that believes the header would see it.
    hidden = raw_entry(b"hidden", b"")
    content = pax_header(size=b"512") + raw_entry(b"a", hidden, size=0) + raw_entry(b"b") + END
    assert names(content) == [b"a", b"b"]


def test_links_devices_and_directories_have_no_content_whatever_their_size_says() -> None:
    kinds = [b"1", b"2", b"3", b"4", b"5", b"6"]
    content = b"".join(raw_entry(b"a" + kind, kind=kind, size=512) for kind in kinds) + raw_entry(b"b") + END
    assert names(content) == [b"a" + kind for kind in kinds] + [b"b"]


def test_entries_of_unknown_type_have_content_to_skip() -> None:
    content = raw_entry(b"a", raw_entry(b"hidden"), kind=b"Z") + raw_entry(b"b") + END
    assert [(entry.name, entry.kind) for entry, _ in read(content)] == [(b"a", "other"), (b"b", "file")]


def test_base_256_sizes_are_read() -> None:
    size = b"\x80" + (3).to_bytes(11, "big")
    assert read(raw_entry(b"a", b"xyz", size=size) + END) == [(Entry(b"a", "file", 3, b"", False), b"xyz")]


def test_an_empty_size_is_none_and_other_pax_keywords_are_ignored() -> None:
    header = pax_header(mtime=b"1.5", uname=b"root", path=b"", size=b"")
    assert read(header + raw_entry(b"a", size=b" " * 12) + END) == [(Entry(b"a", "file", 0, b"", False), b"")]


def test_old_archives_mark_directories_by_a_slash_and_sum_signed_bytes() -> None:
    entry = bytearray(raw_entry(b"d\xc3\xa9/", kind=b"\0", magic=bytes(8)))
    signed = 256 + sum(byte - 256 if byte > 127 else byte for byte in entry[:148] + entry[156:])
    entry[148:156] = b"%06o\0 " % signed
    assert read(bytes(entry) + END) == [(Entry(b"d\xc3\xa9/", "directory", 0, b"", False), b"")]


def test_the_prefix_counts_for_ustar_only() -> None:
    content = raw_entry(b"name", prefix=b"some/where") + raw_entry(b"name", prefix=b"12345", magic=b"ustar  \0") + END
    assert names(content) == [b"some/where/name", b"name"]


def test_global_pax_headers_are_ignored() -> None:
    content = raw_entry(b"g", pax_record(b"path", b"other"), kind=b"g") + raw_entry(b"a") + END
    assert names(content) == [b"a"]


def test_old_sparse_files_are_marked_and_their_maps_skipped() -> None:
    header = bytearray(raw_entry(b"sparse", kind=b"S", size=512, magic=b"ustar  \0"))
    header[482] = 1
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    first, second = bytearray(512), bytearray(512)
    first[504] = 1
    content = bytes(header) + bytes(first) + bytes(second) + b"x" * 512 + raw_entry(b"b") + END
    assert read(content) == [
        (Entry(b"sparse", "file", 512, b"", True), b"x" * 512),
        (Entry(b"b", "file", 0, b"", False), b""),
    ]


def test_pax_sparse_files_are_marked_and_called_by_their_real_name() -> None:
    records = pax_record(b"GNU.sparse.major", b"1") + pax_record(b"GNU.sparse.name", b"real")
    content = raw_entry(b"x", records, kind=b"x") + raw_entry(b"GNUSparseFile.0/real", b"map") + END
    assert read(content) == [(Entry(b"real", "file", 3, b"", True), b"map")]


def test_an_archive_without_end_mark_is_read_to_its_end() -> None:
    assert names(raw_entry(b"a") + raw_entry(b"b", b"x")) == [b"a", b"b"]
    assert names(b"") == []
    assert names(raw_entry(b"a") + bytes(512)) == [b"a"]


def test_nothing_behind_the_end_mark_is_read() -> None:
    assert names(raw_entry(b"a") + END + raw_entry(b"b")) == [b"a"]


@pytest.mark.parametrize(
    "content",
    [
        raw_entry(b"a")[:-1],
        raw_entry(b"a", b"x" * 600)[:-1],
        raw_entry(b"a", b"", size=1),
        raw_entry(b"a") + bytes(512) + raw_entry(b"b") + END,
        raw_entry(b"a", size=b"99999999999\0"),
        raw_entry(b"a", size=b"-0000000001\0"),
        raw_entry(b"a", size=b"\xff" * 12),
        raw_entry(b"a", size=b"\x80" + b"\x7f" * 11),
        raw_entry(b"a").replace(b"a", b"b", 1),
        raw_entry(b"a")[:148] + bytes(8) + raw_entry(b"a")[156:],
        b"\x01" * 512,
        b"<html>" * 100,
        raw_entry(b"x", b"no length", kind=b"x"),
        raw_entry(b"x", b"999 path=a\n", kind=b"x"),
        raw_entry(b"x", b"8 path\n\n", kind=b"x"),
        raw_entry(b"x", b"0 path=a\n", kind=b"x"),
        raw_entry(b"x", b"-9 path=a\n", kind=b"x"),
        raw_entry(b"x", pax_record(b"path", b"a\0b"), kind=b"x"),
        raw_entry(b"x", pax_record(b"", b"a"), kind=b"x"),
        pax_header(size=b"-1") + raw_entry(b"a"),
        pax_header(size=b"1e3") + raw_entry(b"a"),
        pax_header(size=b"9" * 30) + raw_entry(b"a"),
    ],
)
def test_damaged_archives_are_refused(content: bytes) -> None:
    with pytest.raises(TarFormatError):
        read(content)


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (raw_entry(b"x", b"", kind=b"x", size=4097), "extended_header_bytes"),
        (raw_entry(b"x", b"", kind=b"g", size=1 << 30), "extended_header_bytes"),
        (raw_entry(b"x", b"", kind=b"L", size=b"\x80" + (1 << 60).to_bytes(11, "big")), "extended_header_bytes"),
        (pax_header(path=b"p" * 301) + raw_entry(b"a"), "path_bytes"),
        (pax_header(linkpath=b"p" * 301) + raw_entry(b"a", kind=b"2"), "path_bytes"),
        (raw_entry(b"a") * 101, "entries"),
        (pax_header(path=b"a") * 101, "entries"),
    ],
)
def test_each_limit_is_named_when_it_is_reached(content: bytes, limit: str) -> None:
    with pytest.raises(LimitExceededError) as caught:
        read(content + END)
    assert caught.value.fields["limit"] == limit


def test_a_sparse_map_without_end_reaches_a_limit() -> None:
    header = bytearray(raw_entry(b"s", kind=b"S"))
    header[482] = 1
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    with pytest.raises(LimitExceededError) as caught:
        read(bytes(header) + b"\x01" * 512 * 100)
    assert caught.value.fields["limit"] == "extended_header_bytes"


paths = st.text(st.sampled_from("abc/.é "), min_size=1, max_size=150).filter(lambda text: not text.endswith("/"))
members = st.lists(st.builds(file, paths, st.binary(max_size=1500)), max_size=6)


@given(members, st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]), st.integers(1, 2000))
def test_names_and_contents_are_those_that_the_standard_library_reads(
    entries: list[Member], format: int, size: int
) -> None:
    content = tar_of(*entries, format=format)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        expected = [(info.name, (archive.extractfile(info) or io.BytesIO()).read()) for info in archive]
    assert [(entry.name.decode(), data) for entry, data in read(content, size)] == expected


@given(st.binary(max_size=3000))
def test_any_bytes_give_entries_or_a_refusal(content: bytes) -> None:
    with contextlib.suppress(TarFormatError, LimitExceededError):
        read(content)


@given(st.integers(0, 511), st.binary(min_size=1, max_size=8))
def test_any_change_of_a_header_gives_entries_or_a_refusal(at: int, change: bytes) -> None:
    header = bytearray(raw_entry(b"a", b"x" * 100))
    header[at : at + len(change)] = change
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    with contextlib.suppress(TarFormatError, LimitExceededError):
        read(bytes(header) + END)
