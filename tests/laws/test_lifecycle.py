"""Laws of lifecycle rules, and the law that they do what ECR's rules say, put as plainly as they can be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.lifecycle import (
    CountType,
    LifecyclePolicy,
    LifecycleRule,
    LifecycleVerdict,
    StorageClass,
    StoredManifest,
    TagStatus,
)
from dogwatch.windows.lifecycle import evaluate, parse_policy
from tests.builders.lifecycle import NOW, policy, rule

_TAGS = ["a1", "a2", "b1", "b2", "c"]
_MOMENTS = st.integers(0, 12).map(lambda days: NOW - timedelta(days=days, hours=1))
_LISTS = st.sampled_from([["a*"], ["b*"], ["a*", "b*"], ["*1"], ["c"], ["*"]])
SINCE = NOW - timedelta(days=3)


@st.composite
def _rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rules at hand, the last perhaps on any image, and perhaps one for the archive."""
    tagged = [_rule(draw, 2 * number + 1, draw(_LISTS)) for number in range(draw(st.integers(0, 3)))]
    untagged = [_rule(draw, 8, "untagged")] if draw(st.booleans()) else []
    every = [_rule(draw, 10, "any")] if draw(st.booleans()) or not (tagged or untagged) else []
    archived = [rule(4, "any", days=90, since="sinceImageTransitioned")] if draw(st.booleans()) else []
    return [*tagged, *untagged, *every, *archived]


def _rule(draw: st.DrawFn, priority: int, tags: str | list[str]) -> dict[str, Any]:
    if draw(st.booleans()):
        return rule(priority, tags, keep=draw(st.integers(1, 4)))
    if draw(st.booleans()):
        return rule(priority, tags, days=draw(st.integers(1, 12)))
    return rule(priority, tags, days=draw(st.integers(1, 12)), since="sinceImagePulled", action="transition")


@st.composite
def _worlds(draw: st.DrawFn) -> list[StoredManifest]:
    names = [f"sha256:{number}" for number in range(draw(st.integers(0, 9)))]
    free = list(_TAGS)  # a tag belongs to one image
    found = []
    for name in names:
        tags = tuple(free.pop() for _ in range(draw(st.integers(0, min(2, len(free))))))
        is_archived = draw(st.integers(0, 4)) == 0
        found.append(
            StoredManifest(
                name,
                tags,
                draw(st.none() | _MOMENTS | _MOMENTS),
                draw(st.none() | _MOMENTS),
                draw(st.none() | st.none() | _MOMENTS),
                StorageClass.ARCHIVE if is_archived else StorageClass.STANDARD,
                NOW - timedelta(days=draw(st.integers(80, 100)), hours=1) if is_archived else None,
                None if is_archived else draw(st.none() | _MOMENTS),
                tuple(draw(st.lists(st.sampled_from(names), max_size=1))),
                draw(st.sampled_from((None, None, NOW - timedelta(days=1), NOW))),
            )
        )
    return found


def _gone(chosen: LifecyclePolicy, world: Sequence[StoredManifest], now: datetime = NOW) -> set[str]:
    found = evaluate(chosen, world, now, now - timedelta(days=3))
    return {one.digest for one in found if one.verdict is LifecycleVerdict.GOES}


@given(_rules(), _worlds(), st.randoms(use_true_random=False))
def test_the_order_of_images_and_of_rules_in_the_text_does_not_matter(
    rules: list[dict[str, Any]], world: list[StoredManifest], dice: random.Random
) -> None:
    before = evaluate(policy(*rules), world, NOW, SINCE)
    dice.shuffle(rules)
    dice.shuffle(world)
    assert evaluate(policy(*rules), world, NOW, SINCE) == before


@given(_rules(), _worlds())
def test_every_image_gets_exactly_one_outcome_by_a_rule_that_is_about_it(
    rules: list[dict[str, Any]], world: list[StoredManifest]
) -> None:
    chosen = policy(*rules)
    found = evaluate(chosen, world, NOW, SINCE)
    assert sorted(one.digest for one in found) == sorted(one.digest for one in world)
    actions = {one.priority: (one.action, one.storage_class) for one in chosen.rules}
    for one in found:
        assert one.why
        if one.rule is not None:
            assert actions[one.rule] == (one.action, one.storage_class)


@given(_rules(), _worlds(), st.data())
def test_a_tighter_rule_takes_at_least_as_much(
    rules: list[dict[str, Any]], world: list[StoredManifest], data: st.DataObject
) -> None:
    chosen = policy(*rules)
    loose = data.draw(st.sampled_from(chosen.rules))
    tight = replace(loose, count=data.draw(st.integers(1, loose.count)))
    tighter = replace(chosen, rules=tuple(tight if one is loose else one for one in chosen.rules))
    assert _gone(chosen, world) <= _gone(tighter, world)


