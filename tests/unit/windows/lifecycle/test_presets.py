from __future__ import annotations

import pytest

from dogwatch.model.errors import NotFoundError
from dogwatch.windows.lifecycle import PRESETS, describe, parse_policy, preset_policy


def test_every_preset_is_a_policy() -> None:
    described = {name: [describe(rule) for rule in parse_policy(preset_policy(name)).rules] for name in PRESETS}
    untagged = "rule 1 (untagged) keeps 14 days after the push"
    assert described == {
        "untagged": [untagged],
        "unused": [
            untagged,
            "rule 2 (any image) keeps 90 days after the last pull",
            "rule 3 (any image) keeps 90 days in the archive",
        ],
    }


def test_a_preset_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(NotFoundError, match="no such preset: strict; there are untagged, unused"):
        preset_policy("strict")
