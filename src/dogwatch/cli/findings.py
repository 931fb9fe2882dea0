"""`dogwatch findings`: what is known to be vulnerable in the images that are watched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from dogwatch.cli import filters
from dogwatch.cli.command_line import examples, reached
from dogwatch.cli.lists import USUAL_LIMIT, All, Columns, Layout, Limit, Outputs, Query, lay_out
from dogwatch.cli.looked_at import LookedAt, look, marked, nothing_found, sentences
from dogwatch.cli.moments import past_moment
from dogwatch.cli.options import option, switch
from dogwatch.cli.ports import Views
from dogwatch.cli.rendering import Column, day, probability_text, rfc3339, short_digest
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.cli.taking import Taken
from dogwatch.cli.writers import Listing
from dogwatch.model.facts import KnownFacts
from dogwatch.model.filter_grammar import parse_filter
from dogwatch.model.filters import FINDING_FIELDS, SHARED_FIELDS, narrowed
from dogwatch.model.matches import Severity
from dogwatch.model.views import FindingQuery, FindingView, ImageQuery, VulnerablePackage
from dogwatch.settings import Settings

_STATUSES = ("ACTIVE", "CLOSED")
_FIXES = ("YES", "NO", "PARTIAL")
_NOTHING_THEN = (
    "No findings were known then. That may be because no image was looked at yet (dogwatch images history IMAGE),\n"
    "or no advisory imported (dogwatch db diff SINCE)."
)
_STYLES = {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow"}

Words = list[str] | None


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One line of a list: a finding with one of its packages; for people, with the first and how many more."""

    finding: FindingView
    package: VulnerablePackage
    more: int = 0


@takes_settings(Reach.ANYWHERE)
def show_findings(
    settings: Settings,
    *,
    severity: Annotated[Words, option("CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNTRIAGED", "--severity")] = None,
    repository: Annotated[Words, option("repository", "--repository", "-r")] = None,
    tag: Annotated[Words, option("tag of the image", "--tag")] = None,
    digest: Annotated[Words, option("digest of the image", "--digest")] = None,
    package: Annotated[Words, option("name of the package", "--package")] = None,
    vulnerability: Annotated[Words, option("CVE id, or any alias of it", "--vulnerability")] = None,
    ecosystem: Annotated[Words, option("Debian:12, PyPI, npm", "--ecosystem")] = None,
    status: Annotated[Words, option("ACTIVE (default), CLOSED, or all", "--status")] = None,
    fix: Annotated[Words, option("whether a fix is there: YES, NO, PARTIAL", "--fix")] = None,
    as_of: Annotated[
        str | None, option("what was known then: a day, an RFC 3339 time, or how long ago (7d, 12h)", "--as-of")
    ] = None,
    filter: Annotated[
        str | None,
        option("also demand this: 'severity in (critical, high) and package ~ \"openssl*\"'", "--filter"),
    ] = None,
    sort: Annotated[
        str, typer.Option("--sort", help="severity, score, epss, vulnerability, first_observed_at …", metavar="NAME")
    ] = "severity",
    ascending: Annotated[bool, switch("smallest first", "--ascending")] = False,
    limit: Limit = USUAL_LIMIT,
    all: All = False,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """List findings, the most severe first.

    A filter takes alternatives (A,B or the option again), '!A' for not A, and 'A*' for everything that begins with A.
    Below the list stands what was looked at; what was not looked at has no findings, but may have flaws.
    """
    layout = lay_out(LISTING, output, columns, query)
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
        sort=sort,
        descending=not ascending,
    )
    with reached(settings) as app:
        if as_of:
            wanted = replace(wanted, as_of=past_moment("as_of", as_of, app.views.now()))
        _list(app.views, wanted, None if all else limit, layout)


def _list(views: Views, wanted: FindingQuery, limit: int | None, layout: Layout[FindingView, FindingRow]) -> None:
    found = Taken(lambda size, after: views.findings(replace(wanted, limit=size, after=after)), limit)
    layout.write(found, lambda: _footer(views, wanted, found))


