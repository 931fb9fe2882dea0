"""Laws of laying layers on top of each other, against a file system of dictionaries written for this test alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from dogwatch.inventory.build import build_inventory
from dogwatch.inventory.encoding import decode_evidence, encode_evidence
from dogwatch.inventory.overlay import overlay
from dogwatch.model.images import Platform
from tests.builders.layers import (
    END,
    Member,
    directory,
    file,
    opaque,
    os_release,
    package_json,
    raw_entry,
    read_members,
    read_tar,
    symlink,
    whiteout,
)

LINUX = Platform("linux", "amd64")
STATUS = "var/lib/dpkg/status"

# A small world of names, so that layers meet: `a/a`, `a/node_modules/a/package.json` …
DIRECTORIES = ["a", "b", "a/b", "a/a", "a/node_modules", "a/node_modules/a", "a/b/node_modules/a", "b/node_modules/a"]
MANIFESTS = [f"{above}node_modules/{name}/package.json" for above in ("", "a/", "a/b/", "b/") for name in "ab"]
VERSIONS = ["1.0.0", "2.0.0"]


@st.composite
def plain_layers(draw: st.DrawFn) -> list[Member]:
    """A layer without links; no path stands in it twice, nor beneath one that is no directory."""
    chosen = draw(st.lists(st.sampled_from(MANIFESTS), unique=True, max_size=4))
    members = [file(path, package_json("p", draw(st.sampled_from(VERSIONS)))) for path in chosen]
    for path in draw(st.lists(st.sampled_from(DIRECTORIES), unique=True, max_size=3)):
        inhabited = any(each.path.startswith(f"{path}/") for each in members)
        kinds = [directory] if inhabited else [directory, file]
        beneath_a_file = any(each.kind == b"0" and path.startswith(f"{each.path}/") for each in members)
        if not beneath_a_file:
            members.append(draw(st.sampled_from(kinds))(path))
    members += map(whiteout, draw(st.lists(st.sampled_from([*DIRECTORIES, *MANIFESTS]), unique=True, max_size=2)))
    members += map(opaque, draw(st.lists(st.sampled_from(["", *DIRECTORIES]), unique=True, max_size=1)))
    return members


@dataclass
class World:
    """All paths of an image: content of files, None for directories."""

    paths: dict[str, bytes | None] = field(default_factory=dict)

    def remove(self, path: str, itself: bool = True) -> None:
        start = f"{path}/" if path else ""
        for each in [each for each in self.paths if each.startswith(start) or (itself and each == path)]:
            del self.paths[each]

    def lay(self, members: list[Member]) -> None:
        """Marks first, for they are about older layers; then the entries, one by one, each with its directories."""
        entries = []
        for member in members:
            above, _, name = member.path.rpartition("/")
            if name == ".wh..wh..opq":
                self.remove(above, itself=False)
            elif name.startswith(".wh."):
                self.remove(f"{above}/{name[4:]}".lstrip("/"))
            else:
                entries.append(member)
        for member in entries:
            parts = member.path.split("/")
            for end in range(1, len(parts)):
                if self.paths.get("/".join(parts[:end]), b"") is not None:
                    self.paths["/".join(parts[:end])] = None
            if member.kind != b"5":
                self.remove(member.path)
                self.paths[member.path] = member.content
            elif self.paths.get(member.path, b"") is not None:
                self.paths[member.path] = None

    def manifests(self) -> dict[str, bytes]:
        return {path: content for path, content in self.paths.items() if path in MANIFESTS and content is not None}


@given(st.lists(plain_layers(), max_size=4))
def test_what_is_visible_is_what_a_file_system_would_hold(layers: list[list[Member]]) -> None:
    world = World()
    since: dict[tuple[str, bytes], int] = {}
    for ordinal, members in enumerate(layers):
        world.lay(members)
        visible = set(world.manifests().items())
        since = {pair: since.get(pair, ordinal) for pair in visible}
    tree = overlay([read_members(*members) for members in layers])
    found = {
        (path, package_json("p", package.version).encode()): ordinal
        for path, each in tree.files.items()
        for package, ordinal in each.since.items()
    }
    assert found == since


@given(st.lists(plain_layers(), max_size=3), st.integers(0, 3), st.sampled_from(["c", "a/c", "a/node_modules/c"]))
def test_a_whiteout_of_a_missing_path_changes_nothing(layers: list[list[Member]], at: int, path: str) -> None:
    evidence = [read_members(*members) for members in layers]
    marked = [*evidence[:at], read_members(whiteout(path)), *evidence[at:]]
    assert build_inventory(marked, LINUX).inventory == build_inventory(evidence, LINUX).inventory


@given(st.lists(plain_layers(), max_size=3), st.integers(0, 3))
def test_an_empty_layer_changes_nothing_but_ordinals(layers: list[list[Member]], at: int) -> None:
    evidence = [read_members(*members) for members in layers]
    padded = [*evidence[:at], read_members(), *evidence[at:]]
    assert build_inventory(padded, LINUX).inventory == build_inventory(evidence, LINUX).inventory


@given(st.lists(plain_layers(), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_entries_in_a_layer_does_not_matter(layers: list[list[Member]], random: object) -> None:
    shuffled = [sorted(members, key=lambda _: random.random()) for members in layers]  # type: ignore[attr-defined]
    for members, others in zip(layers, shuffled, strict=True):
        assert read_members(*members) == read_members(*others)


@given(st.lists(plain_layers(), max_size=3))
def test_evidence_that_went_through_the_store_gives_the_same_inventory(layers: list[list[Member]]) -> None:
    evidence = [read_members(*members) for members in layers]
    stored = [decode_evidence(encode_evidence(each)) for each in evidence]
    assert build_inventory(stored, LINUX) == build_inventory(evidence, LINUX)


@given(st.lists(plain_layers(), min_size=1, max_size=3))
def test_a_layer_laid_twice_changes_nothing(layers: list[list[Member]]) -> None:
    evidence = [read_members(*members) for members in layers]
    once, twice = build_inventory(evidence, LINUX), build_inventory([*evidence, evidence[-1]], LINUX)
    assert once == twice


NAMES = st.lists(
    st.sampled_from(["..", ".", "", "a", "node_modules", "package.json", "\xff", "x.egg-info"]), min_size=1
)
ENTRIES = st.builds(
    lambda parts, kind, target: raw_entry("/".join(parts).encode("latin-1")[:99], kind=kind, target=target.encode()),
    NAMES,
    st.sampled_from([b"0", b"1", b"2", b"5", b"3", b"S", b"Z"]),
    st.lists(st.sampled_from(["..", "a", "node_modules", "/"]), max_size=8).map("/".join),
)


@given(st.lists(st.lists(ENTRIES, max_size=6).map(b"".join), max_size=3))
def test_no_path_leaves_the_root_and_every_layer_gives_an_inventory(layers: list[bytes]) -> None:
    evidence = [read_tar(entries + END) for entries in layers]
    tree = overlay(evidence)
    paths = [*tree.files, *tree.links, *(path for each in evidence for path in (*each.whiteouts, *each.others))]
    assert all(path and not path.startswith("/") and ".." not in path.split("/") for path in paths)
    first = build_inventory(evidence, LINUX)
    assert first == build_inventory([decode_evidence(encode_evidence(each)) for each in evidence], LINUX)


LINKED = st.sampled_from(["usr/", "usr/lib/", "lib/", "opt/lib/"])


@given(st.lists(st.tuples(LINKED, st.sampled_from(VERSIONS)), min_size=1, max_size=4))
def test_files_written_through_links_are_those_of_the_real_path(writes: list[tuple[str, str]]) -> None:
    """`lib` and `opt/lib` lead to `usr/lib`: layers that write through them are as layers that write there."""
    base = [directory("usr/lib"), symlink("lib", "usr/lib"), symlink("opt/lib", "/lib")]
    real = {"lib/": "usr/lib/", "opt/lib/": "usr/lib/"}

    def outcome(places: list[str]) -> object:
        layers = [
            [file(f"{place}node_modules/p/package.json", package_json("p", version))]
            for place, (_, version) in zip(places, writes, strict=True)
        ]
        return build_inventory([read_members(*members) for members in (base, *layers)], LINUX)

    places = [place for place, _ in writes]
    assert outcome(places) == outcome([real.get(place, place) for place in places])


LINES = [b"Package: a\n", b"Version: 1\n", b"Status: x\n", b"Status: install ok installed\n", b"\n", b"\0"]


@given(st.binary() | st.lists(st.sampled_from(LINES)).map(b"".join))
def test_a_distribution_with_any_bytes_for_its_database_is_never_clean(content: bytes) -> None:
    layer = read_members(file("etc/os-release", os_release()), file(STATUS, content))
    inventory = build_inventory([layer], LINUX).inventory
    assert inventory.sets or inventory.gaps
