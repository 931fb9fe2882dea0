"""Which images a rule is about: by their tags alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dogwatch.model.lifecycle import LifecycleRule, TagStatus
from dogwatch.windows.patterns import is_named


def tag_condition(rule: LifecycleRule) -> Callable[[Sequence[str]], bool]:
    """Return a rule's condition on the tags of an image.

    Source:
        Amazon ECR user guide, "Lifecycle policy properties": a list with several entries asks for a tag for each.
    """
    if rule.tag_status is TagStatus.ANY:
        return lambda tags: True
    if rule.tag_status is TagStatus.UNTAGGED:
        return lambda tags: not tags
    return lambda tags: (
        all(any(is_named(pattern, tag) for tag in tags) for pattern in rule.patterns)
        and all(any(tag.startswith(prefix) for tag in tags) for prefix in rule.prefixes)
    )
