"""Paths inside an image."""

from __future__ import annotations

import pytest

from dogwatch.inventory.limits import STEP_CHARS
from dogwatch.inventory.paths import (
    Effort,
    Places,
    Resolver,
    ancestors_of,
    clean_path,
    join_within_root,
    presumed_path,
)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"etc/os-release", "etc/os-release"),
        (b"./etc/os-release", "etc/os-release"),
        (b"/etc/os-release", "etc/os-release"),
        (b"///etc//os-release", "etc/os-release"),
        (b"etc/./os-release", "etc/os-release"),
        (b"var/lib/", "var/lib"),
        (b"var//", "var"),
        (b"./", ""),
        (b".", ""),
        (b"/", ""),
        (b"", ""),
        (b".hidden/..data", ".hidden/..data"),
        ("é/ü".encode(), "é/ü"),
        (b"../etc/passwd", None),
        (b"a/../b", None),
        (b"..", None),
        (b"a/..", None),
        (b"./..", None),
        (b"a\xff", None),
        (b"a\x00b", None),
        (b"a\nb", None),
        (b"a\x7fb", None),
    ],
)
def test_a_clean_path_is_relative_and_stays_below_the_root(raw: bytes, path: str | None) -> None:
    assert clean_path(raw) == path


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"../../etc/os-release", "etc/os-release"),
        (b"a/../b", "b"),
        (b"/a/\xff", "a/\\xff"),
        (b"a\nb", "a\\x0ab"),
    ],
)
def test_an_unsafe_name_is_shown_as_what_it_most_likely_means(raw: bytes, path: str) -> None:
    assert presumed_path(raw) == path


@pytest.mark.parametrize(
    ("directory", "target", "path"),
    [
        ("etc", "../usr/lib/os-release", "usr/lib/os-release"),
        ("etc", "/usr/lib", "usr/lib"),
        ("", "usr/lib", "usr/lib"),
        ("a", "../../../../b", "b"),
        ("a/b", "./c//d/.", "a/b/c/d"),
        ("a", "..", ""),
    ],
)
def test_a_link_target_stops_at_the_root(directory: str, target: str, path: str) -> None:
    assert join_within_root(directory, target) == path


def test_links_are_followed_in_directories_and_at_the_end() -> None:
    resolver = Resolver(
        {"lib": "usr/lib", "usr/lib/a": "../share/a", "share": "/usr/share", "usr/share/a/x": "../../y"}
    )
    assert resolver.locate("lib/a") == "usr/lib/a"
    assert resolver.resolve("lib/a") == "usr/share/a"
    assert resolver.resolve("lib/a/x") == "usr/y"
    assert resolver.locate("lib/a/x") == "usr/share/a/x"
    assert resolver.resolve("usr/lib/b") == "usr/lib/b"
    assert resolver.locate("lib") == "lib"


def test_a_link_that_climbs_stops_at_the_root() -> None:
    assert Resolver({"a": "../../../b/c"}).resolve("a/d") == "b/c/d"
    assert Resolver({"a": "/"}).locate("a/d") == "d"


def test_links_in_a_circle_lead_nowhere() -> None:
    resolver = Resolver({"a": "b", "b": "a", "c": "c/c"})
    assert resolver.resolve("a") is None
    assert resolver.locate("a/x") is None
    assert resolver.resolve("c") is None
    assert resolver.locate("a") == "a"


def test_a_chain_of_many_links_that_each_double_the_path_ends_quickly() -> None:
    links = {f"l{number}": f"l{number + 1}/l{number + 1}" for number in range(60)}
    # l59 leads to l60/l60, which is no link; each l below it lies in the real place of the next, where no link is.
    assert Resolver(links).resolve("l0") == "/".join(["l60", *(f"l{number}" for number in range(60, 0, -1))])


def test_a_long_chain_of_links_and_one_that_grows_beyond_all_paths_take_linear_time() -> None:
    chain = {f"l{number}": f"l{number + 1}" for number in range(50_000)}
    assert Resolver(chain).resolve("l0") == "l50000"
    growing = Resolver({f"l{number}": f"l{number + 1}/{'x' * 100}" for number in range(50_000)})
    assert growing.resolve("l0") is None
    assert growing.resolve("l49990") == "l50000" + "/".join(["", *["x" * 100] * 10])


def test_all_that_leads_into_a_circle_is_lost_and_the_rest_is_not() -> None:
    resolver = Resolver({"in": "a", "a": "b", "b": "a/x", "free": "z"})
    assert [resolver.resolve(path) for path in ("in", "a", "b", "free", "free/b")] == [None, None, None, "z", "z/b"]


def test_ancestors_are_the_directories_above_nearest_first() -> None:
    assert list(ancestors_of("a/b/c")) == ["a/b", "a"]
    assert list(ancestors_of("a")) == []


def test_what_lies_beneath_a_place_is_neither_itself_nor_its_namesake() -> None:
    places = Places({"a", "c/d"})
    asked = {path: places.hold(path) for path in ("a", "ab/c", "c", "a/b", "a/b/c", "c/d/e", "c/e/f", "d/a/b")}
    assert [path for path, is_beneath in asked.items() if is_beneath] == ["a/b", "a/b/c", "c/d/e"]


def test_the_root_is_above_everything() -> None:
    assert Places({""}).hold("a")
    assert not Places(set()).hold("a/b")


def test_following_links_ends_with_the_effort_and_what_was_found_stays() -> None:
    effort = Effort(4 * (STEP_CHARS + 5))
    resolver = Resolver({"a": "b/c"}, effort)
    assert [resolver.resolve("a"), effort.is_spent] == ["b/c", False]
    assert [resolver.resolve("a/d/e"), effort.is_spent] == [None, True]
    assert [resolver.resolve("a"), resolver.locate("a/x"), resolver.locate("d/x")] == ["b/c", "b/c/x", None]
