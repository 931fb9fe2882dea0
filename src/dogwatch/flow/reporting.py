"""What was judged becomes a report: grouped by vulnerability, chosen, with everything that could not be seen. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dogwatch.matching import Statements, key_package, why_this_severity
from dogwatch.model.gaps import Gap
from dogwatch.model.images import BaseImage
from dogwatch.model.judgements import (
    AdvisoryText,
    Choice,
    Examined,
    IgnoredFinding,
    IgnoreRule,
    Judged,
    Judgement,
    Place,
    Report,
    ReportedFinding,
    Subject,
    SubjectKind,
)
from dogwatch.model.matches import DocumentKey
from dogwatch.model.operator_documents import ImageProduct
from dogwatch.model.packages import Package
from dogwatch.model.targets import TargetKind
from dogwatch.model.verdicts import Verdict
from dogwatch.model.views import FeedView, VulnerablePackage
from dogwatch.versions import family_of

_NO_PLACES = (Place("", ()),)

_KINDS = frozenset(one.value for one in TargetKind if one.value)
"""What may stand before an image's name as somebody typed it."""

_ENGINES = frozenset({TargetKind.DOCKER.value, TargetKind.PODMAN.value, TargetKind.REGISTRY.value})
"""Those behind which the image's own name stands."""

_Standing = Mapping[Package, Sequence[VulnerablePackage]]


def make_report(
    examined: Examined,
    judgement: Judgement,
    choice: Choice,
    feeds: Sequence[FeedView],
    feed_gaps: Iterable[Gap],
    now: datetime,
) -> Report:
    """Put a report together.

    1. A rule takes what it names out of the findings, package by package, and it is listed apart; so does a document of
       the choice that says that it is not affected.
    2. What is left is grouped by vulnerability; the severity is that of the worst package.
    3. Findings of other severities, or without a fix for any package where only fixed ones are asked for, are counted.

    Args:
        examined: what the thing contains.
        judgement: what the advisories say of its packages.
        choice: which findings count.
        feeds: how fresh each feed is.
        feed_gaps: what is not known because of feeds.
        now: the present; rules whose last day is over do not count.
    """
    standing = _standing(examined)
    lapsed = tuple(rule for rule in choice.rules if rule.until is not None and rule.until < now.date())
    rules = [rule for rule in choice.rules if rule not in lapsed]
    affected = [one for one in judgement.judged if one.is_affected]
    counting, ignored = _take_out(affected, rules, Statements.of(choice.documents), name_images(examined.subject))
    found = _group(counting, standing)
    chosen = tuple(finding for finding in found if _is_chosen(finding, choice))
    apart = (IgnoredFinding(finding, rule) for rule, judged in ignored.items() for finding in _group(judged, standing))
    families = {family_of(one.package.ecosystem) for one in examined.packages}
    return Report(
        examined=examined,
        findings=chosen,
        ignored=tuple(sorted(apart, key=lambda one: _order(one.finding))),
        hidden=len(found) - len(chosen),
        not_compared=judgement.not_compared,
        gaps=tuple(sorted({*examined.gaps, *feed_gaps})),
        feeds=tuple(feed for feed in feeds if family_of(feed.ecosystem) in families),
        revision=judgement.revision,
        reported_at=now,
        lapsed=lapsed,
    )


def deciding_documents(report: Report) -> set[DocumentKey]:
    """Return the documents whose texts a report shows."""
    return {finding.document for finding in (*report.findings, *(one.finding for one in report.ignored))}


def with_texts(report: Report, texts: Mapping[DocumentKey, AdvisoryText]) -> Report:
    """Return a report with what its deciding documents tell people."""

    def told(finding: ReportedFinding) -> ReportedFinding:
        return replace(finding, text=texts.get(finding.document, AdvisoryText()))

    return replace(
        report,
        findings=tuple(map(told, report.findings)),
        ignored=tuple(IgnoredFinding(told(one.finding), one.rule) for one in report.ignored),
    )


def _take_out(
    affected: Iterable[Judged], rules: Sequence[IgnoreRule], statements: Statements, images: Sequence[ImageProduct]
) -> tuple[Sequence[Judged], Mapping[IgnoreRule, Sequence[Judged]]]:
    """Return what counts, and what each rule takes out of it; what a document says against counts as a rule."""
    counting: list[Judged] = []
    ignored: dict[IgnoreRule, list[Judged]] = defaultdict(list)
    for one in affected:
        rule = next((rule for rule in rules if _applies(rule, one)), None) or _stated(one, statements, images)
        (counting if rule is None else ignored[rule]).append(one)
    return counting, ignored


