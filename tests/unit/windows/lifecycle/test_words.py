from __future__ import annotations

from dataclasses import replace

import pytest

from dogwatch.model.lifecycle import LifecycleAction, LifecycleOutcome, LifecycleVerdict, StorageClass
from dogwatch.windows.lifecycle import describe, tell
from tests.builders.lifecycle import NOW, policy, rule

OUTCOME = LifecycleOutcome(
    "A", ("v1",), NOW, StorageClass.STANDARD, LifecycleVerdict.GOES, 1, LifecycleAction.EXPIRE, None, "it is old"
)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (OUTCOME, "would be deleted: it is old"),
        (replace(OUTCOME, action=LifecycleAction.ARCHIVE), "would be archived: it is old"),
        (replace(OUTCOME, digest="I"), "its image index I would be deleted: it is old"),
        (replace(OUTCOME, verdict=LifecycleVerdict.IN_USE), "it is old"),
    ],
)
def test_what_would_happen_is_said_as_what_would_happen(outcome: LifecycleOutcome, told: str) -> None:
    assert tell(outcome, "A") == told


def test_a_rule_with_many_long_tags_is_described_shortly() -> None:
    (only,) = policy(rule(1, ["x" * 500 + "*"] * 9, keep=3)).rules
    assert describe(only) == f"rule 1 (tagged {'x' * 100}…) keeps 3"


def test_prefixes_are_described_as_patterns() -> None:
    (only,) = policy(rule(1, ["a", "b"], keep=3_000, key="tagPrefixList")).rules
    assert describe(only) == "rule 1 (tagged a* and b*) keeps 3,000"
