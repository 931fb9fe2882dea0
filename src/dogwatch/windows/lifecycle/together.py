"""What the rules of one policy may not be together. Rules of one storage class only meet each other."""

from __future__ import annotations

from collections.abc import Sequence

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.lifecycle import LifecycleRule, StorageClass, TagStatus


def refuse_contradictions(rules: Sequence[LifecycleRule]) -> None:
    """Refuse rules that contradict each other; `rules` in the order of the text, for the places in messages.

    Raises:
        InvalidRequestError: a priority given twice; in one storage class: a prefix given twice, two rules on untagged
            images, a rule on any image that is not the last.
    """
    seen: dict[int, int] = {}
    for place, rule in enumerate(rules):
        if rule.priority in seen:
            field = f"rules[{place}].rulePriority"
            raise InvalidRequestError(field, f"{rule.priority} is that of rules[{seen[rule.priority]}] already")
        seen[rule.priority] = place
    for storage_class in StorageClass:
        ours = [(place, rule) for place, rule in enumerate(rules) if rule.storage_class is storage_class]
        _refuse_double_prefixes(ours)
        _refuse_second_untagged(ours)
        _refuse_early_any(ours)


def _refuse_double_prefixes(rules: Sequence[tuple[int, LifecycleRule]]) -> None:
    owners: dict[str, int] = {}
    for place, rule in rules:
        for prefix in rule.prefixes:
            if prefix in owners:
                reason = f"rule {rule.priority}: {prefix[:100]!r} stands in rule {owners[prefix]} already"
                raise InvalidRequestError(f"rules[{place}].selection.tagPrefixList", reason)
            owners[prefix] = rule.priority


def _refuse_second_untagged(rules: Sequence[tuple[int, LifecycleRule]]) -> None:
    untagged = [(place, rule) for place, rule in rules if rule.tag_status is TagStatus.UNTAGGED]
    for place, rule in untagged[1:]:
        first = untagged[0][1].priority
        reason = f"rule {rule.priority}: rule {first} selects untagged images already, and only one rule may"
        raise InvalidRequestError(f"rules[{place}].selection.tagStatus", reason)


def _refuse_early_any(rules: Sequence[tuple[int, LifecycleRule]]) -> None:
    last = max((rule.priority for _, rule in rules), default=0)
    for place, rule in rules:
        if rule.tag_status is TagStatus.ANY and rule.priority != last:
            reason = f"rule {rule.priority}: a rule on any image comes last, behind rule {last}"
            raise InvalidRequestError(f"rules[{place}].rulePriority", reason)
