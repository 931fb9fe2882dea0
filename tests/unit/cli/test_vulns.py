"""What `dogwatch vulns show` says of the state of each range."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from dogwatch.cli.vulns import LISTING
from dogwatch.model.facts import KnownFacts
from dogwatch.model.vulnerabilities import AdvisoryView, RangeView, VulnerabilityView

NOW = datetime(2026, 7, 1, tzinfo=UTC)
RANGE = RangeView("npm", "a", "0", "", "", "", "not fixed", "affected", "")
WITHDRAWN = AdvisoryView("osv", "A-1", "", NOW, NOW, NOW, ())


def states(*advisories: AdvisoryView) -> list[str]:
    """The column that tells of states."""
    (column,) = (one for one in LISTING.columns if one.name == "fix_state")
    return [column.text(row) for row in LISTING.rows(VulnerabilityView("CVE-1", (), (), KnownFacts(), advisories, 0))]


def test_an_advisory_is_withdrawn_where_it_says_so_and_no_range_of_it_is_in_force_any_more() -> None:
    to_come = replace(WITHDRAWN, ranges=(RANGE, replace(RANGE, verdict="not affected")))
    odd = replace(to_come, withdrawn_at=None, ranges=(replace(RANGE, not_comparable="odd"),))
    assert states(WITHDRAWN, to_come, odd) == ["withdrawn", "not fixed", "not affected", "not comparable: odd"]
