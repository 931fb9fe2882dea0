"""Findings, images and registries as JSON objects. Times are RFC 3339 in UTC; null is "not known"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dogwatch.model.audits import Audit
from dogwatch.model.coverage import CoverageCount
from dogwatch.model.deeds import Hold
from dogwatch.model.facts import KnownFacts
from dogwatch.model.images import BaseImage
from dogwatch.model.matches import Score, Severity
from dogwatch.model.registries import Registry
from dogwatch.model.times import FOREVER
from dogwatch.model.views import FindingView, GapView, ImageView, UnresolvedView, VulnerablePackage
from dogwatch.serve.api.proposals import proposal
from dogwatch.serve.moments import iso
from dogwatch.serve.ports import Check


def finding(one: FindingView) -> dict[str, Any]:
    """Return a finding."""
    score = None
    if one.score_tenths is not None:
        score = score_of_finding(Score(one.score_tenths, one.score_vector, one.score_version, one.score_source))
    return {
        "id": one.id,
        "vulnerability": one.vulnerability,
        "aliases": list(one.aliases),
        "title": one.title,
        "description": one.description,
        "severity": one.severity.name,
        "score": score,
        "severity_reason": one.severity_reason,
        "scores": [score_of_finding(each) for each in one.scores],
        "vendor_severity": one.vendor_word,
        **facts(one.facts),
        "source": one.source,
        "advisory": one.advisory,
        "references": list(one.references),
        "published_at": iso(one.published_at),
        "modified_at": iso(one.modified_at),
        "fix": one.fix_available,
        "status": one.status,
        "begin_reason": one.begin_reason,
        "closed_reason": one.closed_reason,
        "first_observed_at": iso(one.first_observed_at),
        "last_observed_at": iso(one.last_observed_at),
        "updated_at": iso(one.updated_at),
        "image": {
            "id": one.image_id,
            "account": one.account_id,
            "registry": one.registry_alias,
            "registry_url": one.registry_url,
            "region": one.region,
            "repository": one.repository,
            "digest": one.digest,
            "tags": list(one.tags),
            "os": one.os,
            "architecture": one.architecture,
            "platform": one.platform,
            "author": one.author,
            "pushed_at": iso(one.pushed_at),
            "in_use_at": iso(one.in_use_at),
            "in_use_count": one.in_use_count,
        },
        "packages": [package(each) for each in one.packages],
    }


def package(one: VulnerablePackage) -> dict[str, Any]:
    """Return an affected package of a finding."""
    return {
        "ecosystem": one.ecosystem,
        "name": one.name,
        "version": one.version,
        "arch": one.arch,
        "source_name": one.source_name,
        "source_version": one.source_version,
        "fixed_version": one.fixed_version,
        "fix_state": one.fix_state,
        "layer_digest": one.layer_digest,
        "paths": list(one.paths),
        "build_step": one.build_step,
        "from_base": one.from_base,
        "base_image": one.base_image,
    }


def score_of_finding(one: Score) -> dict[str, Any]:
    """Return a score with its method and who gives it."""
    return {"value": one.tenths / 10, "vector": one.vector, "version": one.version, "source": one.source}


def facts(one: KnownFacts) -> dict[str, Any]:
    """Return what is known of a CVE id beside its advisories; a probability with its date, which is today's."""
    likely, listed = one.probability, one.exploitation
    epss = exploitation = None
    if likely is not None:
        date = None if one.probability_on is None else one.probability_on.isoformat()
        epss = {"score": likely.score_ppm / 1e6, "percentile": likely.percentile_ppm / 1e6, "date": date}
    if listed is not None:
        exploitation = {
            "added_on": listed.added_on.isoformat(),
            "due_on": None if listed.due_on is None else listed.due_on.isoformat(),
            "ransomware": listed.by_ransomware,
            "action": listed.action,
        }
    return {"cwes": list(one.cwes), "public_exploit": one.has_exploit, "exploitation": exploitation, "epss": epss}


