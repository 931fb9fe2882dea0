from __future__ import annotations

import json
from typing import Any

import pytest

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.lifecycle import (
    CountType,
    LifecycleAction,
    LifecyclePolicy,
    LifecycleRule,
    StorageClass,
    TagStatus,
)
from dogwatch.windows.lifecycle import parse_policy
from tests.builders.lifecycle import rule, text_of

PUSHED: dict[str, Any] = {
    "tagStatus": "any",
    "countType": "sinceImagePushed",
    "countUnit": "days",
    "countNumber": 30,
}
EXPIRE = {"type": "expire"}


def with_selection(**changes: Any) -> dict[str, Any]:
    selection = {name: value for name, value in {**PUSHED, **changes}.items() if value is not None}
    return {"rulePriority": 1, "selection": selection, "action": EXPIRE}


def refused(text: str) -> tuple[str, str]:
    with pytest.raises(InvalidRequestError) as caught:
        parse_policy(text)
    return str(caught.value.fields["field"]), str(caught.value.fields["reason"])


def test_a_policy_of_all_kinds_is_read_and_its_text_kept() -> None:
    text = text_of(
        rule(30, "any", days=90, since="sinceImagePulled", action="transition"),
        {**rule(10, ["prod*", "*-eu"], keep=10), "description": "the last ten"},
        rule(11, ["beta"], days=14, key="tagPrefixList"),
        rule(20, "untagged", days=1),
        rule(5, "any", days=365, since="sinceImageTransitioned"),
    )
    archive, expire = LifecycleAction.ARCHIVE, LifecycleAction.EXPIRE
    assert parse_policy(text) == LifecyclePolicy(
        text,
        (
            LifecycleRule(5, TagStatus.ANY, CountType.SINCE_ARCHIVED, 365, expire, storage_class=StorageClass.ARCHIVE),
            LifecycleRule(
                10, TagStatus.TAGGED, CountType.IMAGES, 10, expire, ("prod*", "*-eu"), description="the last ten"
            ),
            LifecycleRule(11, TagStatus.TAGGED, CountType.SINCE_PUSHED, 14, expire, prefixes=("beta",)),
            LifecycleRule(20, TagStatus.UNTAGGED, CountType.SINCE_PUSHED, 1, expire),
            LifecycleRule(30, TagStatus.ANY, CountType.SINCE_PULLED, 90, archive),
        ),
    )


def test_the_storage_class_standard_may_be_said() -> None:
    (only,) = parse_policy(text_of(with_selection(storageClass="standard"))).rules
    assert only.storage_class is StorageClass.STANDARD


def test_a_policy_has_from_100_to_30_720_characters() -> None:
    text = json.dumps({"rules": [with_selection()]})
    assert len(parse_policy(text.ljust(30_720)).text) == 30_720
    for characters in (30_721, 31_000):
        reason = f"has {characters:,} characters; 100 to 30,720 are allowed"
        assert refused(text.ljust(characters)) == ("policy", reason)
    assert refused("{}".ljust(99)) == ("policy", "has 99 characters; 100 to 30,720 are allowed")
    assert refused("{}".ljust(100)) == ("rules", "is missing")


def test_a_policy_has_at_most_50_rules() -> None:
    rules = [rule(number, [f"tag-{number}*"], keep=1) for number in range(1, 52)]
    assert len(parse_policy(text_of(*rules[:50])).rules) == 50
    assert refused(text_of(*rules)) == ("rules", "has 51 rules; at most 50 are allowed")


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100,
        "[" * 30_000,
        "null".ljust(100),
        '{"rules": [NaN]}'.ljust(100),
        '{"rules": ' + "9" * 5_000 + "}",
        '{"rules": [], "rules": []}'.ljust(100),
        '{"rules": []}'.ljust(100),
        '{"rules": {}}'.ljust(100),
        '{"rules": ["x"]}'.ljust(100),
        '{"other": []}'.ljust(100),
        "\ud800".ljust(100),
        "\x00" * 100,
        '{"rules": [{"rulePriority": 1, "selection": 7, "action": []}]}'.ljust(100),
    ],
)
def test_whatever_is_sent_is_a_policy_or_an_error_of_the_tree(text: str) -> None:
    field, reason = refused(text)
    assert field != ""
    assert 0 < len(reason) < 300


