from __future__ import annotations

import pytest

from dogwatch.windows.lifecycle.tags import tag_condition
from tests.builders.lifecycle import policy, rule


def meets(patterns: list[str], *tags: str, key: str = "tagPatternList") -> bool:
    (only,) = policy(rule(1, patterns, keep=1, key=key)).rules
    return tag_condition(only)(tags)


@pytest.mark.parametrize(
    ("pattern", "tag", "found"),
    [
        ("prod", "prod", True),
        ("prod", "prod1", False),
        ("prod*", "prod", True),
        ("prod*", "prod-eu", True),
        ("prod*", "a-prod", False),
        ("*prod", "a-prod", True),
        ("*prod*", "a-prod-b", True),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "abbc", True),
        ("a*b*c", "acb", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("ab*bc", "abc", False),
        ("*ab*ab*", "ab", False),
        ("*ab*ab*", "xabyab", True),
        ("**", "anything", True),
        ("v1.*", "v10", False),
        ("v[12]", "v1", False),
        ("*", "two\nlines", True),
    ],
)
def test_a_star_is_any_run_of_characters_and_nothing_else_is_special(pattern: str, tag: str, found: bool) -> None:
    assert meets([pattern], tag) is found


def test_a_pattern_that_nearly_matches_is_not_slow() -> None:
    assert not meets(["*" + "a" * 150 + "*a*b"], "a" * 200_000)


def test_a_prefix_is_taken_by_the_letter() -> None:
    assert meets(["prod"], "prod-eu", key="tagPrefixList")
    assert not meets(["pr*d"], "prod", key="tagPrefixList")
    assert meets(["pr*d"], "pr*d-1", key="tagPrefixList")


def test_several_entries_each_want_a_tag() -> None:
    assert meets(["a*", "b*"], "a1", "b1", "c")
    assert meets(["a*", "*1"], "a1")
    assert not meets(["a*", "b*"], "a1", "a2")
    assert not meets(["*"])
