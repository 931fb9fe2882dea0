"""The report as an SPDX document: every package, with its advisories as security references.

Source:
    SPDX 2.3, JSON; chapter "Package information", external references of category SECURITY.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from dogwatch.cli.reports.words import (
    PackageKey,
    distinct,
    feeds_in_words,
    page_of,
    report_uuid,
    rule_in_words,
    unseen,
)
from dogwatch.model.judgements import PlacedPackage, Report

_DOCUMENT = "SPDXRef-DOCUMENT"
_SUBJECT = "SPDXRef-Subject"

Document = dict[str, object]


def render_spdx(report: Report, version: str) -> str:
    """Return the report."""
    subject = report.examined.subject
    tool = f"Tool: dogwatch-{version}"
    concerns = _concerns(report)
    packages = [
        _package(one, number, concerns.get(one.package, [])) for number, one in enumerate(report.examined.packages, 1)
    ]
    whole: Document = {
        "SPDXID": _SUBJECT,
        "name": subject.name,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "primaryPackagePurpose": "CONTAINER" if subject.platform else "FILE",
    }
    if subject.digest:
        whole["versionInfo"] = subject.digest
    annotations = [
        {
            "annotationDate": _second(report.reported_at),
            "annotationType": "OTHER",
            "annotator": tool,
            "comment": comment,
        }
        for comment in _comments(report)
    ]
    document: Document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": subject.name,
        "documentNamespace": f"urn:uuid:{report_uuid(report, 'SPDX')}",
        "creationInfo": {"created": _second(report.reported_at), "creators": [tool]},
        "packages": [whole, *packages],
        "relationships": [
            _relationship(_DOCUMENT, "DESCRIBES", _SUBJECT),
            *(
                _relationship(_SUBJECT, "CONTAINS", f"SPDXRef-Package-{number}")
                for number in range(1, len(packages) + 1)
            ),
        ],
        "annotations": annotations,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _concerns(report: Report) -> dict[PackageKey, list[Document]]:
    concerns: dict[PackageKey, list[Document]] = defaultdict(list)
    for finding, rule in [
        *((one, None) for one in report.findings),
        *((one.finding, one.rule) for one in report.ignored),
    ]:
        for key, places in distinct(finding).items():
            fixed = places[0].fixed_version
            comment = f"{finding.vulnerability}, {finding.severity.name}, "
            comment += f"fixed in {fixed}" if fixed else f"no fix ({places[0].fix_state})"
            if rule is not None:
                comment += f"; ignored: {rule_in_words(rule)}"
            concerns[key].append(
                {
                    "referenceCategory": "SECURITY",
                    "referenceType": "advisory",
                    "referenceLocator": page_of(finding),
                    "comment": comment,
                }
            )
    return concerns


def _package(placed: PlacedPackage, number: int, concerns: list[Document]) -> Document:
    package = placed.package
    url = {
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": placed.package_url,
    }
    document: Document = {
        "SPDXID": f"SPDXRef-Package-{number}",
        "name": package.name,
        "versionInfo": package.version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "externalRefs": [url, *concerns],
    }
    proofs = [f"{place.layer_digest} {' '.join(place.paths)}".strip() for place in placed.places]
    if any(proofs):
        document["sourceInfo"] = "found in " + "; ".join(proof for proof in proofs if proof)
    return document


def _comments(report: Report) -> Iterator[str]:
    yield "everything was seen and compared" if report.is_complete else "NOT everything was seen and compared"
    for feed, state in feeds_in_words(report):
        yield f"feed {feed}: {state}"
    for identifier, sentence in unseen(report):
        yield f"{identifier}: {sentence}"


def _relationship(one: str, kind: str, other: str) -> Document:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def _second(moment: datetime) -> str:
    """Write a time as SPDX has it: to the second, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
