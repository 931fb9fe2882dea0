"""What the server tells of advisories, made up: vulnerabilities, explanations, judgements, what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from dogwatch.model.advisories import FixState
from dogwatch.model.explanations import (
    ConsideredRange,
    Explanation,
    ExposureView,
    JudgedName,
    PackageJudgement,
    ShownSpan,
    Standing,
)
from dogwatch.model.journals import AdvisoryChange, Boundary, JournalDiff, Tally
from dogwatch.model.judgements import AdvisoryText, Judged, NotCompared
from dogwatch.model.matches import Assessment, Severity, Verdict
from dogwatch.model.packages import Package
from dogwatch.model.vulnerabilities import AdvisoryView, FoundVulnerability, NamedPackage, RangeView, VulnerabilityView
from tests.serve.shown import NOW, make_feed, make_finding


def make_vulnerability() -> VulnerabilityView:
    finding = make_finding()
    stated = RangeView("Debian:12", "openssl", "0", "3.0.14-1~deb12u1", "", "", "fixed", "affected", "")
    document = ("osv", finding.advisory, "A denial of service.", finding.published_at, NOW, None)
    return VulnerabilityView(
        name=finding.vulnerability,
        aliases=finding.aliases,
        scores=finding.scores,
        facts=finding.facts,
        advisories=(AdvisoryView(*document, (stated,), more_ranges=3),),
        images=1,
    )


def make_found_vulnerability() -> FoundVulnerability:
    finding = make_finding()
    return FoundVulnerability(
        name=finding.vulnerability,
        aliases=finding.aliases,
        severity=finding.severity,
        score=finding.scores[0],
        facts=replace(finding.facts, scores=()),
        packages=(NamedPackage("Debian:12", "openssl"),),
        more_packages=2,
        summary="A denial of service.",
        modified_at=NOW,
    )


def make_explanation(**changes: Any) -> Explanation:
    finding = make_finding()
    stated = RangeView("Debian:12", "openssl", "0", "3.0.14-1~deb12u1", "", "", "fixed", "affected", "")
    document = (finding.vulnerability, finding.source, finding.advisory, NOW - timedelta(days=30))
    place = ("in force", 7, NOW - timedelta(days=3), None)
    one = Explanation(
        package=Package("Debian:12", "libssl3", "3.0.9-1", "amd64", "openssl", "3.0.9-1"),
        package_url="pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12&upstream=openssl",
        judged_by=JudgedName("openssl", "3.0.9-1", "dpkg", "0102"),
        vulnerability=finding.vulnerability,
        aliases=finding.aliases,
        revision=9,
        verdict="affected",
        conclusion="openssl 3.0.9-1 is affected.",
        ranges=(ConsideredRange(*document, *place, stated, "", "0103", Standing.INSIDE, "3.0.9-1 < 3.1", "decides"),),
        more_ranges=2,
        exposures=(
            ExposureView(
                *("affected", "HIGH", 75, finding.score_vector, "osv", "fixed", "3.0.14-1~deb12u1", "osv"),
                finding.advisory,
                NOW - timedelta(days=3),
                None,
                "advisory added",
                "",
            ),
        ),
        feeds=(make_feed(),),
        feed_gaps=("osv Debian: last answered 2026-07-01 00:00 UTC",),
        shown=(ShownSpan(NOW - timedelta(days=3), NOW, "first inventory", "advisory withdrawn", 8),),
        more_packages=1,
    )
    return replace(one, **changes)


def make_package_judgement() -> PackageJudgement:
    finding, explained = make_finding(), make_explanation()
    fixed = Assessment(
        Verdict.AFFECTED, FixState.FIXED, "3.0.14-1~deb12u1", Severity.HIGH, finding.scores[0], finding.advisory, "osv"
    )
    outright = Assessment(Verdict.NOT_AFFECTED, FixState.UNKNOWN, "", Severity.UNTRIAGED, None, "DSA-1", "osv")
    text = AdvisoryText("A denial of service.", "", (), finding.published_at, finding.modified_at)
    facts = replace(finding.facts, scores=())
    return PackageJudgement(
        package=explained.package,
        package_url=explained.package_url,
        judged_by=explained.judged_by,
        revision=9,
        conclusion="openssl 3.0.9-1 is affected by 1 vulnerability.",
        judged=(
            Judged(
                explained.package,
                finding.vulnerability,
                finding.aliases,
                fixed,
                text,
                facts,
            ),
            Judged(explained.package, "CVE-2024-1", (), outright),
        ),
        total=7,
        next="",
        not_compared=(NotCompared(explained.package, "range: written in another version scheme (rpm)", 2),),
        feeds=explained.feeds,
        feed_gaps=explained.feed_gaps,
    )


def make_diff() -> JournalDiff:
    change = AdvisoryChange(8, NOW, "osv", "Debian", "DSA-1", "added", ("CVE-2024-1", "CVE-2024-2"), "A flaw.")
    begin, end = Boundary(7, NOW - timedelta(days=1)), Boundary(9, NOW)
    counts = ((Tally("added", 1),), (Tally("advisory added", 3),), (Tally("advisory withdrawn", 1),))
    return JournalDiff(begin, end, (change,), "more", *counts, are_more=True)
