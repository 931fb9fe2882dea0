"""Which images a rule is about: by their tags alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dogwatch.model.lifecycle import LifecycleRule, TagStatus


def tag_condition(rule: LifecycleRule) -> Callable[[Sequence[str]], bool]:
    """Return a rule's condition on the tags of an image.

    Source:
        Amazon ECR user guide, "Lifecycle policy properties": a list with several entries asks for a tag for each.
    """
    if rule.tag_status is TagStatus.ANY:
        return lambda tags: True
    if rule.tag_status is TagStatus.UNTAGGED:
        return lambda tags: not tags
    wanted = [_matches(pattern) for pattern in rule.patterns] + [_begins(prefix) for prefix in rule.prefixes]
    return lambda tags: all(any(meets(tag) for tag in tags) for meets in wanted)


def _begins(prefix: str) -> Callable[[str], bool]:
    return lambda tag: tag.startswith(prefix)


def _matches(pattern: str) -> Callable[[str], bool]:
    """Return the test for a pattern, `*` being any run of characters. Parts are looked for once, so no tag is slow."""
    first, *rest = pattern.split("*")
    if not rest:
        return lambda tag: tag == pattern
    *inner, last = rest

    def meets(tag: str) -> bool:
        if not tag.startswith(first) or not tag.endswith(last) or len(tag) < len(first) + len(last):
            return False
        place, end = len(first), len(tag) - len(last)
        for part in inner:
            found = tag.find(part, place, end)
            if found < 0:
                return False
            place = found + len(part)
        return True

    return meets
