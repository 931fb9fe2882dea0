from __future__ import annotations

import pytest

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import ScanFrequency
from dogwatch.model.scanning import ScanningConfiguration, ScanningRule, ScanType
from dogwatch.windows.scanning import check_scanning, frequency_of, is_filtered

CONTINUOUS, ON_PUSH, MANUAL = ScanFrequency.CONTINUOUS, ScanFrequency.ON_PUSH, ScanFrequency.MANUAL
NAMES = ("prod", "repo-prod", "prod-repo", "repo-prod-repo", "prodrepo")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prod", NAMES),
        ("*prod", ("prod", "repo-prod")),
        ("prod*", ("prod", "prod-repo", "prodrepo")),
        ("*prod*", NAMES),
        ("prod*repo", ("prod-repo", "prodrepo")),
    ],
)
def test_filters_name_what_the_guide_says(text: str, named: tuple[str, ...]) -> None:
    assert tuple(name for name in NAMES if is_filtered(text, name)) == named


def test_continuous_wins_over_on_push_and_what_no_rule_names_is_not_scanned() -> None:
    rules = (ScanningRule(ON_PUSH, ("prod*", "app")), ScanningRule(CONTINUOUS, ("*repo",)))
    configuration = ScanningConfiguration(rules=rules)
    assert {name: frequency_of(configuration, name) for name in ("prod-repo", "prod", "my/app", "other")} == {
        "prod-repo": (CONTINUOUS, ("*repo",)),
        "prod": (ON_PUSH, ("prod*",)),
        "my/app": (ON_PUSH, ("app",)),
        "other": (MANUAL, ()),
    }
    assert frequency_of(ScanningConfiguration(), "other") == (CONTINUOUS, ())
    assert frequency_of(ScanningConfiguration(ScanType.BASIC), "other") == (MANUAL, ())
    assert frequency_of(ScanningConfiguration(rules=(ScanningRule(CONTINUOUS, ()),)), "other") == (MANUAL, ())


def test_as_many_rules_and_filters_as_ecr_takes_are_taken() -> None:
    many = tuple(f"team-{number}/*" for number in range(99))
    longest = "a" * 255
    check_scanning(
        ScanningConfiguration(rules=(ScanningRule(CONTINUOUS, (*many, longest)), ScanningRule(ON_PUSH, ("*", "a.b_c"))))
    )


@pytest.mark.parametrize(
    ("configuration", "field"),
    [
        (ScanningConfiguration(rules=(ScanningRule(ON_PUSH, ("a",) * 101),)), "rules[0].repositoryFilters"),
        (ScanningConfiguration(rules=(ScanningRule(ON_PUSH, ("a",)),) * 2), "rules"),
        (ScanningConfiguration(rules=(ScanningRule(ON_PUSH, ("a",)),) * 3), "rules"),
        (ScanningConfiguration(rules=(ScanningRule(MANUAL, ("a",)),)), "rules[0].scanFrequency"),
        (ScanningConfiguration(ScanType.BASIC, (ScanningRule(CONTINUOUS, ("a",)),)), "rules[0].scanFrequency"),
        *(
            (ScanningConfiguration(rules=(ScanningRule(ON_PUSH, (text,)),)), "rules[0].repositoryFilters[0].filter")
            for text in ("", "A", "a b", "-a", "a-", "a__b", "a//b", "a\n", "ü", "a" * 256, "a" * 254 + "!")
        ),
    ],
)
def test_what_ecr_refuses_is_refused_at_its_place(configuration: ScanningConfiguration, field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check_scanning(configuration)
    assert caught.value.fields["field"] == field