def _applies(rule: IgnoreRule, one: Judged) -> bool:
    names = {name.upper() for name in (one.vulnerability, *one.aliases)}
    if rule.vulnerability and rule.vulnerability.upper() not in names:
        return False
    return not rule.package or rule.package in (one.package.name, one.package.source_name)


def _stated(one: Judged, statements: Statements, images: Sequence[ImageProduct]) -> IgnoreRule | None:
    """Return what documents say against a finding of one package, as the rule that it comes to."""
    names = (one.vulnerability, *one.aliases)
    said = statements.about(key_package(one.package), names, images)
    if said is None or said.verdict is not Verdict.NOT_AFFECTED:
        return None
    return IgnoreRule(one.vulnerability, one.package.name, said.summary, None, said.origin)


def name_images(subject: Subject) -> tuple[ImageProduct, ...]:
    """Return what statements may call an image, once for each digest that it is known by; nothing of other things.

    Layouts and archives are known by their digest alone: their names are those of files.
    """
    if subject.kind is not SubjectKind.IMAGE:
        return ()
    kind, colon, rest = subject.name.partition(":")
    is_told = bool(colon) and kind in _KINDS
    if is_told and kind not in _ENGINES:
        return (ImageProduct("", subject.digest),)
    named, _, digest = (rest if is_told else subject.name).partition("@")
    path, colon, tag = named.rpartition(":")
    repository, tag = (path, tag) if colon and "/" not in tag else (named, "")
    name = repository.rpartition("/")[2]
    return tuple(ImageProduct(name, each, repository, tag) for each in dict.fromkeys((subject.digest, digest)) if each)


def _is_chosen(finding: ReportedFinding, choice: Choice) -> bool:
    return finding.severity in choice.severities and not (choice.only_fixed and finding.fix_available == "NO")


def _group(judged: Iterable[Judged], standing: _Standing) -> tuple[ReportedFinding, ...]:
    groups: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.vulnerability].append(one)
    return tuple(sorted((_finding(group, standing) for group in groups.values()), key=_order))


def _order(finding: ReportedFinding) -> tuple[int, int, str]:
    return (-finding.severity, -(finding.score.tenths if finding.score else -1), finding.vulnerability)


def _finding(group: Sequence[Judged], standing: _Standing) -> ReportedFinding:
    worst = max(group, key=_weight)
    fixed = [bool(one.assessment.fixed_version) for one in group]
    return ReportedFinding(
        vulnerability=worst.vulnerability,
        aliases=worst.aliases,
        severity=worst.assessment.severity,
        score=worst.assessment.score,
        source=worst.assessment.source,
        advisory=worst.assessment.advisory,
        fix_available="YES" if all(fixed) else "PARTIAL" if any(fixed) else "NO",
        packages=tuple(
            replace(each, fixed_version=one.assessment.fixed_version, fix_state=str(one.assessment.fix_state))
            for one in group
            for each in standing[one.package]
        ),
        severity_reason=why_this_severity(worst.assessment.severity, worst.assessment.score),
        facts=worst.facts,
    )


def _weight(one: Judged) -> tuple[int, int]:
    score = one.assessment.score
    return (one.assessment.severity, -1 if score is None else score.tenths)


def _standing(examined: Examined) -> _Standing:
    """Return each package once for every place of it, without anything being said of it yet."""
    return {
        one.package: [_at(one.package, place, examined.base) for place in one.places or _NO_PLACES]
        for one in examined.packages
    }


def _at(package: Package, place: Place, base: BaseImage) -> VulnerablePackage:
    return VulnerablePackage(
        ecosystem=package.ecosystem,
        name=package.name,
        version=package.version,
        arch=package.arch,
        source_name=package.source_name,
        source_version=package.source_version,
        fixed_version="",
        fix_state="",
        layer_digest=place.layer_digest,
        paths=place.paths,
        build_step=place.build_step,
        from_base=place.from_base,
        base_image=base.reference if place.from_base else "",
    )
