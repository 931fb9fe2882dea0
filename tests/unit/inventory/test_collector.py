"""What is noted of one layer's entries."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

from dogwatch.inventory.collector import EvidenceCollector
from dogwatch.inventory.evidence import Extraction, FileEvidence, LayerEvidence, Link
from dogwatch.inventory.limits import DEFAULT_LIMITS, Limits
from dogwatch.inventory.tar import TarReader
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package
from tests.builders.layers import (
    END,
    device,
    directory,
    dpkg_status,
    file,
    hard_link,
    opaque,
    package_json,
    pax_header,
    pax_record,
    python_metadata,
    raw_entry,
    read_members,
    read_tar,
    stanza,
    symlink,
    whiteout,
)

STATUS = "var/lib/dpkg/status"
METADATA = "opt/site/x-1.dist-info/METADATA"


def npm(path: str, name: str = "a", version: str = "1.0.0") -> FileEvidence:
    return FileEvidence(path, "npm-package", Extraction(packages=(Package("npm", name, version),)))


def only_gap(path: str, extractor: str, kind: GapKind, detail: str) -> LayerEvidence:
    return LayerEvidence(files=(FileEvidence(path, extractor, Extraction(gaps=(Gap(kind, path, detail),))),))


def test_whiteouts_and_opaque_directories_are_noted() -> None:
    evidence = read_members(
        whiteout("a/b"), whiteout("c"), opaque("d/e"), opaque(""), file("x/.wh..wh.plnk/1"), file("y/.wh..wh.aufs"),
        file(".wh."), file(".wh..."),
    )  # fmt: skip
    assert evidence == LayerEvidence(whiteouts=("a/b", "c"), opaque=("", "d/e"), others=("x/.wh..wh.plnk/1",))


def test_of_files_nobody_wants_only_those_are_noted_that_might_replace_a_directory() -> None:
    evidence = read_members(
        file("usr/bin/tool"), file("usr/lib/libx.so.1.2"), file("app/main.py"), symlink("app/link.py", "main.py"),
        symlink("lib", "usr/lib"), symlink("usr/lib/liby.so.1", "liby.so.1.2"), file("node_modules/chart.js"),
        file("node_modules/chart.js/index.js"), device("dev/null"), hard_link("usr/bin/same", "usr/bin/tool"),
    )  # fmt: skip
    assert evidence == LayerEvidence(
        symlinks=(Link("lib", "usr/lib"),),
        others=("dev/null", "node_modules/chart.js", "usr/bin/same", "usr/bin/tool"),
        left_out=("js", "py", "so"),
    )


def test_a_name_that_is_only_an_ending_may_be_a_directory() -> None:
    assert read_members(file("x/y/z/map"), file("x/y/z/.py"), file("x/y/z/a.map")).others == ("x/y/z/.py", "x/y/z/map")


def test_directories_are_noted_near_the_root_and_above_wanted_files() -> None:
    evidence = read_members(
        directory("lib"), directory("a/b"), directory("a/b/c"), directory("a/b/d"), file("a/b/d/x.egg-info", ""),
        directory("e/f/g/y.dist-info"),
    )  # fmt: skip
    assert evidence.directories == ("a/b", "a/b/d", "e/f/g/y.dist-info", "lib")


def test_the_last_entry_for_a_path_counts() -> None:
    path = "node_modules/a/package.json"
    first, second = file(path, package_json("a", "1.0.0")), file(path, package_json("a", "2.0.0"))
    assert read_members(first, second) == LayerEvidence(files=(npm(path, "a", "2.0.0"),))
    assert read_members(first, symlink(path, "x")) == LayerEvidence(symlinks=(Link(path, "x"),))
    assert read_members(symlink(path, "x"), first) == LayerEvidence(files=(npm(path),))
    assert read_members(first, directory(path)) == LayerEvidence(directories=(path,))
    assert read_members(directory(path), first) == LayerEvidence(files=(npm(path),))


def test_a_file_in_place_of_a_directory_removes_what_stood_in_it() -> None:
    inside = file("app/node_modules/a/package.json", package_json("a", "1.0.0"))
    assert read_members(inside, symlink("app/x", "y"), file("app")) == LayerEvidence(others=("app",))
    assert read_members(inside, symlink("app", "/srv")) == LayerEvidence(symlinks=(Link("app", "/srv"),))


def test_a_hard_link_has_the_content_of_its_moment() -> None:
    store, path = "s/node_modules/a/package.json", "t/node_modules/a/package.json"
    one, two = file(store, package_json("a", "1.0.0")), file(store, package_json("a", "2.0.0"))
    assert read_members(one, hard_link(path, store)).files == (npm(store), npm(path))
    assert read_members(one, hard_link(path, "./" + store), two).files == (npm(store, "a", "2.0.0"), npm(path))
    assert read_members(hard_link(path, store), one).files == (npm(store), npm(path))


def test_a_hard_link_to_another_layer_or_an_unwanted_file_is_kept_for_the_overlay() -> None:
    path = "t/node_modules/a/package.json"
    assert read_members(hard_link(path, "store/1")) == LayerEvidence(hard_links=(Link(path, "store/1"),))
    mixed = read_members(file(METADATA, python_metadata("x", "1")), hard_link(path, METADATA))
    assert mixed.hard_links == (Link(path, METADATA),)


def test_gaps_of_a_hard_linked_file_name_the_link() -> None:
    store, path = "s/node_modules/a/package.json", "t/node_modules/a/package.json"
    evidence = read_members(file(store, "{"), hard_link(path, store))
    assert [gap.path for each in evidence.files for gap in each.found.gaps] == [store, path]


def test_a_hard_link_that_climbs_is_a_gap() -> None:
    path = "node_modules/a/package.json"
    evidence = read_members(hard_link(path, "../../etc/shadow"))
    assert evidence == LayerEvidence(
        others=(path,), gaps=(Gap(GapKind.LINK_NOT_FOLLOWED, path, "a hard link to ../../etc/shadow"),)
    )


def test_absolute_and_dotted_names_are_read_as_relative_ones() -> None:
    content = package_json("a", "1.0.0").encode()
    for name in (
        b"/node_modules/a/package.json",
        b"./node_modules/a/package.json",
        b".//node_modules/./a/package.json",
    ):
        assert read_tar(raw_entry(name, content) + END).files == (npm("node_modules/a/package.json"),)


def test_names_that_climb_or_are_no_text_are_gaps_where_they_could_matter() -> None:
    content = package_json("a", "1.0.0").encode()
    names = [
        b"../node_modules/a/package.json",
        b"x/../node_modules/b/package.json",
        b"x\xff/node_modules/c/package.json",
        b"../.wh.x",
        b"../etc/passwd",
        b"x\xff/y",
    ]
    tar = b"".join(raw_entry(name, content) for name in names) + raw_entry(b"n\xff", kind=b"2", target=b"x") + END
    detail = "not a path below the root, or not text"
    assert read_tar(tar) == LayerEvidence(
        gaps=tuple(
            Gap(GapKind.PATH_UNSAFE, path, detail)
            for path in [
                ".wh.x",
                "node_modules/a/package.json",
                "node_modules/b/package.json",
                "x\\xff/node_modules/c/package.json",
            ]
        )
    )


def test_a_wanted_device_or_sparse_file_is_a_gap() -> None:
    detail = "dpkg-status: a device, pipe or entry of unknown type"
    assert read_members(device(STATUS)) == only_gap(STATUS, "dpkg-status", GapKind.FILE_UNREADABLE, detail)
    records = pax_record(b"GNU.sparse.major", b"1") + pax_record(b"GNU.sparse.name", STATUS.encode())
    sparse = raw_entry(b"x", records, kind=b"x") + raw_entry(b"GNUSparseFile.0/status", b"map") + END
    assert read_tar(sparse) == only_gap(STATUS, "dpkg-status", GapKind.FILE_UNREADABLE, "dpkg-status: a sparse file")


def test_a_wanted_file_over_the_limit_is_a_gap_and_the_rest_is_read() -> None:
    other = "node_modules/a/package.json"
    evidence = read_members(
        file(METADATA, python_metadata("x", "1") + "x" * 2000), file(other, package_json("a", "1.0.0")),
        limits=Limits(file_bytes=1000),
    )  # fmt: skip
    size = len(python_metadata("x", "1")) + 2000
    gap = Gap(GapKind.FILE_TOO_LARGE, METADATA, f"python-metadata: {size} bytes, the limit file_bytes is 1000")
    assert evidence.files == (
        npm(other),
        FileEvidence(METADATA, "python-metadata", Extraction(gaps=(gap,))),
    )


def test_a_database_whose_bytes_nobody_reads_may_have_any_size() -> None:
    path = "var/lib/portage/world"
    evidence = read_members(file(path, bytes(5000)), limits=Limits(file_bytes=1000))
    detail = "portage database: not read by this version"
    assert evidence == only_gap(path, "unread-database", GapKind.PACKAGE_DATABASE_UNREAD, detail)


def test_a_file_that_its_extractor_refuses_is_a_gap() -> None:
    path = "node_modules/a/package.json"
    evidence = read_members(file(path, "{"))
    assert [(gap.kind, gap.path) for gap in evidence.files[0].found.gaps] == [(GapKind.FILE_UNREADABLE, path)]
    assert evidence.files[0].found.gaps[0].detail.startswith("npm-package: cannot read node_modules/a/package.json:")


def test_more_wanted_files_than_allowed_are_a_gap() -> None:
    members = [file(f"node_modules/p{number}/package.json", package_json("a", "1.0.0")) for number in range(5)]
    evidence = read_members(*members, limits=Limits(wanted_files=3))
    assert [each.path for each in evidence.files] == [f"node_modules/p{number}/package.json" for number in range(3)]
    assert evidence.others == ("node_modules/p3/package.json", "node_modules/p4/package.json")
    assert evidence.gaps == (Gap(GapKind.TOO_MANY_FILES, "", "over the limit wanted_files of 3 files in one layer"),)


def test_what_is_kept_of_a_layer_is_bounded() -> None:
    limits = Limits(kept_bytes=3000)
    gap = Gap(GapKind.TOO_MANY_FILES, "", "over the limit kept_bytes of 3000 bytes in one layer")
    for kind in (file, directory, whiteout, lambda path: symlink(path, "x"), lambda path: opaque(path)):
        evidence = read_members(*(kind(f"d/{number}") for number in range(100)), limits=limits)
        kept = (*evidence.others, *evidence.directories, *evidence.whiteouts, *evidence.symlinks, *evidence.opaque)
        assert len(kept) in (13, 14)
        assert evidence.gaps == (gap,)
    many = dpkg_status(*(stanza(f"p{number}") for number in range(100)))
    assert read_members(file(STATUS, many), limits=limits) == LayerEvidence(others=(STATUS,), gaps=(gap,))


def test_any_number_of_entries_takes_bounded_memory() -> None:
    def chunks() -> Iterator[bytes]:
        for number in range(20_000):
            yield raw_entry(b"d/%d" % number)
        yield END

    limits = Limits(kept_bytes=1 << 19)
    collector = EvidenceCollector(limits)
    reader = TarReader(chunks(), limits, "it")
    tracemalloc.start()
    for entry in reader:
        collector.visit(entry, reader)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(collector.evidence().others) < 3000
    assert peak_bytes < 2 << 20


def test_a_few_deep_links_take_no_more_memory_than_many_flat_ones() -> None:
    limits = Limits(kept_bytes=1 << 20)
    tar = b"".join(
        pax_header(path=b"%d/" % number + b"a/" * 2000 + b"x", linkpath=b"y") + raw_entry(b"short", kind=b"2")
        for number in range(100)
    )
    collector = EvidenceCollector(limits)
    reader = TarReader(iter([tar, END]), limits, "it")
    tracemalloc.start()
    for entry in reader:
        collector.visit(entry, reader)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(collector.evidence().symlinks) == 1
    assert [gap.kind for gap in collector.evidence().gaps] == [GapKind.TOO_MANY_FILES]
    assert peak_bytes < 8 << 20  # the one link and the directories above it, before the limit shows


def test_a_directory_that_is_replaced_again_and_again_is_gone_through_once() -> None:
    # Were all records gone through each time, these would be four hundred million.
    others = b"".join(raw_entry(b"o/%d" % number) for number in range(20_000))
    again = (raw_entry(b"d/x", kind=b"2", target=b"y") + raw_entry(b"d")) * 10
    blocks = [others, *[again] * 2_000, END]
    collector = EvidenceCollector(DEFAULT_LIMITS)
    reader = TarReader(iter(blocks), DEFAULT_LIMITS, "it")
    for entry in reader:
        collector.visit(entry, reader)
    evidence = collector.evidence()
    assert (evidence.symlinks, "d" in evidence.others) == ((), True)


def test_a_pax_header_for_a_wanted_name_is_read() -> None:
    path = "long/" * 40 + "node_modules/a/package.json"
    tar = pax_header(path=path.encode()) + raw_entry(b"short", package_json("a", "1.0.0").encode()) + END
    assert read_tar(tar).files == (npm(path),)
