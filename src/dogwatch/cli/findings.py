"""`dogwatch findings`: what is known to be vulnerable in the images that are watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from dogwatch.cli import filters
from dogwatch.cli.command_line import Output, examples, opened
from dogwatch.cli.json_query import Query, asked_of, with_query
from dogwatch.cli.looked_at import look, nothing_found, sentences
from dogwatch.cli.ports import Views
from dogwatch.cli.rendering import Column, chosen_format, day, rfc3339, short_digest, write_rows
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.filter_grammar import parse_filter
from dogwatch.model.filters import FINDING_FIELDS
from dogwatch.model.matches import Severity
from dogwatch.model.views import FindingQuery, FindingView, VulnerablePackage
from dogwatch.settings import Settings

_PAGE = 1_000
_STATUSES = ("ACTIVE", "CLOSED")
_FIXES = ("YES", "NO", "PARTIAL")
_STYLES = {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow"}

Words = list[str] | None


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One line of a list: a finding with one of its packages; for people, with the first and how many more."""

    finding: FindingView
    package: VulnerablePackage
    more: int = 0


def _option(text: str, *names: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(*names, help=text, show_default=False, metavar="TEXT")
    return option


@takes_settings()
def show_findings(
    settings: Settings,
    *,
    severity: Annotated[Words, _option("CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNTRIAGED", "--severity")] = None,
    repository: Annotated[Words, _option("repository", "--repository", "-r")] = None,
    tag: Annotated[Words, _option("tag of the image", "--tag")] = None,
    digest: Annotated[Words, _option("digest of the image", "--digest")] = None,
    package: Annotated[Words, _option("name of the package", "--package")] = None,
    vulnerability: Annotated[Words, _option("CVE id, or any alias of it", "--vulnerability")] = None,
    ecosystem: Annotated[Words, _option("Debian:12, PyPI, npm", "--ecosystem")] = None,
    status: Annotated[Words, _option("ACTIVE (default), CLOSED, or all", "--status")] = None,
    fix: Annotated[Words, _option("whether a fix is there: YES, NO, PARTIAL", "--fix")] = None,
    as_of: Annotated[str | None, _option("what was known then: a day or an RFC 3339 time", "--as-of")] = None,
    sort: Annotated[
        str, typer.Option("--sort", help="severity, score, vulnerability, first_observed_at …")
    ] = "severity",
    ascending: Annotated[bool, typer.Option("--ascending", help="smallest first")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="at most so many findings")] = 100,
    filter: Annotated[
        str | None,
        _option("also demand this: 'severity in (critical, high) and package ~ \"openssl*\"'", "--filter"),
    ] = None,
    output: Output = None,
    query: Query = None,
) -> None:
    """List findings, the most severe first.

    A filter takes alternatives (A,B or the option again), '!A' for not A, and 'A*' for everything that begins with A.
    Below the list stands what was looked at; what was not looked at has no findings, but may have flaws.
    """
    texts = {
        "severity": filters.chosen_words("severity", severity, [one.name for one in Severity]),
        "repository": filters.entries(repository),
        "tag": filters.entries(tag),
        "digest": filters.entries(digest),
        "package": filters.entries(package),
        "vulnerability": filters.entries(vulnerability),
        "ecosystem": filters.entries(ecosystem),
        "status": _statuses(status),
        "fix": filters.chosen_words("fix", fix, _FIXES),
    }
    wanted = FindingQuery(
        settings.account,
        {field: asked for field, asked in texts.items() if asked},
        filter=parse_filter(filter, FINDING_FIELDS) if filter else None,
        as_of=filters.moment("as_of", as_of) if as_of else None,
        sort=sort,
        descending=not ascending,
    )
    form = with_query(chosen_format(output), query)
    with opened(settings) as app:
        found, is_more = _take(app.views, wanted, limit)
        looked = look(app.views, settings.account)
    footer = sentences(looked)
    if not found:
        footer = f"{nothing_found(looked)}\n{footer}"
    if is_more:
        footer = f"The first {limit:,}; there are more (--limit).\n{footer}"
    if wanted.as_of:
        footer = f"As known at {rfc3339(wanted.as_of)}; what was looked at is told as of now.\n{footer}"
    if form.is_for_people:
        rows = [FindingRow(one, one.packages[0], len(one.packages) - 1) for one in found if one.packages]
        write_rows(rows, COLUMNS, form, footer=footer)
    else:
        rows = [FindingRow(one, package) for one in found for package in one.packages]
        if form in (form.JSON, form.NDJSON):
            write_rows(found, (), form, footer=footer, reshape=asked_of(query))
        else:
            write_rows(rows, COLUMNS, form, footer=footer)


