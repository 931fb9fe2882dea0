"""Scores, exploitation and probability on their whole path: from a mirror's folder to findings, day by day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from dogwatch.model.facts import Exploitation, KnownFacts, Probability, StatedScore
from dogwatch.model.matches import Score, Severity
from dogwatch.model.views import FindingQuery, FindingView
from tests.builders.facts import CRITICAL, LOW, epss_file, kev_entry, kev_file, nvd_file, nvd_record, put_facts
from tests.flow.world import ACCOUNT, World, small_world, vulnerable_image

DEBIAN, PYPI, NPM = "CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"


def _findings(world: World) -> list[FindingView]:
    found = world.app.views.findings(FindingQuery(ACCOUNT, sort="vulnerability", descending=False)).rows
    return list(found)


def _judged(world: World) -> list[tuple[str, str, int | None, str, str]]:
    """(vulnerability, severity, score, why, begin reason) of each finding."""
    return [
        (one.vulnerability, one.severity.name, one.score_tenths, one.severity_reason, one.begin_reason)
        for one in _findings(world)
    ]


def _nvd(vector: str, day: int) -> bytes:
    record = nvd_record(DEBIAN, ("nvd@nist.gov", vector), modified=f"2026-07-{day}T00:00:00.000")
    return nvd_file(record, timestamp=f"2026-07-{day}T12:00:00.000")


def test_facts_come_into_findings_and_change_them(database: str, tmp_path: Path) -> None:
    mirror = tmp_path / "feeds"
    put_facts(
        mirror,
        modified=_nvd(LOW, 15),
        kev=kev_file(kev_entry(DEBIAN)),
        epss=epss_file(f"{DEBIAN},0.01151,0.78086"),
    )
    with small_world(database, tmp_path, facts_off="") as world:
        feeds = [(one.source, one.records, one.missing) for one in world.app.views.feeds() if one.is_of_facts]
        world.push("team/app", vulnerable_image())
        world.app.run_until_idle()
        first, shown = _judged(world), _findings(world)[0]
        (whole,) = world.app.views.vulnerabilities(ACCOUNT, DEBIAN)
        put_facts(mirror, modified=_nvd(CRITICAL, 16))
        world.update_feeds()
        second = _judged(world)

    nobody = "nobody gives a score or a word"
    by_nvd = "CVSS 3.1 by NVD, which comes before an advisory's unless a distribution scores its own package"
    others = [(PYPI, "UNTRIAGED", None, nobody), (NPM, "UNTRIAGED", None, nobody)]
    assert feeds == [("nvd", 1, False), ("kev", 1, False), ("epss", 1, False)]
    assert [one[:4] for one in first] == [(DEBIAN, "LOW", 18, by_nvd), *others]
    assert [one[:4] for one in second] == [(DEBIAN, "CRITICAL", 98, by_nvd), *others]
    assert second[0][4] == "severity changed"
    assert (shown.severity, shown.scores) == (Severity.LOW, (Score(18, LOW, "3.1", "nvd"),))
    assert (whole.name, whole.images, whole.facts) == (DEBIAN, 1, shown.facts)
    assert shown.facts == KnownFacts(
        scores=(StatedScore("CVSS_V3", LOW, "nvd"),),
        exploitation=Exploitation(DEBIAN, date(2026, 7, 14), date(2026, 7, 28), False, "Update."),
        probability=Probability(DEBIAN, 11_510, 780_860),
        probability_on=date(2026, 1, 30),
    )