def test_the_place_in_text_that_is_no_json_is_pointed_at() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_policy('{"rules": [}'.ljust(100))
    assert caught.value.pointer[0].startswith('{"rules": [}')
    assert caught.value.pointer[1] == " " * 11 + "^"


@pytest.mark.parametrize(
    ("given", "place", "said"),
    [
        ({"rulePriority": 0}, "rules[0].rulePriority", "0 is no whole number from 1"),
        ({"rulePriority": True}, "rules[0].rulePriority", "True is no whole number"),
        ({"rulePriority": 1.5}, "rules[0].rulePriority", "1.5 is no whole number"),
        ({"rulePriority": "1"}, "rules[0].rulePriority", "'1' is no whole number"),
        ({"rulePriority": 10**9}, "rules[0].rulePriority", "1000000000 is no whole number"),
        ({"description": "\udc00"}, "rules[0].description", r"rule 1: '\udc00' is no text"),
        ({"description": 5}, "rules[0].description", "rule 1: 5 is no text"),
        ({"selection": None}, "rules[0].selection", "rule 1: an object is wanted"),
        ({"action": {}}, "rules[0].action.type", "rule 1: is missing"),
        ({"action": {"type": "delete"}}, "rules[0].action.type", "rule 1: 'delete' is none of expire, transition"),
        ({"action": {"type": "EXPIRE"}}, "rules[0].action.type", "rule 1: 'EXPIRE' is none of"),
        ({"action": {"type": "transition"}}, "rules[0].action.targetStorageClass", "rule 1: is missing"),
        (
            {"action": {"type": "transition", "targetStorageClass": "standard"}},
            "rules[0].action.targetStorageClass",
            "rule 1: 'standard' is none of archive",
        ),
        (
            {"action": {"type": "expire", "targetStorageClass": "archive"}},
            "rules[0].action.targetStorageClass",
            "rule 1: only with type transition",
        ),
        ({"action": {"type": "expire", "dryRun": True}}, "rules[0].action.dryRun", "rule 1: no such member"),
        ({"priority": 1}, "rules[0].priority", "rule 1: no such member"),
        ({"\ud800": 1}, r"rules[0].\ud800", "rule 1: no such member"),
    ],
)
def test_what_a_rule_may_not_be_is_told_with_its_place(given: dict[str, Any], place: str, said: str) -> None:
    field, reason = refused(text_of({**with_selection(), **given}))
    assert (field, reason.startswith(said)) == (place, True), reason


