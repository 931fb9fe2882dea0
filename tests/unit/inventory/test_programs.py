"""Programs: what Go and Rust built into them, and which files are looked into."""

from __future__ import annotations

import io
import struct
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.inventory.build import build_inventory
from dogwatch.inventory.catalogue import PROGRAM_READERS
from dogwatch.inventory.evidence import Extraction, FileEvidence, LayerEvidence
from dogwatch.inventory.limits import DEFAULT_LIMITS, SPOOLED_FROM_BYTES, Limits
from dogwatch.inventory.programs.reading import read_open_program
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import Platform
from dogwatch.model.packages import Package, PackageSet
from tests.builders.layers import dpkg_status, file, hard_link, layer_of, os_release, read_members, stanza, tar_of
from tests.builders.programs import (
    LARGE_ENOUGH,
    build_elf,
    build_mach_o,
    build_pe,
    build_universal,
    go_build_info,
    old_go_data,
    rust_audit,
)

PATH = "usr/local/bin/tool"
LINES = ("path\texample.org/tool/cmd", "mod\texample.org/tool\tv1.2.3\t", "dep\tgolang.org/x/text\tv0.3.0\th1:x")
GO = Extraction(
    packages=(
        Package("Go", "example.org/tool", "v1.2.3"),
        Package("Go", "golang.org/x/text", "v0.3.0"),
        Package("Go", "stdlib", "1.22.3"),
    )
)
INFO = go_build_info("go1.22.3", *LINES)
TOOL = build_elf([(".text", b"code"), (".go.buildinfo", INFO)], behind=LARGE_ENOUGH)

_PLAIN_ELF = build_elf([], b"code")
PACKED_ELF = _PLAIN_ELF[:120] + struct.pack("<I4s", 0, b"UPX!") + _PLAIN_ELF[128:]


