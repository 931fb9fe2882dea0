"""Patterns of names (of repositories, tags, whoever acts): what `*` stands for, and which of two is more specific."""

from __future__ import annotations


def is_named(pattern: str, name: str) -> bool:
    """Say whether a pattern is of a name: `*` stands for any run of characters, all else for itself.

    Where `name` is itself a pattern, the answer is whether it names nothing that `pattern` does not name.

    One pass from left to right: no pattern, however many stars it has, takes longer than its length times the name's.
    """
    head, *rest = pattern.split("*")
    if not rest:
        return pattern == name
    *middle, tail = rest
    if len(name) < len(head) + len(tail) or not name.startswith(head) or not name.endswith(tail):
        return False
    place, end = len(head), len(name) - len(tail)
    for part in middle:
        found = name.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def specificity(pattern: str) -> tuple[int, int, str]:
    """Return what sorts patterns from the general to the specific, always in the same order.

    1. The one that spells more characters out is the more specific one.
    2. Then the one with fewer stars: a full name before a pattern that happens to spell as much.
    3. Then the later one in the alphabet, so that the answer does not depend on who came first.
    """
    stars = pattern.count("*")
    return len(pattern) - stars, -stars, pattern