@pytest.mark.parametrize(
    ("changes", "member", "said"),
    [
        ({"tagStatus": None}, "tagStatus", "is missing"),
        ({"tagStatus": "TAGGED"}, "tagStatus", "'TAGGED' is none of tagged, untagged, any"),
        ({"tagStatus": "tagged"}, "tagPatternList", "with tagStatus tagged, tagPatternList or tagPrefixList is needed"),
        ({"tagStatus": "tagged", "tagPatternList": []}, "tagPatternList", "a list of one text or more is wanted"),
        ({"tagStatus": "tagged", "tagPatternList": "a*"}, "tagPatternList", "a list of one text or more is wanted"),
        ({"tagStatus": "tagged", "tagPatternList": [""]}, "tagPatternList", "'' is no text of one character"),
        ({"tagStatus": "tagged", "tagPrefixList": ["\0"]}, "tagPrefixList", r"'\x00' is no text"),
        ({"tagStatus": "tagged", "tagPrefixList": [5]}, "tagPrefixList", "5 is no text"),
        ({"tagStatus": "tagged", "tagPatternList": ["*a*b*c*d*"]}, "tagPatternList", "'*a*b*c*d*' has more than 4"),
        (
            {"tagStatus": "tagged", "tagPatternList": ["a"], "tagPrefixList": ["a"]},
            "tagPrefixList",
            "not together with tagPatternList",
        ),
        ({"tagStatus": "untagged", "tagPatternList": ["a"]}, "tagPatternList", "only with tagStatus tagged"),
        ({"tagPrefixList": ["a"]}, "tagPrefixList", "only with tagStatus tagged"),
        ({"countType": None}, "countType", "is missing"),
        ({"countType": "sinceImageBuilt"}, "countType", "'sinceImageBuilt' is none of imageCountMoreThan"),
        ({"countNumber": 0}, "countNumber", "0 is no whole number from 1"),
        ({"countNumber": -5}, "countNumber", "-5 is no whole number"),
        ({"countNumber": None}, "countNumber", "is missing"),
        ({"countUnit": None}, "countUnit", "is missing"),
        ({"countUnit": "hours"}, "countUnit", "'hours' is none of days"),
        ({"countType": "imageCountMoreThan"}, "countUnit", "not with countType imageCountMoreThan"),
        ({"countType": "sinceImagePulled"}, "countType", "sinceImagePulled goes with action transition only"),
        (
            {"countType": "sinceImageTransitioned", "countNumber": 90},
            "storageClass",
            "is missing: countType sinceImageTransitioned needs archive",
        ),
        (
            {"countType": "sinceImageTransitioned", "countNumber": 89, "storageClass": "archive"},
            "countNumber",
            "89: images stay in the archive for 90 days at least",
        ),
        (
            {"countType": "sinceImageTransitioned", "countNumber": 90, "storageClass": "standard"},
            "storageClass",
            "countType sinceImageTransitioned goes with archive only",
        ),
        ({"storageClass": "archive"}, "storageClass", "countType sinceImagePushed goes with standard only"),
        ({"storageClass": "glacier"}, "storageClass", "'glacier' is none of standard, archive"),
        ({"tagList": ["a"]}, "tagList", "no such member"),
    ],
)
def test_what_a_selection_may_not_be_is_told_with_its_place(changes: dict[str, Any], member: str, said: str) -> None:
    field, reason = refused(text_of(with_selection(**changes)))
    assert (field, reason.startswith(f"rule 1: {said}")) == (f"rules[0].selection.{member}", True), reason


def test_what_is_archived_already_only_expires() -> None:
    archived = rule(1, "any", days=90, since="sinceImageTransitioned", action="transition")
    assert refused(text_of(archived)) == (
        "rules[0].selection.countType",
        "rule 1: sinceImageTransitioned goes with action expire only",
    )


@pytest.mark.parametrize(
    ("rules", "place", "reason"),
    [
        (
            [rule(2, ["a*"], keep=1), rule(2, ["b*"], keep=1)],
            "rules[1].rulePriority",
            "2 is that of rules[0] already",
        ),
        (
            [rule(2, ["a", "b"], keep=1, key="tagPrefixList"), rule(1, ["b"], keep=1, key="tagPrefixList")],
            "rules[1].selection.tagPrefixList",
            "rule 1: 'b' stands in rule 2 already",
        ),
        (
            [rule(1, ["a", "a"], keep=1, key="tagPrefixList")],
            "rules[0].selection.tagPrefixList",
            "rule 1: 'a' stands in rule 1 already",
        ),
        (
            [rule(1, "untagged", keep=1), rule(2, "untagged", days=5)],
            "rules[1].selection.tagStatus",
            "rule 2: rule 1 selects untagged images already, and only one rule may",
        ),
        (
            [rule(7, "untagged", keep=1), rule(2, "any", days=5)],
            "rules[1].rulePriority",
            "rule 2: a rule on any image comes last, behind rule 7",
        ),
        (
            [rule(1, "any", keep=1), rule(2, "any", days=5)],
            "rules[0].rulePriority",
            "rule 1: a rule on any image comes last, behind rule 2",
        ),
    ],
)
def test_rules_that_contradict_each_other_are_refused(rules: list[Any], place: str, reason: str) -> None:
    assert refused(text_of(*rules)) == (place, reason)


def test_each_storage_class_has_its_own_rule_on_any_image_and_its_own_prefixes() -> None:
    archived: Any = {"since": "sinceImageTransitioned", "days": 90}
    rules = parse_policy(
        text_of(
            rule(1, ["a"], keep=1, key="tagPrefixList"),
            rule(2, "untagged", keep=1),
            rule(3, "any", keep=1),
            rule(4, ["a"], key="tagPrefixList", **archived),
            rule(5, "untagged", **archived),
            rule(6, "any", **archived),
        )
    ).rules
    assert [one.storage_class for one in rules] == [StorageClass.STANDARD] * 3 + [StorageClass.ARCHIVE] * 3
