"""One rule of a policy: which members it may have beside which others."""

from __future__ import annotations

from enum import StrEnum

from dogwatch.model.lifecycle import CountType, LifecycleAction, LifecycleRule, StorageClass, TagStatus
from dogwatch.windows.lifecycle.members import Members

STARS_MAX = 4
"""Stars of one pattern: ECR's own limit."""

ARCHIVED_DAYS_MIN = 90
"""Days that an image stays in the archive at least: whoever archives it pays for so many."""


class _Type(StrEnum):
    EXPIRE = "expire"
    TRANSITION = "transition"


class _Target(StrEnum):
    ARCHIVE = "archive"


class _Unit(StrEnum):
    DAYS = "days"


def read_rule(value: object, place: str) -> LifecycleRule:
    """Read one rule.

    Raises:
        InvalidRequestError: what it may not be, with its place.
    """
    rule = Members(value, place, "")
    priority = rule.take_count("rulePriority")
    rule.rule = f"rule {priority}"
    description = rule.take_text("description")
    selection = Members(rule.take("selection"), f"{place}.selection", rule.rule)
    action = _read_action(Members(rule.take("action"), f"{place}.action", rule.rule))
    rule.refuse_rest()
    tag_status = selection.take_choice("tagStatus", TagStatus)
    patterns, prefixes = _read_tags(selection, tag_status)
    count_type = selection.take_choice("countType", CountType)
    count = _read_count(selection, count_type)
    storage_class = _read_storage_class(selection, count_type)
    selection.refuse_rest()
    _refuse_action(selection, count_type, action)
    return LifecycleRule(
        priority, tag_status, count_type, count, action, patterns, prefixes, storage_class, description
    )


def _read_action(action: Members) -> LifecycleAction:
    kind = action.take_choice("type", _Type)
    if kind is _Type.TRANSITION:
        action.take_choice("targetStorageClass", _Target)
    elif action.has("targetStorageClass"):
        action.refuse("targetStorageClass", "only with type transition")
    action.refuse_rest()
    return LifecycleAction.ARCHIVE if kind is _Type.TRANSITION else LifecycleAction.EXPIRE


def _read_tags(selection: Members, tag_status: TagStatus) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the patterns and the prefixes; one of them is empty."""
    patterns, prefixes = selection.take_texts("tagPatternList"), selection.take_texts("tagPrefixList")
    given = "tagPrefixList" if patterns is None else "tagPatternList"
    if tag_status is not TagStatus.TAGGED:
        if patterns is not None or prefixes is not None:
            selection.refuse(given, "only with tagStatus tagged")
        return (), ()
    if patterns is not None and prefixes is not None:
        selection.refuse("tagPrefixList", "not together with tagPatternList")
    if prefixes is not None:
        return (), prefixes
    if patterns is None:
        selection.refuse("tagPatternList", "with tagStatus tagged, tagPatternList or tagPrefixList is needed")
    for pattern in patterns:
        if pattern.count("*") > STARS_MAX:
            selection.refuse("tagPatternList", f"{pattern[:100]!r} has more than {STARS_MAX} stars")
    return patterns, ()


def _read_count(selection: Members, count_type: CountType) -> int:
    count = selection.take_count("countNumber")
    if count_type is CountType.IMAGES:
        if selection.has("countUnit"):
            selection.refuse("countUnit", f"not with countType {count_type}, which counts images")
    else:
        selection.take_choice("countUnit", _Unit)
    if count_type is CountType.SINCE_ARCHIVED and count < ARCHIVED_DAYS_MIN:
        selection.refuse("countNumber", f"{count}: images stay in the archive for {ARCHIVED_DAYS_MIN} days at least")
    return count


def _read_storage_class(selection: Members, count_type: CountType) -> StorageClass:
    if count_type is CountType.SINCE_ARCHIVED:
        if not selection.has("storageClass"):
            selection.refuse("storageClass", f"is missing: countType {count_type} needs archive")
        wanted = StorageClass.ARCHIVE
    else:
        wanted = StorageClass.STANDARD
    if not selection.has("storageClass"):
        return wanted
    if selection.take_choice("storageClass", StorageClass) is not wanted:
        selection.refuse("storageClass", f"countType {count_type} goes with {wanted} only")
    return wanted


def _refuse_action(selection: Members, count_type: CountType, action: LifecycleAction) -> None:
    if count_type is CountType.SINCE_PULLED and action is not LifecycleAction.ARCHIVE:
        selection.refuse("countType", f"{count_type} goes with action transition only: archive first, expire later")
    if count_type is CountType.SINCE_ARCHIVED and action is not LifecycleAction.EXPIRE:
        selection.refuse("countType", f"{count_type} goes with action expire only")
