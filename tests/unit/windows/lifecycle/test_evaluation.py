"""The worked cases of ECR's guide, and what they leave open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dogwatch.model.lifecycle import (
    LifecycleAction,
    LifecycleOutcome,
    LifecycleVerdict,
    StorageClass,
    StoredManifest,
)
from dogwatch.model.times import TICK
from dogwatch.windows.lifecycle import evaluate
from tests.builders.lifecycle import NOW, ago, manifest, policy, rule


def outcomes(rules: list[Any], *manifests: StoredManifest, in_use_days: int | None = 90) -> dict[str, LifecycleOutcome]:
    since = None if in_use_days is None else NOW - timedelta(days=in_use_days)
    return {one.digest: one for one in evaluate(policy(*rules), manifests, NOW, since)}


def gone(rules: list[Any], *manifests: StoredManifest) -> str:
    found = evaluate(policy(*rules), manifests, NOW, None)
    return " ".join(one.digest for one in found if one.verdict is LifecycleVerdict.GOES)


TWO_PREFIXES = (
    manifest("A", 10, "beta-1", "prod-1"),
    manifest("B", 9, "beta-2", "prod-2"),
    manifest("C", 8, "beta-3"),
)


def test_two_prefixes_the_first_rule_owns_what_it_sees() -> None:
    assert gone([rule(1, ["prod*"], keep=1), rule(2, ["beta*"], keep=1)], *TWO_PREFIXES) == "A"


def test_two_prefixes_the_other_way_round() -> None:
    assert gone([rule(1, ["beta*"], keep=1), rule(2, ["prod*"], keep=1)], *TWO_PREFIXES) == "A B"


def test_a_list_means_all_of_them_by_age() -> None:
    images = (
        manifest("A", 12, "alpha-1"),
        manifest("B", 11, "beta-1"),
        manifest("C", 10, "alpha-2", "beta-2"),
        manifest("D", 4, "alpha-3"),
        manifest("E", 3, "beta-3"),
        manifest("F", 2, "alpha-4", "beta-4"),
    )
    assert gone([rule(1, ["alpha*", "beta*"], days=5)], *images) == "C"


def test_a_list_means_all_of_them_by_count() -> None:
    images = (
        manifest("A", 10, "alpha-1", "beta-1", "gamma-1"),
        manifest("B", 9, "alpha-2", "beta-2"),
        manifest("C", 8, "alpha-3", "beta-3", "gamma-2"),
    )
    assert gone([rule(1, ["alpha*", "beta*"], keep=1)], *images) == "A B"


def test_any_counts_tagged_and_untagged_images() -> None:
    images = (manifest("A", 4, "alpha-1"), manifest("B", 3, "beta-1"), manifest("C", 2), manifest("D", 1, "alpha-2"))
    assert gone([rule(1, "any", keep=1)], *images) == "A B C"


def test_all_kinds_of_rules_at_once() -> None:
    images = (
        manifest("A", 4, "alpha-1", "beta-1"),
        manifest("B", 3),
        manifest("C", 2, "alpha-2"),
        manifest("D", 1.0, "4f2a9c"),
        manifest("E", 0.9),
    )
    rules = [rule(1, ["alpha*"], keep=1), rule(2, "untagged", days=1), rule(3, "any", keep=1)]
    assert gone(rules, *images) == "A B D"


def test_every_image_gets_one_outcome_with_its_reason() -> None:
    images = (
        manifest("A", 4, "alpha-1"),
        manifest("B", 2, "alpha-2"),
        manifest("C", 31),
        manifest("D", 5),
        manifest("E", 99, "other"),
    )
    found = outcomes([rule(1, ["alpha*"], keep=1), rule(2, "untagged", days=30)], *images)
    expire, standard = LifecycleAction.EXPIRE, StorageClass.STANDARD
    goes, stays = LifecycleVerdict.GOES, LifecycleVerdict.STAYS
    first, second = "rule 1 (tagged alpha*) keeps 1", "rule 2 (untagged) keeps 30 days after the push"
    assert found == {
        "E": LifecycleOutcome("E", ("other",), ago(99), standard, stays, None, None, None, "no rule is about it"),
        "C": LifecycleOutcome("C", (), ago(31), standard, goes, 2, expire, ago(1), f"pushed on 2026-10-24, {second}"),
        "D": LifecycleOutcome("D", (), ago(5), standard, stays, 2, expire, ago(-25), f"pushed on 2026-11-19, {second}"),
        "A": LifecycleOutcome(
            "A", ("alpha-1",), ago(4), standard, goes, 1, expire, None, f"number 2 of 2 from the youngest, {first}"
        ),
        "B": LifecycleOutcome(
            "B", ("alpha-2",), ago(2), standard, stays, 1, expire, None, f"number 1 of 2 from the youngest, {first}"
        ),
    }
    assert list(found) == ["E", "C", "D", "A", "B"]  # oldest first


def test_older_than_n_days_is_more_than_n_days() -> None:
    exactly = StoredManifest("A", (), ago(30))
    barely = StoredManifest("B", (), ago(30) - TICK)
    assert gone([rule(1, "any", days=30)], exactly, barely) == "B"


def test_more_days_than_the_calendar_has_keep_everything() -> None:
    assert gone([rule(1, "any", days=999_999_999)], manifest("A", 9_000)) == ""


@pytest.mark.parametrize(
    ("image", "goes", "why"),
    [
        (manifest("A", 200, pulled_at=ago(91)), True, "last pulled on 2026-08-25"),
        (manifest("A", 200, pulled_at=ago(89)), False, "last pulled on 2026-08-27"),
        (manifest("A", 91), True, "never pulled, pushed on 2026-08-25"),
        (manifest("A", 89), False, "never pulled, pushed on 2026-08-27"),
        (
            manifest("A", 900, pulled_at=ago(800), archived_at=ago(500), restored_at=ago(10)),
            False,
            "not pulled since it was restored on 2026-11-14",
        ),
        (
            manifest("A", 900, pulled_at=ago(95), archived_at=ago(500), restored_at=ago(100)),
            True,
            "last pulled on 2026-08-21",
        ),
        (manifest("A", 900, archived_at=ago(500), restored_at=ago(91)), True, "never pulled, restored on 2026-08-25"),
        (manifest("A", None, pulled_at=ago(91)), True, "last pulled on 2026-08-25"),
    ],
)
def test_since_the_last_pull_or_what_stands_in_for_it(image: StoredManifest, goes: bool, why: str) -> None:
    only = outcomes([rule(1, "any", days=90, since="sinceImagePulled", action="transition")], image)["A"]
    assert (only.verdict is LifecycleVerdict.GOES, only.action) == (goes, LifecycleAction.ARCHIVE)
    assert only.why == f"{why}, rule 1 (any image) keeps 90 days after the last pull"


def test_what_was_restored_counts_as_pushed_then() -> None:
    old = manifest("A", 900, archived_at=ago(500), restored_at=ago(1))
    assert gone([rule(1, "any", days=30)], old) == ""
    assert gone([rule(1, "any", keep=1)], old, manifest("B", 2)) == "B"


def test_each_storage_class_has_its_own_rules_and_its_own_count() -> None:
    archived: Any = {"storage_class": StorageClass.ARCHIVE}
    images = (
        manifest("A", 900, "v1", archived_at=ago(366), **archived),
        manifest("B", 800, "v2", archived_at=ago(365), **archived),
        manifest("C", 100, "v3"),
        manifest("D", 50, "v4"),
    )
    rules = [rule(1, ["v*"], keep=1), rule(2, "any", days=365, since="sinceImageTransitioned")]
    assert gone(rules, *images) == "A C"


def test_what_an_index_names_stays_until_the_index_is_gone_or_archived() -> None:
    index = manifest("I", 40, "v1")
    child = manifest("C", 40, named_by=("I",))
    rules = [rule(1, "untagged", days=30), rule(2, "any", keep=9)]
    found = outcomes(rules, index, child)["C"]
    assert (found.verdict, found.rule) == (LifecycleVerdict.NAMED, 1)
    assert found.why.startswith("stays as long as the image index I names it; pushed on 2026-10-15")
    assert gone(rules, child) == "C"
    archived = manifest("I", 40, "v1", storage_class=StorageClass.ARCHIVE, archived_at=ago(1))
    assert gone(rules, archived, child) == "C"


def test_an_index_and_what_it_names_do_not_go_at_the_same_time() -> None:
    found = outcomes([rule(1, "any", days=30)], manifest("I", 40, "v1"), manifest("C", 40, named_by=("I",)))
    assert [found["I"].verdict, found["C"].verdict] == [LifecycleVerdict.GOES, LifecycleVerdict.NAMED]


def test_what_is_in_use_is_spared_unless_that_is_asked_for() -> None:
    used = manifest("A", 100, in_use_at=ago(90))
    found = outcomes([rule(1, "any", days=30)], used)["A"]
    assert (found.verdict, found.rule, found.action) == (LifecycleVerdict.IN_USE, 1, LifecycleAction.EXPIRE)
    assert found.why.startswith("spared, as it was seen in use on 2026-08-26; pushed on 2026-08-16")
    assert outcomes([rule(1, "any", days=30)], used, in_use_days=89)["A"].verdict is LifecycleVerdict.GOES
    assert outcomes([rule(1, "any", days=30)], used, in_use_days=None)["A"].verdict is LifecycleVerdict.GOES


def test_what_is_spared_still_counts() -> None:
    images = (manifest("A", 3), manifest("B", 2, in_use_at=NOW), manifest("C", 1))
    found = outcomes([rule(1, "any", keep=1)], *images)
    assert [found[name].verdict.name for name in "ABC"] == ["GOES", "IN_USE", "STAYS"]


def test_an_image_whose_push_was_never_seen_is_neither_old_nor_young() -> None:
    images = (manifest("A", 3), manifest("B", 2), manifest("X", None))
    found = outcomes([rule(1, "any", keep=2)], *images)
    assert [found[name].verdict.name for name in "ABX"] == ["STAYS", "STAYS", "UNKNOWN"]
    found = outcomes([rule(1, "any", days=1)], *images)
    assert [found[name].verdict.name for name in "ABX"] == ["GOES", "GOES", "UNKNOWN"]
    assert found["X"].why == "its push was never seen, so nobody knows how old it is"
