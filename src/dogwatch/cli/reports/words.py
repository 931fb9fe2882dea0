"""What all formats say alike: where to read on, numbers for severities, and what could not be seen."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from dogwatch.cli.rendering import plural, rfc3339
from dogwatch.model.judgements import IgnoreRule, NotCompared, Report, ReportedFinding
from dogwatch.model.matches import Severity
from dogwatch.model.packages import Package
from dogwatch.model.release_endings import RELEASES_ECOSYSTEM, why_nothing_follows
from dogwatch.model.views import FeedView, VulnerablePackage

PackageKey = Package
"""What tells packages of one thing apart."""

_STANDING_FOR = {
    Severity.CRITICAL: 95,
    Severity.HIGH: 80,
    Severity.MEDIUM: 55,
    Severity.LOW: 20,
    Severity.INFORMATIONAL: 0,
}
"""Tenths in the middle of each label's span."""

_LEAST = {Severity.CRITICAL: 90, Severity.HIGH: 70, Severity.MEDIUM: 40, Severity.LOW: 1, Severity.INFORMATIONAL: 0}


def page_of(finding: ReportedFinding) -> str:
    """Return the address of a page about a finding's deciding advisory."""
    return f"https://osv.dev/vulnerability/{finding.advisory or finding.vulnerability}"


def severity_number(finding: ReportedFinding) -> str:
    """Return a number from 0.0 to 10.0 whose label is the finding's severity; empty where nobody rated it.

    The score, where it agrees with the label; a distribution's own word may differ from it, and then the label counts.
    """
    if finding.severity is Severity.UNTRIAGED:
        return ""
    tenths = finding.score.tenths if finding.score else -1
    above = min((least for label, least in _LEAST.items() if label > finding.severity), default=101)
    if not _LEAST[finding.severity] <= tenths < above:
        tenths = _STANDING_FOR[finding.severity]
    return f"{tenths / 10:.1f}"


def key_of(package: VulnerablePackage) -> PackageKey:
    """Return the package itself, without what is said of it."""
    return Package(
        package.ecosystem,
        package.name,
        package.version,
        package.arch,
        package.source_name,
        package.source_version,
    )


def package_urls(report: Report) -> dict[PackageKey, str]:
    """Return the package URL of every package that was found."""
    return {one.package: one.package_url for one in report.examined.packages}


def distinct(finding: ReportedFinding) -> dict[PackageKey, list[VulnerablePackage]]:
    """Return a finding's packages, each with all its places."""
    packages: dict[PackageKey, list[VulnerablePackage]] = {}
    for package in finding.packages:
        packages.setdefault(key_of(package), []).append(package)
    return packages


def rule_in_words(rule: IgnoreRule) -> str:
    """Say what a rule ignores and why."""
    what = " in ".join(part for part in (rule.vulnerability, rule.package) if part)
    until = f", until {rule.until.isoformat()}" if rule.until else ""
    return f"{what}: {rule.reason or 'no reason given'}{until}{f' ({rule.origin})' if rule.origin else ''}"


def not_compared_in_words(one: NotCompared) -> str:
    """Say which package could not be compared, with how many advisories, and why."""
    package = one.package
    count = plural(one.advisories, "advisory", "advisories")
    return f"{package.ecosystem} {package.name} {package.version}: {count} could not be compared: {one.reason}"


def ended_releases(report: Report) -> Iterator[str]:
    """Yield a sentence on each release that has ended, whatever is left out of the findings."""
    for one in report.examined.packages:
        if one.package.ecosystem == RELEASES_ECOSYSTEM:
            sentence = why_nothing_follows(one.package.version, report.reported_at)
            yield from [f"{sentence}."] if sentence else []


def unseen(report: Report) -> Iterator[tuple[str, str]]:
    """Yield (identifier, sentence) of everything that could not be seen or compared."""
    for gap in report.gaps:
        where = f"{gap.path}: " if gap.path else ""
        yield str(gap.kind), f"{where}{gap.detail} ({gap.consequence})"
    for one in report.not_compared:
        yield "undetermined", not_compared_in_words(one)


def feeds_in_words(report: Report) -> Iterator[tuple[str, str]]:
    """Yield (source and ecosystem, state) of each feed that speaks for the packages."""
    for feed in report.feeds:
        state = "never imported" if feed.missing else f"asked {rfc3339(feed.checked_at)}"
        yield f"{feed.source} {feed.ecosystem}", state + marks_of(feed)


def marks_of(feed: FeedView) -> str:
    """Return what has to be known of a feed to read its silence, behind its state."""
    return (", stale" if feed.stale else "") + (", fixes only" if feed.tells_fixes_only else "")


def report_uuid(report: Report, format: str) -> uuid.UUID:
    """Return an identifier of this report: the same for the same thing, moment and format."""
    subject = report.examined.subject
    return uuid.uuid5(
        uuid.NAMESPACE_URL, "\n".join((format, subject.name, subject.digest, report.reported_at.isoformat()))
    )