@given(_rules(), _worlds(), st.integers(0, 30))
def test_time_alone_takes_more_and_never_less(
    rules: list[dict[str, Any]], world: list[StoredManifest], days: int
) -> None:
    assert _gone(policy(*rules), world) <= _gone(policy(*rules), world, NOW + timedelta(days=days))


@given(_rules(), _worlds())
def test_what_is_due_then_goes_then_and_not_before(rules: list[dict[str, Any]], world: list[StoredManifest]) -> None:
    chosen = policy(*rules)
    for one in evaluate(chosen, world, NOW, None):
        if one.due_at is not None:
            after = {each.digest: each for each in evaluate(chosen, world, one.due_at + timedelta(seconds=1), None)}
            at = {each.digest: each for each in evaluate(chosen, world, one.due_at, None)}
            assert after[one.digest].verdict in (LifecycleVerdict.GOES, LifecycleVerdict.NAMED, LifecycleVerdict.HELD)
            assert at[one.digest].verdict is LifecycleVerdict.STAYS


@given(_rules(), _worlds())
def test_the_outcome_is_what_the_rules_say(rules: list[dict[str, Any]], world: list[StoredManifest]) -> None:
    chosen = policy(*rules)
    assert _gone(chosen, world) == {one.digest for one in world if _goes(chosen, one, world)}


def _goes(chosen: LifecyclePolicy, one: StoredManifest, world: Sequence[StoredManifest]) -> bool:
    """Say it image by image, from the sentences of the guide."""
    mine = [each for each in chosen.rules if each.storage_class is one.storage_class and _about(each, one)]
    if not mine or not _selects(mine[0], one, world):
        return False
    standing = {each.digest for each in world if each.storage_class is StorageClass.STANDARD}
    is_in_use = one.in_use_at is not None and one.in_use_at >= SINCE
    is_held = one.held_until is not None and one.held_until >= NOW
    return not is_in_use and not is_held and not standing.intersection(one.named_by)


def _about(given_rule: LifecycleRule, one: StoredManifest) -> bool:
    if given_rule.tag_status is TagStatus.UNTAGGED:
        return one.tags == ()
    wanted = given_rule.patterns
    return all(any(_glob(tag, pattern) for tag in one.tags) for pattern in wanted)


def _glob(tag: str, pattern: str) -> bool:
    """Compare as the definition of a star says: it stands for nothing, or for one character and itself."""
    if not pattern:
        return not tag
    if pattern[0] == "*":
        return _glob(tag, pattern[1:]) or (bool(tag) and _glob(tag[1:], pattern))
    return bool(tag) and tag[0] == pattern[0] and _glob(tag[1:], pattern[1:])


def _selects(given_rule: LifecycleRule, one: StoredManifest, world: Sequence[StoredManifest]) -> bool:
    age_limit = NOW - timedelta(days=given_rule.count)
    if given_rule.count_type is CountType.SINCE_ARCHIVED:
        return one.archived_at is not None and one.archived_at < age_limit
    pushed = _pushed(one)
    if given_rule.count_type is CountType.SINCE_PULLED:
        restored_later = one.pulled_at is None or (one.restored_at is not None and one.restored_at > one.pulled_at)
        moment = (one.restored_at or pushed) if restored_later else one.pulled_at
        moment = max(moment, pushed) if one.pulled_at is None and moment and pushed else moment
        return moment is not None and moment < age_limit
    if pushed is None:
        return False
    if given_rule.count_type is CountType.SINCE_PUSHED:
        return pushed < age_limit
    younger = [
        each
        for each in world
        if each.storage_class is one.storage_class
        and _about(given_rule, each)
        and (moment := _pushed(each)) is not None
        and (moment, each.digest) > (pushed, one.digest)
    ]
    return len(younger) >= given_rule.count


def _pushed(one: StoredManifest) -> datetime | None:
    known = [moment for moment in (one.pushed_at, one.restored_at) if moment is not None]
    return max(known) if known else None


@given(
    st.text(min_size=80, max_size=300) | st.binary(min_size=100, max_size=300).map(lambda one: one.decode("latin-1"))
)
def test_any_text_at_all_is_a_policy_or_refused(text: str) -> None:
    with suppress(InvalidRequestError):
        parse_policy(text)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 120)
    | st.sampled_from(["any", "days", "expire", "tagged", "archive", "a*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "rules",
                    "rulePriority",
                    "selection",
                    "action",
                    "tagStatus",
                    "countType",
                    "countNumber",
                    "countUnit",
                    "type",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_any_value_as_a_rule_is_a_policy_or_refused_with_its_place(value: Any) -> None:
    place = "rules[0]"
    try:
        policy(value)
    except InvalidRequestError as error:
        place = str(error.fields["field"])
    assert place.startswith("rules[0]")
