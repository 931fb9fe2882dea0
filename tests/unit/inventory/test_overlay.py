"""Layers on top of each other: what is visible, and since when."""

from __future__ import annotations

from dogwatch.inventory.evidence import LayerEvidence, Link
from dogwatch.inventory.overlay import VisibleTree, overlay
from dogwatch.inventory.paths import Effort
from dogwatch.model.gaps import Gap, GapKind
from tests.builders.layers import (
    Member,
    device,
    directory,
    dpkg_status,
    file,
    hard_link,
    opaque,
    package_json,
    python_metadata,
    read_members,
    stanza,
    symlink,
    whiteout,
)

PATH = "app/node_modules/a/package.json"


def lay(*layers: list[Member]) -> VisibleTree:
    return overlay([read_members(*members) for members in layers])


def npm(path: str = PATH, version: str = "1.0.0") -> Member:
    return file(path, package_json("a", version))


def seen(*layers: list[Member]) -> dict[str, list[tuple[str, int, int]]]:
    """Path → (version, introducing layer, layer of the file) of each visible package."""
    tree = lay(*layers)
    return {
        path: [(package.version, since, each.layer_ordinal) for package, since in each.since.items()]
        for path, each in tree.files.items()
    }


def test_files_of_all_layers_are_visible() -> None:
    assert seen([npm()], [], [npm("b/node_modules/a/package.json")]) == {
        PATH: [("1.0.0", 0, 0)],
        "b/node_modules/a/package.json": [("1.0.0", 2, 2)],
    }


def test_a_later_version_replaces_and_a_rewrite_of_the_same_one_does_not_introduce() -> None:
    assert seen([npm()], [npm(version="2.0.0")]) == {PATH: [("2.0.0", 1, 1)]}
    assert seen([npm()], [npm()]) == {PATH: [("1.0.0", 0, 1)]}
    assert seen([npm()], [npm(version="2.0.0")], [npm()]) == {PATH: [("1.0.0", 2, 2)]}


def test_a_package_that_was_away_is_introduced_by_the_layer_that_brings_it_back() -> None:
    assert seen([npm()], [whiteout("app")], [npm()]) == {PATH: [("1.0.0", 2, 2)]}


def test_a_directory_emptied_and_filled_in_one_layer_was_never_away() -> None:
    assert seen([npm()], [opaque("app"), npm()]) == {PATH: [("1.0.0", 0, 1)]}
    assert seen([npm()], [whiteout("app/node_modules"), npm()]) == {PATH: [("1.0.0", 0, 1)]}


def test_whiteouts_hide_a_file_or_all_beneath_a_directory() -> None:
    for hidden in (PATH, "app/node_modules/a", "app"):
        assert seen([npm()], [whiteout(hidden)]) == {}
    for other in ("ap", "app/node_modules/b", "app/node_modules/a/package.jso"):
        assert seen([npm()], [whiteout(other)]) == {PATH: [("1.0.0", 0, 0)]}


def test_whiteouts_and_opaque_directories_hide_nothing_of_their_own_layer() -> None:
    for mark in (whiteout(PATH), whiteout("app"), opaque("app"), opaque("")):
        assert seen([npm(), mark]) == seen([mark, npm()]) == {PATH: [("1.0.0", 0, 0)]}


def test_an_opaque_directory_hides_what_lies_beneath_and_not_itself() -> None:
    assert seen([npm()], [opaque("app/node_modules")]) == {}
    assert seen([npm()], [opaque("")]) == {}
    assert seen([npm()], [opaque(PATH)]) == {PATH: [("1.0.0", 0, 0)]}
    assert seen([file("x.egg-info", python_metadata("x", "1"))], [opaque("x.egg-info")]) == {
        "x.egg-info": [("1", 0, 0)]
    }


def test_anything_but_a_directory_in_place_of_a_directory_hides_what_was_in_it() -> None:
    for other in (file("app"), device("app/node_modules"), symlink("app/node_modules/a", "b"), hard_link("app", "x")):
        assert seen([npm()], [other]) == {}


def test_a_directory_leaves_what_is_in_it_and_replaces_a_file_or_link() -> None:
    assert seen([npm()], [directory("app"), directory("app/node_modules/a")]) == {PATH: [("1.0.0", 0, 0)]}
    assert seen([file("x.egg-info", python_metadata("x", "1"))], [directory("x.egg-info")]) == {}
    assert lay([symlink("lib", "usr/lib")], [directory("lib")]) == VisibleTree({}, {}, ())


def test_a_file_may_replace_a_directory_and_a_directory_the_file_again() -> None:
    assert seen([npm()], [file("app")], [directory("app"), npm()]) == {PATH: [("1.0.0", 2, 2)]}


def test_paths_of_later_layers_lead_through_links_of_older_ones() -> None:
    base = [directory("usr/lib"), symlink("lib", "usr/lib")]
    path, real = "lib/x.dist-info/METADATA", "usr/lib/x.dist-info/METADATA"
    first, second = python_metadata("x", "1"), python_metadata("x", "2")
    assert seen(base, [file(path, first)]) == {real: [("1", 1, 1)]}
    assert seen(base, [file(real, first)], [file(path, second)]) == {real: [("2", 2, 2)]}
    assert seen(base, [file(real, first)], [whiteout("lib/x.dist-info")]) == {}
    assert seen(base, [file(real, first)], [opaque("lib")]) == {}
    assert seen(base, [directory("lib"), file(path, first)]) == {path: [("1", 1, 1)]}
    assert seen([*base, file(path, first)]) == {real: [("1", 0, 0)]}