def _footer(views: Views, wanted: FindingQuery, found: Taken[FindingView]) -> str:
    """Say what was looked at of the images that are asked for, and what it means if nothing was found."""
    named = {field: asked for field, asked in wanted.texts.items() if field in SHARED_FIELDS}
    images = ImageQuery(wanted.account_id, texts=named, filter=narrowed(wanted.filter, SHARED_FIELDS))
    looked = look(views, images)
    of = "Of the images that are asked for:\n" if images.texts or images.filter else ""
    nothing = "" if found.count else "".join(f"{line}\n" for line in _nothing(views, wanted, looked))
    if wanted.as_of is None:
        return f"{found.note}{nothing}{of}{sentences(looked)}"
    return f"As known at {rfc3339(wanted.as_of)}.\n{found.note}{nothing}As of now:\n{of}{sentences(looked)}"


def _nothing(views: Views, wanted: FindingQuery, looked: LookedAt) -> Iterator[str]:
    """Say what it means that nothing was found."""
    yield _NOTHING_THEN if wanted.as_of else nothing_found(looked)
    for how, name in wanted.texts.get("vulnerability", ()):
        if how == "EQUALS" and not views.vulnerabilities(wanted.account_id, name):
            yield f"No advisory that was imported is about {name}."
    closed = replace(wanted, texts={**wanted.texts, "status": [("EQUALS", "CLOSED")]}, limit=1)
    if wanted.texts.get("status") == [("EQUALS", "ACTIVE")] and views.findings(closed).rows:
        yield "Closed ones are there, each with its reason (--status CLOSED)."


def _statuses(asked: Words) -> list[tuple[str, str]]:
    """Active ones unless told otherwise; "all" is no filter."""
    if [value.lower() for value in asked or ()] == ["all"]:
        return []
    return filters.chosen_words("status", asked or ["ACTIVE"], _STATUSES)


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


def _name(row: FindingRow) -> str:
    return marked(row.finding.vulnerability, row.finding.source)


def _remedy_until(facts: KnownFacts) -> str:
    listed = facts.exploitation
    return "" if listed is None or listed.due_on is None else listed.due_on.isoformat()


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
    Column("vulnerability", "VULNERABILITY", lambda row: row.finding.vulnerability, _name, keeps_words=True),
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
    Column("build_step", "", lambda row: row.package.build_step),
    Column("from_base", "", lambda row: {True: "yes", False: "no", None: ""}[row.package.from_base]),
    Column("base_image", "", lambda row: row.package.base_image),
    Column(
        "first_observed_at",
        "SINCE",
        lambda row: rfc3339(row.finding.first_observed_at),
        lambda row: day(row.finding.first_observed_at),
        spare=4,
    ),
    Column("score_source", "", lambda row: row.finding.score_source),
    Column("severity_reason", "", lambda row: row.finding.severity_reason),
    Column("epss", "", lambda row: probability_text(row.finding.facts.probability)),
    Column("exploited", "", lambda row: "YES" if row.finding.facts.exploitation else "NO"),
    Column("exploit", "", lambda row: "YES" if row.finding.facts.is_exploit_known else "NO"),
    Column("remedy_until", "", lambda row: _remedy_until(row.finding.facts)),
    Column("cwes", "", lambda row: " ".join(row.finding.facts.cwes)),
    Column(
        "closed_reason",
        "CLOSED BECAUSE",
        lambda row: row.finding.closed_reason,
    ),
    Column("title", "", lambda row: row.finding.title),
    Column("source", "", lambda row: row.finding.source),
    Column("finding", "", lambda row: row.finding.id),
)
LISTING: Listing[FindingView, FindingRow] = Listing(
    COLUMNS,
    rows=lambda one: [FindingRow(one, package) for package in one.packages],
    brief_rows=lambda one: [FindingRow(one, one.packages[0], len(one.packages) - 1)] if one.packages else [],
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
            "dogwatch findings --all -o table -o csv=findings.csv -o ndjson=findings.ndjson",
            "dogwatch findings --columns severity,vulnerability,package,repository --sort first_observed_at",
            "dogwatch findings --columns severity,score,score_source,epss,exploited,remedy_until,vulnerability",
            "dogwatch findings --filter 'exploited = YES or epss >= 0.1' --sort epss",
            "dogwatch findings --status CLOSED --as-of 7d",
        ),
    )(show_findings)
