"""The report as SARIF, for code scanning: one rule per vulnerability, one result per vulnerability and package.

Source:
    OASIS SARIF 2.1.0; GitHub's documentation "SARIF support for code scanning" (limits, severities, fingerprints).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import msgspec

from dogwatch.cli.reports.words import distinct, feeds_in_words, page_of, rule_in_words, severity_number, unseen
from dogwatch.model.judgements import IgnoreRule, Report, ReportedFinding, Subject
from dogwatch.model.matches import Severity
from dogwatch.model.views import VulnerablePackage

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS_MAX = 25_000
"""More in one run are refused by GitHub; the most severe come first."""
_LOCATIONS_MAX = 100  # more of one result are not shown
_NOTIFICATIONS_MAX = 1000
_TEXT_MAX = 1000  # characters of a rule's description; more than 1024 are refused

_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning"}

Document = dict[str, object]


def render_sarif(report: Report, version: str) -> str:
    """Return the report as one run."""
    every = [(finding, None) for finding in report.findings]
    ignored = [(one.finding, one.rule) for one in report.ignored]
    results = [(finding, rule, places) for finding, rule in [*every, *ignored] for places in distinct(finding).values()]
    left_out = len(results) - RESULTS_MAX
    results = results[:RESULTS_MAX]
    rules: dict[str, ReportedFinding] = {}
    for finding, _, _ in results:
        rules.setdefault(finding.vulnerability, finding)
    numbers = {name: number for number, name in enumerate(rules)}
    subject = report.examined.subject
    run: Document = {
        "tool": {
            "driver": {
                "name": "Dogwatch",
                "version": version,
                "rules": [_rule(finding) for finding in rules.values()],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": list(_notifications(report, left_out)),
            }
        ],
        "results": [
            _result(finding, rule, places, numbers[finding.vulnerability], subject) for finding, rule, places in results
        ],
        "columnKind": "utf16CodeUnits",
        "properties": {
            "subject": subject.name,
            "digest": subject.digest,
            "isComplete": report.is_complete,
            "revision": report.revision,
            "feeds": dict(feeds_in_words(report)),
        },
    }
    document: Document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _rule(finding: ReportedFinding) -> Document:
    summary = finding.text.summary or f"{finding.vulnerability} in {finding.packages[0].name}"
    properties: Document = {"tags": ["security", "vulnerability", finding.severity.name.lower()]}
    number = severity_number(finding)
    if number:
        properties["security-severity"] = number
    return {
        "id": finding.vulnerability,
        "name": "VulnerablePackage",
        "shortDescription": {"text": _cut(summary)},
        "fullDescription": {"text": _cut(finding.text.description or summary)},
        "help": {"text": f"{_cut(finding.text.description or summary)}\n\n{page_of(finding)}"},
        "helpUri": page_of(finding),
        "properties": properties,
    }


def _result(
    finding: ReportedFinding,
    rule: IgnoreRule | None,
    places: Sequence[VulnerablePackage],
    number: int,
    subject: Subject,
) -> Document:
    package = places[0]
    fix = f"fixed in {package.fixed_version}" if package.fixed_version else f"no fix ({package.fix_state})"
    paths = list(dict.fromkeys(path for place in places for path in place.paths)) or [""]
    result: Document = {
        "ruleId": finding.vulnerability,
        "ruleIndex": number,
        "level": _LEVELS.get(finding.severity, "note"),
        "message": {
            "text": f"{package.name} {package.version} ({package.ecosystem}) in {subject.name} is concerned by "
            f"{finding.vulnerability} ({finding.severity.name}): {fix}."
        },
        "locations": [_location(path, package, subject) for path in paths[:_LOCATIONS_MAX]],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(finding, package, paths[0])},
    }
    if rule is not None:
        result["suppressions"] = [{"kind": "external", "justification": rule_in_words(rule)}]
    return result


def _location(path: str, package: VulnerablePackage, subject: Subject) -> Document:
    # A location needs a relative address; where no file proves the package, the thing itself stands for it.
    uri = quote(path) if path else quote(subject.name.replace(":", "/").lstrip("/")) or "unknown"
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}},
        "logicalLocations": [{"fullyQualifiedName": f"{subject.name}:{package.name}@{package.version}"}],
    }


def _fingerprint(finding: ReportedFinding, package: VulnerablePackage, path: str) -> str:
    # Neither tag, digest nor version: the same flaw in the next build is the same alert.
    identity = "\n".join((finding.vulnerability, package.ecosystem, package.name, package.arch, path))
    return hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:32]


def _notifications(report: Report, left_out: int) -> Iterator[Document]:
    if left_out > 0:
        yield _notification("results-left-out", f"{left_out} results of least severity were left out")
    for number, (identifier, sentence) in enumerate(unseen(report)):
        if number == _NOTIFICATIONS_MAX:
            yield _notification("more", "there is more that could not be seen; the JSON report has it all")
            return
        yield _notification(identifier, sentence)


def _notification(identifier: str, sentence: str) -> Document:
    return {"descriptor": {"id": identifier}, "level": "warning", "message": {"text": sentence}}


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_MAX else text[:_TEXT_MAX] + "…"