def test_a_link_that_is_replaced_or_removed_leads_nowhere_any_more() -> None:
    path = "lib/x.dist-info/METADATA"
    content = python_metadata("x", "1")
    for change in (whiteout("lib"), symlink("lib", "srv"), opaque("")):
        expected = "srv/x.dist-info/METADATA" if change.target else path
        tree = seen([symlink("lib", "usr/lib")], [change], [file(path, content)])
        assert tree == {expected: [("1", 2, 2)]}


def test_files_reached_through_a_circle_of_links_are_a_gap() -> None:
    path = "a/node_modules/a/package.json"
    detail = "1 wanted files behind links that lead in a circle or beyond any real path"
    for member in (npm(path), hard_link(path, "x")):
        tree = lay([symlink("a", "b"), symlink("b", "a")], [member])
        assert (dict(tree.files), tree.gaps) == ({}, (Gap(GapKind.LINK_NOT_FOLLOWED, path, detail),))


def test_directories_reached_through_a_circle_of_links_change_nothing() -> None:
    circle = [symlink("a", "b"), symlink("b", "a")]
    tree = lay(circle, [directory("a/c"), whiteout("a/c/d"), opaque("b"), file("b/e")])
    assert tree == VisibleTree({}, {"a": "b", "b": "a"}, ())


def test_links_beyond_all_effort_are_a_gap_and_what_was_seen_before_stays() -> None:
    long = "/".join(["x"] * 500)
    layers = [
        read_members(npm()),
        read_members(*(symlink(f"l{number}", f"l{number + 1}/{long}") for number in range(50))),
        read_members(whiteout("l0/app"), npm("l0/node_modules/b/package.json")),
    ]
    tree = overlay(layers, Effort(1_000_000))
    assert list(tree.files) == [PATH]
    assert [(gap.kind, gap.path) for gap in tree.gaps] == [
        (GapKind.LINK_NOT_FOLLOWED, ""),
        (GapKind.LINK_NOT_FOLLOWED, "l0/node_modules/b/package.json"),
    ]
    assert tree.gaps[0].detail == "more or longer links than are followed in one image"


def test_no_link_leads_out_of_the_root() -> None:
    tree = seen([symlink("up", "../../../..")], [npm("up/node_modules/a/package.json")])
    assert tree == {"node_modules/a/package.json": [("1.0.0", 1, 1)]}


def test_a_hard_link_shows_the_content_that_its_target_has_at_that_time() -> None:
    copy = "b/node_modules/a/package.json"
    assert seen([npm()], [hard_link(copy, PATH)], [npm(version="2.0.0")]) == {
        PATH: [("2.0.0", 2, 2)],
        copy: [("1.0.0", 1, 1)],
    }
    assert seen([npm(), npm(copy)], [hard_link(copy, PATH)])[copy] == [("1.0.0", 0, 1)]


def test_hard_links_to_hard_links_end_at_the_file_whatever_their_names() -> None:
    first, second = "x/node_modules/a/package.json", "b/node_modules/a/package.json"
    tree = seen([npm()], [hard_link(first, PATH), hard_link(second, first)])
    assert tree == {PATH: [("1.0.0", 0, 0)], first: [("1.0.0", 1, 1)], second: [("1.0.0", 1, 1)]}
    circle = lay([npm()], [hard_link(first, second), hard_link(second, first), hard_link(PATH, PATH)])
    assert {path: [gap.kind for gap in file.evidence.found.gaps] for path, file in circle.files.items()} == {
        PATH: [GapKind.LINK_NOT_FOLLOWED],
        first: [GapKind.LINK_NOT_FOLLOWED],
        second: [GapKind.LINK_NOT_FOLLOWED],
    }


def test_directories_replaced_by_hard_links_by_the_thousand_are_gone_through_once() -> None:
    # One after the other these would be sixteen million looks at paths.
    names = [f"d/{number}.egg-info" for number in range(4_000)]
    older = read_members(*(file(f"{name}/PKG-INFO", python_metadata("a", "1")) for name in names))
    links = LayerEvidence(hard_links=tuple(Link(name, "elsewhere") for name in sorted(names)))
    assert set(overlay([older, links]).files) == set(names)


def test_a_hard_link_to_what_was_not_read_is_a_gap_and_hides_what_it_replaces() -> None:
    tree = lay([npm()], [hard_link(PATH, "store/content")])
    gap = Gap(GapKind.LINK_NOT_FOLLOWED, PATH, "a hard link to store/content, which was not read")
    assert [each.evidence.found.gaps for each in tree.files.values()] == [(gap,)]


def test_stanzas_of_a_rewritten_status_file_keep_the_layer_that_brought_them() -> None:
    status = "var/lib/dpkg/status"
    first = [file(status, dpkg_status(stanza("a", "1"), stanza("b", "1"), stanza("c", "1")))]
    second = [file(status, dpkg_status(stanza("a", "1"), stanza("b", "2"), stanza("d", "1")))]
    third = [file(status, dpkg_status(stanza("a", "1"), stanza("b", "2"), stanza("c", "1")))]
    tree = lay(first, second, third)
    since = {f"{package.name} {package.version}": ordinal for package, ordinal in tree.files[status].since.items()}
    assert since == {"a 1": 0, "b 2": 1, "c 1": 2}


def test_gaps_of_layers_stay_and_gaps_of_hidden_files_do_not() -> None:
    tree = lay([file(PATH, "{"), file("../node_modules/x/package.json", "{}")], [whiteout("app")])
    assert tree.gaps == (
        Gap(GapKind.PATH_UNSAFE, "node_modules/x/package.json", "not a path below the root, or not text"),
    )
    assert tree.files == {}
