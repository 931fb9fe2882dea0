"""A finding in the shape of AWS's model: what is not known is left out, never made up.

Source:
    inspector2 service model 2020-06-08, structure Finding.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

from dogwatch.matching import is_distribution
from dogwatch.model.facts import NVD, KnownFacts
from dogwatch.model.release_endings import RELEASES_ECOSYSTEM
from dogwatch.model.views import FindingView, VulnerablePackage
from dogwatch.serve.aws.coverage import RESOURCE_TYPE, in_use
from dogwatch.serve.aws.names import PARTITION, Names, finding_arn
from dogwatch.serve.aws.wire import midnight, seconds, without_empty
from dogwatch.versions import family_of, scheme_of

FINDING_TYPE = "PACKAGE_VULNERABILITY"
MAX_TEXT = 1024
"""Characters of titles, descriptions, versions, paths and commands in the model."""

NO_FIX = "NotAvailable"
NO_ADVICE = "None Provided"

_LAYER = re.compile(r"sha256:[0-9a-f]{64}")
_OS = "OS"
_PACKAGE_MANAGERS = {
    RELEASES_ECOSYSTEM: _OS,
    "PyPI": "PYTHONPKG",
    "npm": "NODEPKG",
    "crates.io": "CARGO",
    "Go": "GOBINARY",
    "Maven": "JAR",
    "NuGet": "NUGET",
    "RubyGems": "GEMSPEC",
    "Packagist": "COMPOSER",
}
_UPGRADES = {
    "dpkg": "apt-get update && apt-get install --only-upgrade",
    "rpm": "dnf upgrade",
    "apk": "apk add --upgrade",
}
"""By the version scheme of the distribution."""
_OSV_PAGES = "https://osv.dev/vulnerability/"


def finding_shape(one: FindingView, names: Names) -> dict[str, Any]:
    """Return a finding as ListFindings gives it."""
    score = None if one.score_tenths is None else one.score_tenths / 10
    finding = {
        "findingArn": finding_arn(one),
        "awsAccountId": one.account_id,
        "type": FINDING_TYPE,
        "title": one.title[:MAX_TEXT],
        "description": (one.description or one.title or one.vulnerability)[:MAX_TEXT],
        "remediation": {"recommendation": {"text": _advice(one.packages)}},
        "severity": one.severity.name,
        "firstObservedAt": seconds(one.first_observed_at),
        "lastObservedAt": seconds(one.last_observed_at),
        "updatedAt": seconds(one.updated_at),
        "status": one.status,
        "resources": [_resource(one, names)],
        "inspectorScore": score,
        "inspectorScoreDetails": _score_details(one, score),
        "packageVulnerabilityDetails": _vulnerability(one),
        "fixAvailable": one.fix_available,
        **_exploits(one.facts),
    }
    return without_empty(finding)


def _exploits(facts: KnownFacts) -> dict[str, Any]:
    """Return what is known of exploits; nothing at all where no source speaks of the vulnerability."""
    if not facts.is_anything_known:
        return {}
    listed, likely = facts.exploitation, facts.probability
    return {
        "exploitAvailable": "YES" if facts.is_exploit_known else "NO",
        "exploitabilityDetails": {"lastKnownExploitAt": midnight(listed.added_on)} if listed else None,
        "epss": {"score": likely.score_ppm / 1e6} if likely else None,
    }


def _giver(source: str) -> str:
    """Name who gives a score as the original does; those that NVD hands on by themselves."""
    return "NVD" if source == NVD else source.removeprefix(f"{NVD}:")


def _score_details(one: FindingView, score: float | None) -> dict[str, Any] | None:
    if score is None or not (one.score_vector and one.score_version and one.score_source):
        return None
    return {
        "adjustedCvss": {
            "scoreSource": _giver(one.score_source),
            "cvssSource": _giver(one.score_source),
            "version": one.score_version,
            "score": score,
            "scoringVector": one.score_vector,
            "adjustments": [],
        }
    }


def _vulnerability(one: FindingView) -> dict[str, Any]:
    cvss = [
        {
            "baseScore": each.tenths / 10,
            "scoringVector": each.vector,
            "version": each.version,
            "source": _giver(each.source),
        }
        for each in one.scores
        if each.vector and each.version and each.source
    ]
    details = {
        "vulnerabilityId": one.vulnerability[:128],
        "source": one.source,
        "sourceUrl": _OSV_PAGES + one.advisory if one.source == "osv" and one.advisory else None,
        "vendorSeverity": one.vendor_word[:64],
        "vendorCreatedAt": seconds(one.published_at),
        "vendorUpdatedAt": seconds(one.modified_at),
        "relatedVulnerabilities": [alias for alias in one.aliases if 0 < len(alias) <= 128],
        "referenceUrls": [reference for reference in one.references if reference],
    }
    return {
        **without_empty(details),
        "cvss": cvss,
        "vulnerablePackages": [_package(package) for package in one.packages],
    }


def _package(one: VulnerablePackage) -> dict[str, Any]:
    package = {
        "name": one.name[:MAX_TEXT],
        "version": one.version[:MAX_TEXT],
        "arch": one.arch[:64],
        "packageManager": _OS if is_distribution(one.ecosystem) else _PACKAGE_MANAGERS.get(family_of(one.ecosystem)),
        "filePath": one.paths[0][:MAX_TEXT] if one.paths else None,
        "fixedInVersion": one.fixed_version[:MAX_TEXT] or NO_FIX,
        "remediation": _command(one),
        "sourceLayerHash": one.layer_digest if _LAYER.fullmatch(one.layer_digest) else None,
    }
    return without_empty(package)


def _command(one: VulnerablePackage) -> str | None:
    """Return the command that brings the fix. Names and versions come out of images, so they are quoted for a shell."""
    if not one.fixed_version:
        return None
    family = family_of(one.ecosystem)
    if is_distribution(one.ecosystem):
        scheme = scheme_of(one.ecosystem)
        command = f"{_UPGRADES[scheme.name]} {shlex.quote(one.name)}" if scheme is not None else ""
    elif family == "PyPI":
        command = f"pip install --upgrade {shlex.quote(f'{one.name}>={one.fixed_version}')}"
    elif family == "npm":
        command = f"npm install {shlex.quote(f'{one.name}@{one.fixed_version}')}"
    else:
        return None
    return command if 0 < len(command) <= MAX_TEXT else None


def _advice(packages: Sequence[VulnerablePackage]) -> str:
    fixes = [f"Upgrade {one.name} to {one.fixed_version} or later." for one in packages if one.fixed_version]
    return " ".join(dict.fromkeys(fixes))[:MAX_TEXT] or NO_ADVICE


def _resource(one: FindingView, names: Names) -> dict[str, Any]:
    name = names.repository(one.registry_alias, one.repository)
    shared = {
        "repositoryName": name,
        "registry": one.registry_alias,
        "imageTags": list(one.tags),
        "pushedAt": seconds(one.pushed_at),
        "author": one.author,
        "architecture": one.architecture,
        "platform": one.platform,
        **in_use(one),
    }
    return {
        "type": RESOURCE_TYPE,
        "id": names.image_arn(one),
        "partition": PARTITION,
        "region": one.region,
        "details": {
            "awsEcrContainerImage": without_empty({**shared, "imageHash": one.digest}),
            "image": without_empty({**shared, "imageDigest": one.digest}),
        },
    }
