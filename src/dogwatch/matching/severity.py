"""Severity: CVSS vectors become scores in tenths, scores and words become labels.

Here: one statement at a time; which of several counts is decided in `resolve`. A malformed vector is a result, not an
error.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from cvss import CVSS2, CVSS3, CVSS4
from cvss.exceptions import CVSSError

from dogwatch.model.advisories import SeverityFact
from dogwatch.model.facts import NVD
from dogwatch.model.matches import Score, Severity

MAX_VECTOR_CHARACTERS = 512
"""The longest vector of CVSS 4.0 with every metric has about 220 characters; what is far longer is not a vector."""

_KEPT_VECTORS = 16_384
"""Vectors repeat; scoring one of CVSS 4.0 takes about 50 µs."""

_LOW, _MEDIUM, _HIGH, _CRITICAL = 1, 40, 70, 90
"""Least tenths of each label; 0.0 is informational."""

_WORDS = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "important": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "low": Severity.LOW,
    "minor": Severity.LOW,
    "negligible": Severity.INFORMATIONAL,
    "unimportant": Severity.INFORMATIONAL,
    "informational": Severity.INFORMATIONAL,
    "none": Severity.INFORMATIONAL,
}


def label_of_score(tenths: int) -> Severity:
    """Return the label of a score.

    Units:
        Tenths of a point: 98 is 9.8.

    Source:
        CVSS 3.1 and 4.0, qualitative severity rating scale; 0.0 is called informational here.
    """
    if tenths >= _CRITICAL:
        return Severity.CRITICAL
    if tenths >= _HIGH:
        return Severity.HIGH
    if tenths >= _MEDIUM:
        return Severity.MEDIUM
    return Severity.LOW if tenths >= _LOW else Severity.INFORMATIONAL


def label_of_word(word: str) -> Severity:
    """Return the label of a source's own word: GitHub's, Debian's urgency (`high**`), Ubuntu's priority, Red Hat's.

    Words that judge nothing ("not yet assigned", "end-of-life") and unknown ones are untriaged.
    """
    return _WORDS.get(word.strip().rstrip("*").lower(), Severity.UNTRIAGED)


def score_of(fact: SeverityFact, source: str) -> Score | None:
    """Return the score of a statement about severity.

    Args:
        fact: a CVSS vector of any version, or a word.
        source: who states it.

    Returns:
        The score with its vector as written; None for a word and for a vector that cannot be read (`why_not_scored`).
    """
    if fact.is_word:
        return None
    scored = _scored(fact.value)
    return scored if scored is None else Score(scored[0], fact.value, scored[1], source)


def scores_of(stated: Iterable[tuple[SeverityFact, str]]) -> tuple[Score, ...]:
    """Return every score of statements on severity, each with who states it: each score once, in their order."""
    scores = (score_of(fact, source) for fact, source in stated)
    return tuple(dict.fromkeys(score for score in scores if score is not None))


def why_not_scored(fact: SeverityFact) -> str:
    """Say why a statement has no score; empty where it has one."""
    if fact.is_word:
        return "severity is a word"
    if len(fact.value) > MAX_VECTOR_CHARACTERS:
        return f"CVSS vector is longer than {MAX_VECTOR_CHARACTERS} characters"
    return "CVSS vector cannot be read" if _scored(fact.value) is None else ""


def why_this_severity(severity: Severity, score: Score | None) -> str:
    """Say which statement a resolved severity follows, and why that one; see `resolve`, step 3.

    Args:
        severity: of an assessment.
        score: of the same one.
    """
    if score is None:
        is_word = severity is not Severity.UNTRIAGED
        return "the word of the advisory; nobody gives a score" if is_word else "nobody gives a score or a word"
    if label_of_score(score.tenths) is not severity:
        return "the word of the distribution on its own package, which comes before any score"
    named = f"CVSS {score.version}"
    if score.source == NVD:
        return f"{named} by NVD, which comes before an advisory's unless a distribution scores its own package"
    if score.source.startswith(f"{NVD}:"):
        return f"{named} by {score.source.removeprefix(f'{NVD}:')}, as NVD hands it on; there is no better one"
    return f"{named} by the advisory"


@lru_cache(maxsize=_KEPT_VECTORS)
def _scored(vector: str) -> tuple[int, str] | None:
    """Return tenths and CVSS version by what the vector itself says; None where it is not a vector.

    Source:
        CVSS 2.0, 3.0, 3.1 base scores; CVSS 4.0 with the threat and environmental metrics that the vector carries.
    """
    if len(vector) > MAX_VECTOR_CHARACTERS:
        return None
    try:
        if vector.startswith("CVSS:4.0/"):
            return _tenths(CVSS4(vector).base_score), "4.0"
        if vector.startswith(("CVSS:3.0/", "CVSS:3.1/")):
            return _tenths(CVSS3(vector).base_score), vector[5:8]
        return _tenths(CVSS2(vector.removeprefix("(").removesuffix(")")).base_score), "2.0"
    except CVSSError:
        return None


def _tenths(score: object) -> int:
    return round(Decimal(str(score)) * 10)
