"""Asking a scheme by its name, and the reason when there is no key."""

from __future__ import annotations

import pytest

from dogwatch.versions import MAX_VERSION_CHARACTERS, NotComparable, scheme_named, sort_key, why_not_comparable


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.0", None),
        ("", NotComparable.EMPTY),
        (" \t\n", NotComparable.EMPTY),
        ("1" * (MAX_VERSION_CHARACTERS + 1), NotComparable.TOO_LONG),
        ("1" * MAX_VERSION_CHARACTERS, None),
        ("1.${patch}", NotComparable.TEMPLATE),
        ("1.${\n}", NotComparable.TEMPLATE),
        ("{{version}}", NotComparable.TEMPLATE),
        ("@VERSION@", NotComparable.TEMPLATE),
        ("one", NotComparable.GRAMMAR),
        ("{1}", NotComparable.GRAMMAR),
        ("1@2", NotComparable.GRAMMAR),
    ],
)
def test_a_text_without_a_key_has_a_reason(text: str, reason: NotComparable | None) -> None:
    assert why_not_comparable("semver", text) is reason
    assert (sort_key("semver", text) is None) is (reason is not None)


def test_an_unknown_scheme_is_a_mistake_in_the_program_and_raises() -> None:
    with pytest.raises(KeyError):
        sort_key("rpm5", "1.0")
    with pytest.raises(KeyError):
        scheme_named("rpm5")
    with pytest.raises(KeyError):
        why_not_comparable("rpm5", "1.0")


def test_every_reason_reads_as_a_sentence_that_names_the_limit() -> None:
    assert str(MAX_VERSION_CHARACTERS) in NotComparable.TOO_LONG
