"""Labels held against what the product says of the same package: agreements, disagreements, and the reason of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg

from bench.accuracy.labels import APPLIES, DOES_NOT, Label
from bench.accuracy.placing import Placed
from dogwatch.matching import key_package
from dogwatch.model.judgements import Judgement
from dogwatch.model.packages import Package
from dogwatch.model.verdicts import Verdict
from dogwatch.store.connection import Database
from dogwatch.store.judgement import Judge

SILENT = "No record of the feed bears a name of the vulnerability"
ELSEWHERE = "Records bear the name, and are about other packages"
OUTSIDE = "The record is about the package, and its ranges leave the version out"
BROUGHT = "The range holds the version; the package is the distribution's own, by a label beside it or a note on one"
INSIDE = "The record is about the package, and a range of it holds the version"

_RANGES = """
SELECT DISTINCT affected_range.name, affected_range.introduced, affected_range.fixed, affected_range.last_affected
FROM vulnerability_name
JOIN advisory_vulnerability USING (vulnerability_id)
JOIN affected_range ON affected_range.advisory_id = advisory_vulnerability.advisory_id
                   AND affected_range.to_rev = 2147483647
WHERE vulnerability_name.name = ANY(%s::text[]) AND affected_range.ecosystem = %s
ORDER BY 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True)
class Held:
    """One label and the answer to it: `verdict` None where the product finds nothing.

    `reason` is empty where both agree; `detail` says what the records state. `is_known` says whether a record ties the
    vulnerability to the package at all.
    """

    label: Label
    package: Package
    verdict: Verdict | None
    is_known: bool
    reason: str
    detail: str

    @property
    def is_found(self) -> bool:
        """Whether the product reports it."""
        return self.verdict is Verdict.AFFECTED


def hold(database: Database, placed: Sequence[Placed], labels: Iterable[Label]) -> tuple[Held, ...]:
    """Judge the labels' packages by the stored advisories and compare.

    Args:
        database: with the feeds imported.
        placed: the labels that can be joined.
        labels: all of them, which tell of packages beside.
    """
    answers = _answers(Judge(database).judge(one.package for one in placed))
    brought = _Brought(labels)
    with database.transaction() as connection:
        return tuple(_hold(connection, one, answers, brought) for one in placed)


def _answers(judgement: Judgement) -> dict[tuple[Package, str], Verdict]:
    """Return (package, any name of a vulnerability) → verdict."""
    return {
        (one.package, name): one.assessment.verdict
        for one in judgement.judged
        for name in (one.vulnerability, *one.aliases)
    }


def _hold(
    connection: psycopg.Connection,
    one: Placed,
    answers: dict[tuple[Package, str], Verdict],
    brought: _Brought,
) -> Held:
    label, package, keyed = one.label, one.package, key_package(one.package)
    found = (answers.get((package, name)) for name in label.vulnerabilities)
    verdict = next((each for each in found if each is not None), None)
    ranges = connection.execute(_RANGES, (list(label.vulnerabilities), package.ecosystem)).fetchall()
    own = [row[1:] for row in ranges if row[0] == keyed.match_name]
    if keyed.key is None and own and verdict is None:
        verdict = Verdict.UNDETERMINED
    reason = ""
    if label.verdict == APPLIES and verdict in (None, Verdict.NOT_AFFECTED):
        reason = OUTSIDE if own else ELSEWHERE if ranges else SILENT
    elif label.verdict == DOES_NOT and verdict is Verdict.AFFECTED:
        reason = BROUGHT if brought.says_of(label) else INSIDE
    others = ", ".join(sorted({row[0] for row in ranges}))
    return Held(label, package, verdict, bool(own), reason, _ranges(own) if own else others)


class _Brought:
    """Knows of which Python packages labels say that the distribution's own package brought them.

    An inventory lists the distribution's package then, whose advisories speak for it. Either a label beside it names
    that one (`python3-yaml` 3.10-4 beside `PyYAML` 3.10), or a note on a label of the same version does.
    """

    def __init__(self, labels: Iterable[Label]) -> None:
        self._beside = {(label.image, label.name, label.version.partition("-")[0]) for label in labels}
        self._noted = {(label.name, label.version) for label in labels if f"python3-{label.name.lower()}" in label.note}

    def says_of(self, label: Label) -> bool:
        """Whether some label says so of this one's package."""
        name = label.name.lower()
        names = (f"{prefix}-{each}" for prefix in ("python3", "python") for each in (name, name.removeprefix("py")))
        is_beside = any((label.image, each, label.version) in self._beside for each in names)
        return is_beside or (label.name, label.version) in self._noted


def _ranges(rows: Sequence[tuple[str, str, str]]) -> str:
    return "; ".join(
        f"from {introduced or 0}" + (f", fixed in {fixed}" if fixed else f", up to {last}" if last else ", no end")
        for introduced, fixed, last in rows[:4]
    )
