"""The report in JSON of our own shape: everything that is known, for programs that want it all."""

from __future__ import annotations

import msgspec

from dogwatch.cli.rendering import as_document, rfc3339
from dogwatch.cli.reports.words import PackageKey, distinct, package_urls
from dogwatch.model.judgements import IgnoreRule, Report, ReportedFinding
from dogwatch.model.views import VulnerablePackage

REPORT_VERSION = 1
"""Raised when a member changes its meaning or goes away."""

Document = dict[str, object]


def render_json(report: Report, version: str) -> str:
    """Return the report."""
    urls = package_urls(report)
    document: Document = {
        "report_version": REPORT_VERSION,
        "dogwatch_version": version,
        "reported_at": rfc3339(report.reported_at),
        "revision": report.revision,
        "subject": as_document(report.examined.subject) | {"base": as_document(report.examined.base)},
        "is_complete": report.is_complete,
        "packages": len(report.examined.packages),
        "findings": [_finding(one, urls) for one in report.findings],
        "ignored": [_finding(one.finding, urls) | {"ignored_by": _rule(one.rule)} for one in report.ignored],
        "hidden": report.hidden,
        "undetermined": [as_document(one) for one in report.not_compared],
        "gaps": [as_document(gap) | {"consequence": gap.consequence} for gap in report.gaps],
        "feeds": [as_document(feed) | {"fixes_only": feed.tells_fixes_only} for feed in report.feeds],
        "lapsed_rules": [_rule(rule) for rule in report.lapsed],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _rule(rule: IgnoreRule) -> Document:
    until = rule.until.isoformat() if rule.until else None
    return {
        "vulnerability": rule.vulnerability,
        "package": rule.package,
        "reason": rule.reason,
        "until": until,
        "origin": rule.origin,
    }


def _finding(finding: ReportedFinding, urls: dict[PackageKey, str]) -> Document:
    score = finding.score
    return {
        "vulnerability": finding.vulnerability,
        "aliases": list(finding.aliases),
        "severity": finding.severity.name,
        "score": None if score is None else score.tenths / 10,
        "score_vector": score.vector if score else "",
        "score_version": score.version if score else "",
        "score_source": score.source if score else "",
        "severity_reason": finding.severity_reason,
        "facts": as_document(finding.facts),
        "source": finding.source,
        "advisory": finding.advisory,
        "fix_available": finding.fix_available,
        "summary": finding.text.summary,
        "description": finding.text.description,
        "references": list(finding.text.references),
        "published_at": rfc3339(finding.text.published_at) or None,
        "modified_at": rfc3339(finding.text.modified_at) or None,
        "packages": [
            {
                "package_url": urls[key],
                "ecosystem": places[0].ecosystem,
                "name": places[0].name,
                "version": places[0].version,
                "arch": places[0].arch,
                "source_name": places[0].source_name,
                "source_version": places[0].source_version,
                "fixed_version": places[0].fixed_version,
                "fix_state": places[0].fix_state,
                "places": [_place(one) for one in places],
            }
            for key, places in distinct(finding).items()
        ],
    }


def _place(one: VulnerablePackage) -> Document:
    return {
        "layer_digest": one.layer_digest,
        "build_step": one.build_step,
        "from_base": one.from_base,
        "paths": list(one.paths),
    }
