"""One sentence on what a package and a vulnerability come to: what is said of a fix."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dogwatch.matching import conclude
from dogwatch.model.advisories import FixState
from dogwatch.model.explanations import ConsideredRange, JudgedName, Standing
from dogwatch.model.matches import Assessment, Severity
from dogwatch.model.verdicts import Verdict
from dogwatch.model.vulnerabilities import RangeView

NOW = datetime(2026, 7, 1, tzinfo=UTC)
NAME = JudgedName("glibc", "1.5", "dpkg", "00")
FOCAL, PRO, OTHER = "Ubuntu:20.04:LTS", "Ubuntu:Pro:20.04:LTS", "Ubuntu:Pro:22.04:LTS"


def considered(
    ecosystem: str, *, fixed: str = "", last: str = "", introduced: str = "0", name: str = "glibc"
) -> ConsideredRange:
    """A range; that of the plain release is the one that decides."""
    is_own = ecosystem == FOCAL
    view = RangeView(ecosystem, name, introduced, fixed, last, "", "", "affected", "")
    told = ("CVE-2026-1", "osv", "A-1", NOW, "in force", 1, NOW, None, view, "", "")
    return ConsideredRange(*told, Standing.INSIDE if is_own else Standing.ELSEWHERE, "", "decides" if is_own else "")


@pytest.mark.parametrize(
    ("state", "ranges", "expected"),
    [
        (FixState.NOT_FIXED, [considered(FOCAL)], "not fixed"),
        (FixState.UNKNOWN, [considered(FOCAL)], "no fix is named"),
        (
            FixState.UNKNOWN,
            [considered(FOCAL, last="1.6")],
            "no fixed version is known, and above 1.6 it is not affected",
        ),
        (FixState.UNKNOWN, [considered(FOCAL, introduced="1.5", last="1.5")], "no fix is named"),  # a listed version
        (FixState.WILL_NOT_FIX, [considered(FOCAL)], "will not fix"),
        (
            FixState.WILL_NOT_FIX,
            [considered(FOCAL), considered(OTHER, fixed="1.7"), considered(PRO, fixed="1.6+esm1")],
            "will not fix; fixed for Ubuntu Pro alone, in 1.6+esm1",
        ),
        (FixState.WILL_NOT_FIX, [considered(FOCAL), considered(PRO, fixed="9", name="dpkg")], "will not fix"),
    ],
)
def test_what_is_said_of_a_fix(state: FixState, ranges: list[ConsideredRange], expected: str) -> None:
    assessment = Assessment(Verdict.AFFECTED, state, "", Severity.HIGH, None, "A-1", "osv")
    verdict, sentence = conclude(NAME, "CVE-2026-1", assessment, ranges)
    assert (verdict, sentence) == (
        "affected",
        f"glibc 1.5 is affected by CVE-2026-1, as A-1 (osv) says; {expected}.",
    )