def _statuses(asked: Words) -> list[tuple[str, str]]:
    """Active ones unless told otherwise; "all" is no filter."""
    if [value.lower() for value in asked or ()] == ["all"]:
        return []
    return filters.chosen_words("status", asked or ["ACTIVE"], _STATUSES)


def _take(views: Views, query: FindingQuery, limit: int) -> tuple[Sequence[FindingView], bool]:
    """Return the first findings of a query, and whether there are more."""
    found: list[FindingView] = []
    after = ""
    while True:
        page = views.findings(replace(query, limit=min(_PAGE, limit - len(found)), after=after))
        found += page.rows
        after = page.next
        if not after or len(found) >= limit:
            return found, bool(after)


def severity_counts(counts: Mapping[Severity, int]) -> str:
    """Write counts by severity for people, the most severe first."""
    return " ".join(f"{counts[one]}{one.name[0]}" for one in sorted(counts, reverse=True) if counts[one])


def _place(row: FindingRow) -> str:
    finding = row.finding
    return (
        f"{finding.repository}:{finding.tags[0]}"
        if finding.tags
        else f"{finding.repository}@{short_digest(finding.digest)}"
    )


COLUMNS: tuple[Column[FindingRow], ...] = (
    Column("status", "", lambda row: row.finding.status),
    Column(
        "severity",
        "SEVERITY",
        lambda row: row.finding.severity.name,
        style=lambda row: _STYLES.get(row.finding.severity, ""),
    ),
    Column(
        "score",
        "SCORE",
        lambda row: "" if row.finding.score_tenths is None else f"{row.finding.score_tenths / 10:.1f}",
        spare=2,
    ),
    Column("vulnerability", "VULNERABILITY", lambda row: row.finding.vulnerability),
    Column("ecosystem", "ECOSYSTEM", lambda row: row.package.ecosystem, spare=1),
    Column(
        "package",
        "PACKAGE",
        lambda row: row.package.name,
        lambda row: row.package.name + (f" (+{row.more})" if row.more else ""),
    ),
    Column("version", "VERSION", lambda row: row.package.version),
    Column("fixed_version", "FIXED IN", lambda row: row.package.fixed_version),
    Column("fix_state", "", lambda row: row.package.fix_state),
    Column("repository", "IMAGE", lambda row: row.finding.repository, _place),
    Column("tags", "", lambda row: " ".join(row.finding.tags)),
    Column("digest", "", lambda row: row.finding.digest),
    Column(
        "layer",
        "LAYER",
        lambda row: row.package.layer_digest,
        lambda row: short_digest(row.package.layer_digest),
        spare=3,
    ),
    Column(
        "first_observed_at",
        "SINCE",
        lambda row: rfc3339(row.finding.first_observed_at),
        lambda row: day(row.finding.first_observed_at),
        spare=4,
    ),
    Column(
        "closed_reason",
        "CLOSED BECAUSE",
        lambda row: row.finding.closed_reason,
    ),
    Column("title", "", lambda row: row.finding.title),
)


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command(
        "findings",
        epilog=examples(
            "dogwatch findings",
            "dogwatch findings --severity CRITICAL,HIGH --fix YES",
            "dogwatch findings --repository 'shop/*' --package openssl -o json",
            "dogwatch findings --filter 'score >= 7 and not package ~ \"linux*\" and first_observed > 2026-10-01'",
            "dogwatch findings -o json --query '[].vulnerability'",
            "dogwatch findings --status CLOSED --as-of 2026-03-03",
        ),
    )(show_findings)
