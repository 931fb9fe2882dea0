"""The report as rows, for CSV and tab-separated text: what was found, what is ignored, and what could not be seen."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from dogwatch.cli.rendering import printable, score_text
from dogwatch.cli.reports.cells import guarded_cell
from dogwatch.cli.reports.words import PackageKey, distinct, marks_of, package_urls, rule_in_words
from dogwatch.model.judgements import Report, ReportedFinding
from dogwatch.model.views import VulnerablePackage

COLUMNS = (
    "status", "severity", "score", "vulnerability", "ecosystem", "package", "version", "arch", "fixed_version",
    "fix_state", "source_package", "package_url", "layers", "paths", "aliases", "detail", "build_steps", "from_base",
)  # fmt: skip
"""`status` is FOUND, IGNORED, UNDETERMINED, GAP or FEED; `detail` is the summary, the rule or the reason.

`from_base` is true or false, of a package in both true; empty where no base image is known.
"""

_NO_ORIGIN = ("", "")


def make_rows(report: Report) -> Iterator[tuple[str, ...]]:
    """Yield all rows in the order of COLUMNS."""
    urls = package_urls(report)
    for finding in report.findings:
        yield from _finding_rows(finding, "FOUND", finding.text.summary, urls)
    for ignored in report.ignored:
        yield from _finding_rows(ignored.finding, "IGNORED", rule_in_words(ignored.rule), urls)
    for one in report.not_compared:
        package = one.package
        names = _names(package)
        detail = f"{one.reason} ({one.advisories} advisories)"
        source, url = package.source_name, urls[package]
        yield ("UNDETERMINED", *[""] * 3, *names, "", "", source, url, *[""] * 3, detail, *_NO_ORIGIN)
    for gap in report.gaps:
        detail = f"{gap.kind}: {gap.detail} ({gap.consequence})"
        yield ("GAP", *[""] * 12, gap.path, "", detail, *_NO_ORIGIN)
    for feed in report.feeds:
        state = "never imported" if feed.missing or feed.checked_at is None else f"asked {feed.checked_at.isoformat()}"
        told = f"{feed.source}: {state}{marks_of(feed)}"
        yield ("FEED", *[""] * 3, feed.ecosystem, *[""] * 10, told, *_NO_ORIGIN)


def render_csv(report: Report, version: str) -> str:
    """Return the report as CSV with a header; no cell of it is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(map(guarded_cell, row) for row in make_rows(report))
    return text.getvalue()


def render_tsv(report: Report, version: str) -> str:
    """Return the report as tab-separated lines without a header."""
    return "".join("\t".join(map(printable, row)) + "\n" for row in make_rows(report))


def _finding_rows(
    finding: ReportedFinding, status: str, detail: str, urls: dict[PackageKey, str]
) -> Iterator[tuple[str, ...]]:
    score = score_text(finding.score)
    for key, places in distinct(finding).items():
        one = places[0]
        layers = " ".join(dict.fromkeys(place.layer_digest for place in places if place.layer_digest))
        paths = " ".join(dict.fromkeys(path for place in places for path in place.paths))
        steps = "; ".join(dict.fromkeys(place.build_step for place in places if place.build_step))
        yield (
            *(
                status,
                finding.severity.name,
                score,
                finding.vulnerability,
                *_names(key),
                one.fixed_version,
                one.fix_state,
            ),
            *(one.source_name, urls[key], layers, paths, " ".join(finding.aliases), detail, steps, _from_base(places)),
        )


def _from_base(places: Iterable[VulnerablePackage]) -> str:
    known = [place.from_base for place in places if place.from_base is not None]
    return ("true" if any(known) else "false") if known else ""


def _names(package: PackageKey) -> tuple[str, str, str, str]:
    return (package.ecosystem, package.name, package.version, package.arch)
