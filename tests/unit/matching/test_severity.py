"""Vectors, scores, words and labels."""

from __future__ import annotations

import pytest

from dogwatch.matching import label_of_score, label_of_word, score_of, why_not_scored
from dogwatch.matching.severity import MAX_VECTOR_CHARACTERS
from dogwatch.model.advisories import SeverityFact
from dogwatch.model.matches import Score, Severity


@pytest.mark.parametrize(
    ("tenths", "label"),
    [
        (0, Severity.INFORMATIONAL),
        (1, Severity.LOW),
        (39, Severity.LOW),
        (40, Severity.MEDIUM),
        (69, Severity.MEDIUM),
        (70, Severity.HIGH),
        (89, Severity.HIGH),
        (90, Severity.CRITICAL),
        (100, Severity.CRITICAL),
    ],
)
def test_a_score_has_the_label_of_its_step(tenths: int, label: Severity) -> None:
    assert label_of_score(tenths) is label


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("CRITICAL", Severity.CRITICAL),
        ("Important", Severity.HIGH),
        ("high**", Severity.HIGH),
        ("MODERATE", Severity.MEDIUM),
        ("medium", Severity.MEDIUM),
        (" low* ", Severity.LOW),
        ("negligible", Severity.INFORMATIONAL),
        ("unimportant", Severity.INFORMATIONAL),
        ("not yet assigned", Severity.UNTRIAGED),
        ("end-of-life", Severity.UNTRIAGED),
        ("", Severity.UNTRIAGED),
    ],
)
def test_a_word_has_its_label_and_one_that_judges_nothing_is_untriaged(word: str, label: Severity) -> None:
    assert label_of_word(word) is label


@pytest.mark.parametrize(
    ("kind", "vector", "tenths", "version"),
    [
        ("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98, "3.1"),
        ("CVSS_V3", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 75, "3.0"),
        ("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0, "3.1"),
        ("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O", 98, "3.1"),
        ("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N", 87, "4.0"),
        ("CVSS_V2", "AV:N/AC:L/Au:N/C:P/I:P/A:P", 75, "2.0"),
        ("CVSS_V2", "(AV:N/AC:L/Au:N/C:P/I:P/A:P)", 75, "2.0"),
        ("CVSS_V3", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N", 87, "4.0"),
    ],
)
def test_a_vector_has_its_score_in_tenths_and_the_version_it_names_itself(
    kind: str, vector: str, tenths: int, version: str
) -> None:
    fact = SeverityFact(kind, vector)
    assert score_of(fact, "osv") == Score(tenths, vector, version, "osv")
    assert why_not_scored(fact) == ""


@pytest.mark.parametrize(
    "vector",
    [
        "",
        "7.5",
        "CVSS:3.1/",
        "CVSS:3.1/AV:N",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:Z",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/A:L",
        "CVSS:9.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:4.0/AV:N/AC:L/AT:N",
        "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "\x00",
        "é" * 100,
    ],
)
def test_a_vector_that_cannot_be_read_has_no_score_and_a_reason(vector: str) -> None:
    fact = SeverityFact("CVSS_V3", vector)
    assert score_of(fact, "osv") is None
    assert why_not_scored(fact) == "CVSS vector cannot be read"


def test_a_text_far_longer_than_any_vector_is_not_even_read() -> None:
    fact = SeverityFact("CVSS_V3", "CVSS:3.1/" + "A" * MAX_VECTOR_CHARACTERS)
    assert score_of(fact, "osv") is None
    assert why_not_scored(fact) == "CVSS vector is longer than 512 characters"


def test_a_word_has_no_score() -> None:
    assert score_of(SeverityFact("TEXT", "HIGH"), "osv") is None
    assert why_not_scored(SeverityFact("TEXT", "HIGH")) == "severity is a word"