def image(one: ImageView) -> dict[str, Any]:
    """Return an image; findings are counted only where it was looked at (`indexed_at`), else `findings` is null."""
    counts = by_severity(one.severity_counts)
    is_forever = one.watched_until is not None and one.watched_until >= FOREVER
    return {
        "id": one.image_id,
        "account": one.account_id,
        "registry": one.registry_alias,
        "registry_url": one.registry_url,
        "region": one.region,
        "repository": one.repository,
        "digest": one.digest,
        "tags": list(one.tags),
        "tags_via_index": list(one.tags_via_index),
        "os": one.os,
        "architecture": one.architecture,
        "platform": one.platform,
        "size_bytes": one.size_bytes,
        "scan_frequency": one.scan_frequency,
        "status": {"code": str(one.status_code), "reason": str(one.status_reason), "problem": one.problem},
        "pushed_at": iso(one.pushed_at),
        "pulled_at": iso(one.pulled_at),
        "pulled_by": one.pulled_by,
        "in_use_at": iso(one.in_use_at),
        "watched_until": None if is_forever else iso(one.watched_until),
        "watched_forever": is_forever,
        "held_by": one.held_by,
        "why": one.why,
        "indexed_at": iso(one.indexed_at),
        "packages": None if one.indexed_at is None else one.packages,
        "undetermined": None if one.indexed_at is None else one.undetermined,
        "findings": None if one.indexed_at is None else counts,
        "gaps": [gap(each) for each in one.gaps],
        "lifecycle": None if one.proposal is None else proposal(one.proposal),
        "hold": None if one.hold is None else hold(one.hold),
        "in_use_count": one.in_use_count,
        "base": base(one.base),
    }


def by_severity(counts: Mapping[Severity, int]) -> dict[str, int]:
    """Return counts by severity, the worst first."""
    return {severity.name: count for severity, count in sorted(counts.items(), reverse=True)}


def base(one: BaseImage) -> dict[str, Any]:
    """Return what an image was built on: seen by its layers, and as the image itself says."""
    return {
        "reference": one.reference,
        "digest": one.digest,
        "layers": one.layers,
        "told": {"name": one.told.name, "digest": one.told.digest},
    }


def hold(one: Hold) -> dict[str, Any]:
    """Return a hold; its end may be past."""
    return {"until": iso(one.until), "by": one.by, "reason": one.reason, "placed_at": iso(one.placed_at)}


def unresolved(one: UnresolvedView) -> dict[str, Any]:
    """Return a manifest that could not be resolved."""
    return {
        "account": one.account_id,
        "registry": one.registry_alias,
        "registry_url": one.registry_url,
        "region": one.region,
        "repository": one.repository,
        "digest": one.digest,
        "tags": list(one.tags),
        "scan_frequency": one.scan_frequency,
        "status": {"code": str(one.status_code), "reason": str(one.status_reason), "problem": one.problem},
        "attempts": one.attempts,
        "tried_at": iso(one.tried_at),
    }


def count(one: CoverageCount) -> dict[str, Any]:
    """Return how many images of one registry stand at one status."""
    return {
        "account": one.account_id,
        "registry": one.registry_alias,
        "status": {"code": str(one.status_code), "reason": str(one.status_reason)},
        "images": one.images,
        "gaps": one.gaps,
        "unresolved": one.unresolved,
    }


def gap(one: GapView) -> dict[str, str]:
    """Return a gap with what it may hide."""
    return {"kind": one.kind, "path": one.path, "detail": one.detail, "consequence": one.consequence}


def check(one: Check) -> dict[str, Any]:
    """Return one thing tried against a registry."""
    return {"name": one.name, "url": one.url, "passed": one.passed, "status": one.status, "detail": one.detail}


def registry(one: Registry) -> dict[str, Any]:
    """Return a registry; where its credentials are is nobody's business here."""
    return {
        "id": one.id,
        "account": one.account_id,
        "alias": one.alias,
        "kind": one.kind,
        "url": one.access.url,
        "region": one.region,
        "added_at": iso(one.added_at),
        "look_back": str(one.look_back),
        "sboms": one.believes_bills,
        "hook": f"/hooks/{one.account_id}/{one.alias}",
    }


def audit(found: Audit | None) -> dict[str, Any] | None:
    """Render what an audit found, in numbers: the rows concern every account, and are for the operator to read."""
    if found is None:
        return None
    return {
        "began_at": iso(found.began_at),
        "ended_at": iso(found.ended_at),
        "revision": found.revision,
        "packages": found.packages,
        "images": found.images,
        "differing": found.differing,
        "differing_by_kind": {str(kind): count for kind, count in found.counts},
    }
