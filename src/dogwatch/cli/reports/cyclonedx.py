"""The report as a CycloneDX bill of materials with vulnerabilities.

Source:
    CycloneDX 1.6, JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from dogwatch.cli.rendering import rfc3339
from dogwatch.cli.reports.words import (
    PackageKey,
    distinct,
    feeds_in_words,
    page_of,
    report_uuid,
    rule_in_words,
    unseen,
)
from dogwatch.model.facts import KnownFacts
from dogwatch.model.judgements import IgnoreRule, PlacedPackage, Report, ReportedFinding, SubjectKind
from dogwatch.model.matches import Severity

_SEVERITIES = {Severity.INFORMATIONAL: "info", Severity.UNTRIAGED: "unknown"}
_METHODS = {"2.0": "CVSSv2", "3.0": "CVSSv3", "3.1": "CVSSv31", "4.0": "CVSSv4"}
_TYPES = {SubjectKind.IMAGE: "container", SubjectKind.FOLDER: "file", SubjectKind.BILL: "file"}
_SUBJECT = "subject"

Document = dict[str, object]


def render_cyclonedx(report: Report, version: str) -> str:
    """Return the report."""
    subject = report.examined.subject
    references = {one.package: f"package-{number}" for number, one in enumerate(report.examined.packages, 1)}
    component: Document = {"type": _TYPES[subject.kind], "bom-ref": _SUBJECT, "name": subject.name}
    if subject.digest:
        component["version"] = subject.digest
    document: Document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{report_uuid(report, 'CycloneDX')}",
        "version": 1,
        "metadata": {
            "timestamp": rfc3339(report.reported_at),
            "tools": {"components": [{"type": "application", "name": "dogwatch", "version": version}]},
            "component": component,
            "properties": list(_properties(report)),
        },
        "components": [_component(one, references[one.package]) for one in report.examined.packages],
        # Nobody can promise completeness: what is in no package database may be there all the same.
        "compositions": [{"aggregate": "incomplete" if report.examined.gaps else "unknown", "assemblies": [_SUBJECT]}],
        "vulnerabilities": list(_vulnerabilities(report, references)),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _properties(report: Report) -> Iterator[Document]:
    yield {"name": "dogwatch:complete", "value": "true" if report.is_complete else "false"}
    yield {"name": "dogwatch:hidden", "value": str(report.hidden)}
    for feed, state in feeds_in_words(report):
        yield {"name": f"dogwatch:feed:{feed}", "value": state}
    for identifier, sentence in unseen(report):
        yield {"name": f"dogwatch:unseen:{identifier}", "value": sentence}


def _component(placed: PlacedPackage, reference: str) -> Document:
    package = placed.package
    component: Document = {
        "type": "library",
        "bom-ref": reference,
        "name": package.name,
        "version": package.version,
        "purl": placed.package_url,
    }
    properties = [{"name": "dogwatch:ecosystem", "value": package.ecosystem}]
    for place in placed.places:
        if place.layer_digest:
            properties.append({"name": "dogwatch:layer", "value": place.layer_digest})
        properties += [{"name": "dogwatch:path", "value": path} for path in place.paths]
    return component | {"properties": properties}


def _vulnerabilities(report: Report, references: dict[PackageKey, str]) -> Iterator[Document]:
    every = [(one, None) for one in report.findings]
    ignored = [(one.finding, one.rule) for one in report.ignored]
    for number, (finding, rule) in enumerate([*every, *ignored], 1):
        yield _vulnerability(finding, rule, f"vulnerability-{number}", references)


def _vulnerability(
    finding: ReportedFinding, rule: IgnoreRule | None, reference: str, references: dict[PackageKey, str]
) -> Document:
    vulnerability: Document = {
        "bom-ref": reference,
        "id": finding.vulnerability,
        "source": {"name": finding.source, "url": page_of(finding)},
        "references": [{"id": alias, "source": {"name": finding.source}} for alias in finding.aliases],
        "ratings": [_rating(finding), *_probability(finding.facts)],
        "cwes": [int(cwe.removeprefix("CWE-")) for cwe in finding.facts.cwes],
        "description": finding.text.summary or finding.text.description,
        "detail": finding.text.description,
        "recommendation": _recommendation(finding),
        "advisories": [{"url": url} for url in finding.text.references],
        **_times(finding.text.published_at, finding.text.modified_at),
        "affects": [
            {
                "ref": references[key],
                "versions": [{"version": places[0].version, "status": "affected"}],
            }
            for key, places in distinct(finding).items()
        ],
    }
    if rule is not None:
        vulnerability["analysis"] = {"detail": f"ignored: {rule_in_words(rule)}"}
        vulnerability["properties"] = [{"name": "dogwatch:ignored", "value": "true"}]
    return {name: value for name, value in vulnerability.items() if value not in ("", [])}


def _rating(finding: ReportedFinding) -> Document:
    rating: Document = {
        "source": {"name": finding.score.source if finding.score else finding.source},
        "severity": _SEVERITIES.get(finding.severity, finding.severity.name.lower()),
    }
    if finding.score is not None:
        rating |= {
            "score": finding.score.tenths / 10,
            "method": _METHODS.get(finding.score.version, "other"),
            "vector": finding.score.vector,
        }
    return rating


def _probability(facts: KnownFacts) -> list[Document]:
    """Return EPSS as a rating, as the original's bills of materials have it."""
    if facts.probability is None:
        return []
    return [{"source": {"name": "EPSS"}, "score": facts.probability.score_ppm / 1e6, "method": "other"}]


def _recommendation(finding: ReportedFinding) -> str:
    fixes = [
        f"{places[0].name} {places[0].version}: upgrade to {places[0].fixed_version}"
        for places in distinct(finding).values()
        if places[0].fixed_version
    ]
    return "; ".join(fixes)


def _times(published_at: datetime | None, modified_at: datetime | None) -> Document:
    times: Document = {}
    if published_at is not None:
        times["published"] = rfc3339(published_at)
    if modified_at is not None:
        times["updated"] = rfc3339(modified_at)
    return times
