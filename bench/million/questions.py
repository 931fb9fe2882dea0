"""The lists of findings that are asked for: 31 filters in all offered orders, as users combine them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.million.shape import ACCOUNTS
from bench.million.world import LARGEST
from dogwatch.app.process import App
from dogwatch.model.views import FindingQuery

SORTS = {
    "what a vulnerability says": ("severity", "score", "vulnerability", "source"),
    "what an image says": ("pushed_at", "repository"),
    "time": ("first_observed_at", "last_observed_at"),
}
"""Offered orders, by what they go along."""

Texts = Mapping[str, list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Vulnerabilities that many and few inventories have."""

    common: str
    rare: str


def filters(app: App, now: datetime) -> Mapping[str, FindingQuery]:
    """Return the filters by name, each in the order by severity."""
    drawn = _draw(app)
    critical, high = _equal("severity", "CRITICAL"), _equal("severity", "HIGH")
    fixed, unfixed = _equal("fix", "YES"), _equal("fix", "NO")
    team = {"repository": [("PREFIX", "team-07/")]}
    tagged, common = {"tag": [("PREFIX", "v9.")]}, _equal("vulnerability", drawn.common)
    recent = {"first_observed_at": [(now - timedelta(days=7), None)]}
    pushed = {"pushed_at": [(now - timedelta(days=30), None)]}
    small = ACCOUNTS[2]
    return {
        "none": _query(),
        "CRITICAL": _query(critical),
        "CRITICAL or HIGH": _query({"severity": [*critical["severity"], *high["severity"]]}),
        "with a fix": _query(fixed),
        "without a fix": _query(unfixed),
        "active": _query(_equal("status", "ACTIVE")),
        "closed": _query(_equal("status", "CLOSED")),
        "a team": _query(team),
        "one repository": _query(_equal("repository", "team-07/service-57")),
        "any but one repository": _query({"repository": [("NOT_EQUALS", "team-07/service-57")]}),
        "a small account": _query(account=small),
        "a tag of each repository": _query(_equal("tag", "latest")),
        "a tag of a few images": _query(_equal("tag", "v15.3")),
        "tags by prefix": _query(tagged),
        "arm64": _query(_equal("architecture", "arm64")),
        "one image": _query(_equal("image", "4711")),
        "a common vulnerability": _query(common),
        "a rare vulnerability": _query(_equal("vulnerability", drawn.rare)),
        "a common package": _query(_equal("package", "lib1")),
        "a rare package": _query(_equal("package", "made-up-29000")),
        "npm": _query(_equal("ecosystem", "npm")),
        "score of 9 and more": FindingQuery(LARGEST, numbers={"score": [(9.0, None)]}),
        "first observed in 7 days": FindingQuery(LARGEST, times=recent),
        "pushed in 30 days": FindingQuery(LARGEST, times=pushed),
        "CRITICAL, a fix, a team": _query({**critical, **fixed, **team}),
        "CRITICAL, no fix, 7 days, a small account": FindingQuery(small, texts={**critical, **unfixed}, times=recent),
        "INFORMATIONAL, a small account": _query(_equal("severity", "INFORMATIONAL"), account=small),
        "a common package, tags by prefix, a fix": _query({**_equal("package", "lib1"), **tagged, **fixed}),
        "a common vulnerability, a team": _query({**common, **team}),
        "7 days, tags by prefix": FindingQuery(LARGEST, texts=tagged, times=recent),
        "HIGH, active, pushed in 30 days": FindingQuery(
            LARGEST, texts={**high, **_equal("status", "ACTIVE")}, times=pushed
        ),
    }


def _query(texts: Texts | None = None, account: str = LARGEST) -> FindingQuery:
    return FindingQuery(account, texts=texts or {})


def _equal(field: str, value: str) -> dict[str, list[tuple[str, str]]]:
    return {field: [("EQUALS", value)]}


def _draw(app: App) -> _Drawn:
    """Find the vulnerability that most package versions have, and one that a single package version has."""
    query = """
        SELECT vulnerability.name FROM exposure JOIN vulnerability ON vulnerability.id = vulnerability_id
        WHERE to_at = '9999-12-31Z' AND package_id IN (SELECT package_id FROM set_package)
        GROUP BY vulnerability.id ORDER BY {order}, vulnerability.name LIMIT 1
    """
    with app.database.transaction() as connection:
        found = [
            connection.execute(query.replace("{order}", order).encode()).fetchone()
            for order in ("count(*) DESC", "count(*), min(package_id) DESC")
        ]
    common, rare = (str(row[0]) for row in found if row is not None)
    return _Drawn(common, rare)