def read(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Extraction:
    return read_open_program(PATH, PROGRAM_READERS, io.BytesIO(content), limits)


def gap(kind: GapKind, detail: str) -> Extraction:
    return Extraction(gaps=(Gap(kind, PATH, detail),))


@pytest.mark.parametrize(
    "content",
    [
        TOOL,
        build_elf([(".go.buildinfo", INFO)], bits=32),
        build_elf([(".go.buildinfo", INFO)], mark=">"),
        build_elf([], INFO),
        build_elf([(".data", b"")], bytes(300_007) + INFO + bytes(-(300_007 + len(INFO)) % 16) + INFO),
        build_pe(".data", INFO),
        build_mach_o("__go_buildinfo", INFO),
        build_mach_o("__data", bytes(32) + INFO),
        build_universal(build_mach_o("__go_buildinfo", INFO), build_mach_o("__data", bytes(32))),
        build_universal(build_mach_o("__data", bytes(32) + INFO)),
        build_elf([], old_go_data("go1.22.3", *LINES)),
        build_elf([], old_go_data("go1.22.3", *LINES, bits=32), bits=32),
        build_elf([], old_go_data("go1.22.3", *LINES, mark=">"), mark=">"),
    ],
    ids=["section", "32 bits", "big-endian", "no table of sections", "far behind the data's start", "PE", "Mach-O",
         "Mach-O without the section", "universal", "universal without the section", "old",
         "old, 32 bits", "old, big-endian"],
)  # fmt: skip
def test_go_programs_of_every_form_tell_toolchain_and_modules(content: bytes) -> None:
    assert read(content) == GO


def test_classes_of_java_and_universal_files_of_nothing_say_nothing() -> None:
    whole = build_universal(build_mach_o("__go_buildinfo", INFO))
    java = whole[:4] + (65).to_bytes(4, "big") + whole[8:]
    for content in (
        java,
        whole[:20],
        whole[:40],
        whole[:28] + bytes(200),
        build_universal(),
        build_universal(b"\x7fELF"),
    ):
        assert read(content) == Extraction()


def test_a_module_that_another_replaced_is_the_other_one_and_a_folder_is_a_gap() -> None:
    lines = (
        "mod\ta.example/main\t(devel)\t",
        "dep\tb.example/old\tv1.0.0", "=>\tc.example/fork\tv1.0.1\th1:x",
        "dep\td.example/near\tv0.0.0", "=>\t./near\t(devel)\t",
        "dep\te.example/nearer\tv0.0.0", "=>\t../nearer\t",
        "build\tGOOS=linux", "dep\tf.example/nothing",
    )  # fmt: skip
    assert read(build_elf([(".go.buildinfo", go_build_info("go1.21rc2 X:boringcrypto", *lines))])) == Extraction(
        packages=(
            Package("Go", "a.example/main", "(devel)"),
            Package("Go", "c.example/fork", "v1.0.1"),
            Package("Go", "stdlib", "1.21.0-rc.2"),
        ),
        gaps=(
            Gap(GapKind.PACKAGE_INCOMPLETE, PATH, "1 Go modules without a usable name and version"),
            Gap(
                GapKind.PACKAGE_INCOMPLETE,
                PATH,
                "2 Go modules replaced by folders, of no version that is told: d.example/near and others",
            ),
        ),
    )


def test_a_go_program_that_was_built_without_modules_is_a_gap_and_go_s_own_are_not() -> None:
    lines = ("path\tgithub.example/docker/cli/cmd/docker", "build\tGOOS=linux")
    toolchain = (Package("Go", "stdlib", "1.19.8"),)
    detail = "built without modules: neither github.example/docker/cli/cmd/docker nor what it uses tells a version"
    content = build_elf([(".go.buildinfo", go_build_info("go1.19.8", *lines))])
    assert read(content) == Extraction(toolchain, (Gap(GapKind.PACKAGE_INCOMPLETE, PATH, detail),))
    own = build_elf([(".go.buildinfo", go_build_info("go1.19.8", "path\tcmd/go", "build\tGOOS=linux"))])
    assert read(own) == Extraction(toolchain)


@pytest.mark.parametrize(
    ("module", "version", "flags", "expected"),
    [
        ("a.example/b", "(devel)", "-w -s -X main.version=1.18.1 -X main.gitCommit=5e16e50", "v1.18.1"),
        ("a.example/b", "(devel)", "-X 'a.example/b/internal/build.Version=v1.2.3-rc.1'", "v1.2.3-rc.1"),
        ("a.example/b", "(devel)", r"-X=\"main.GitVersion=0.9.0+x\"", "v0.9.0+x"),
        ("a.example/b/v3", "v0.0.0-20250101000000-5e16e5031a13+dirty", "-X main.Version=3.0.1", "v3.0.1"),
        ("a.example/b", "(devel)", "-X github.com/prometheus/common/version.Version=0.27.0", "v0.27.0"),
        ("a.example/b", "v1.0.0", "-X main.version=1.18.1", "v1.0.0"),
        ("a.example/b", "(devel)", "-X main.version=1.1.0 -X main.Version=1.2.0", "(devel)"),
        ("a.example/b", "(devel)", "-X c.example/d/version.Version=1.18.1", "(devel)"),
        ("a.example/b", "(devel)", "-X a.example/bc.Version=1.18.1", "(devel)"),
        ("a.example/b", "(devel)", "-X main.version=10.2.3", "(devel)"),
        ("a.example/b/v2", "(devel)", "-X main.version=1.2.3", "(devel)"),
        ("a.example/b", "(devel)", "-X main.version=nightly -X main.goVersion=1.22.3", "(devel)"),
    ],
)
def test_a_main_module_that_go_knows_no_version_of_has_the_one_given_to_the_linker(
    module: str, version: str, flags: str, expected: str
) -> None:
    lines = (f"mod\t{module}\t{version}\t", "build\tGOOS=linux", f'build\t-ldflags="{flags}"', "build\tvcs=git")
    found = read(build_elf([(".go.buildinfo", go_build_info("go1.22.3", *lines))]))
    assert found.packages == (Package("Go", module, expected), Package("Go", "stdlib", "1.22.3"))


def test_a_go_program_whose_texts_are_not_there_is_a_gap() -> None:
    unreadable = f"go-build: cannot read {PATH}: Go build information"
    for content in (INFO[:32], INFO[:32] + b"\xff" * 9 + b"\1", old_go_data("", "x")):
        expected = gap(GapKind.FILE_UNREADABLE, f"{unreadable} without the toolchain's version")
        assert read(build_elf([], content)) == expected
    odd = INFO[:14] + b"\x05\0" + bytes(16)
    assert read(build_elf([], odd)) == gap(GapKind.FILE_UNREADABLE, f"{unreadable} of an unknown form")


@pytest.mark.parametrize("content", [PACKED_ELF, build_pe("UPX0", b"code")], ids=["ELF", "PE"])
def test_a_packed_program_is_a_gap(content: bytes) -> None:
    detail = f"packed-program: cannot read {PATH}: a program packed by UPX; what was built into it is not seen"
    assert read(content) == gap(GapKind.FILE_UNREADABLE, detail)
    assert read(content.replace(b"UPX", b"abc")) == Extraction()


def test_rust_programs_tell_the_crates_that_are_in_them() -> None:
    audit = rust_audit(
        {"name": "tool", "version": "0.1.0", "source": "local", "root": True},
        {"name": "serde", "version": "1.0.1", "source": "crates.io", "dependencies": []},
        {"name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build"},
        {"name": "inside", "version": "0.1.0", "source": "local"},
        {"name": "", "version": "1.0.0", "source": "git"},
    )
    found = Extraction(
        packages=(Package("crates.io", "serde", "1.0.1"), Package("crates.io", "tool", "0.1.0")),
        gaps=(Gap(GapKind.PACKAGE_INCOMPLETE, PATH, "no usable name and version: - 1.0.0"),),
    )
    assert read(build_elf([(".dep-v0", audit)])) == read(build_mach_o(".dep-v0", audit)) == found


def test_a_list_of_crates_that_is_none_is_a_gap() -> None:
    unreadable = f"rust-audit: cannot read {PATH}:"
    for audit, reason in (
        (b"no zlib", "no list of crates: Error -3 while decompressing data: incorrect header check"),
        (rust_audit({"name": "a" * 9_000_000}), "a list of crates that is cut off, or too long"),
        (rust_audit()[:-3], "a list of crates that is cut off, or too long"),
    ):
        assert read(build_elf([(".dep-v0", audit)])) == gap(GapKind.FILE_UNREADABLE, f"{unreadable} {reason}")


def test_of_a_layer_only_large_files_that_begin_like_programs_are_looked_into() -> None:
    evidence = read_members(
        file(PATH, TOOL), hard_link("usr/bin/same", PATH), file("a/small", build_elf([(".go.buildinfo", INFO)])),
        file("a/data", b"x" + TOOL), file("a/plugin.so", TOOL), file("a/libx.so.1", TOOL), file("a/page.html", TOOL),
        file("a/c", build_elf([(".text", b"x")], behind=LARGE_ENOUGH)),
    )  # fmt: skip
    assert evidence == LayerEvidence(
        files=tuple(FileEvidence(path, "program", GO) for path in ("a/plugin.so", "usr/bin/same", PATH)),
        others=("a/c", "a/data", "a/small"),
        left_out=("html", "so"),
    )


def test_a_program_that_says_nothing_hides_one_that_did() -> None:
    silent = build_elf([(".text", b"x")], behind=LARGE_ENOUGH)
    layers = [read_members(file("a/plugin.so", content)) for content in (TOOL, silent)]
    assert layers[1] == LayerEvidence(others=("a/plugin.so",))
    assert build_inventory(layers, Platform("linux", "amd64")).inventory.sets == ()


def test_what_is_too_large_for_memory_goes_through_the_spool_and_beyond_its_limit_is_a_gap() -> None:
    large = TOOL + bytes(SPOOLED_FROM_BYTES)
    spools: list[io.BufferedRandom] = []

    def make_spool() -> io.BufferedRandom:
        spools.append(tempfile.TemporaryFile())  # noqa: SIM115 - the reader closes it
        return spools[-1]

    built = layer_of(tar_of(file(PATH, large), file("etc/os-release", os_release())))
    evidence = built.read(make_spool=make_spool)
    assert [one.found for one in evidence.files if one.path == PATH] == [GO]
    assert [spool.closed for spool in spools] == [True]
    detail = f"program: larger than the limit spool_bytes of {SPOOLED_FROM_BYTES} bytes"
    evidence = built.read(Limits(spool_bytes=SPOOLED_FROM_BYTES))
    assert [one.found for one in evidence.files if one.path == PATH] == [gap(GapKind.FILE_TOO_LARGE, detail)]
    assert len(spools) == 1


def test_a_program_of_the_distribution_is_part_of_its_package() -> None:
    members = [
        file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("tool"))),
        file("var/lib/dpkg/info/tool.list", "/usr/local/bin/tool\n/usr/local/bin/other\n"), file(PATH, TOOL),
    ]  # fmt: skip
    base = read_members(*members)
    assert [each.paths for one in base.files for each in one.found.ownership] == [(PATH,)]
    replaced = read_members(file(PATH, TOOL))

    def go_sets(*layers: LayerEvidence) -> list[PackageSet]:
        found = build_inventory(layers, Platform("linux", "amd64")).inventory.sets
        return [one for one in found if one.source == "Go"]

    assert go_sets(base) == []
    assert [one.packages for one in go_sets(base, replaced)] == [GO.packages]


@given(at=st.integers(0, len(TOOL) - len(LARGE_ENOUGH) + 300), bent=st.binary(min_size=1, max_size=9))
def test_bent_programs_give_packages_or_gaps(at: int, bent: bytes) -> None:
    content = TOOL[: -len(LARGE_ENOUGH)]
    found = read(content[:at] + bent + content[at + len(bent) :])
    assert all(one.path == PATH for one in found.gaps)
