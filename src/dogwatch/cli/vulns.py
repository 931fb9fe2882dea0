"""`dogwatch vulns`: what is known of a vulnerability, beside the images that it concerns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from dogwatch.cli.command_line import examples, new_group, reached
from dogwatch.cli.lists import Columns, Outputs, Query, lay_out
from dogwatch.cli.looked_at import stale_sentences
from dogwatch.cli.rendering import Column, day, plural, probability_text, rfc3339, score_text
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.cli.vulns_search import search_vulnerabilities
from dogwatch.cli.writers import Listing
from dogwatch.model.errors import NotFoundError
from dogwatch.model.vulnerabilities import AdvisoryView, RangeView, VulnerabilityView
from dogwatch.settings import Settings

_NO_RANGE = RangeView("", "", "", "", "", "", "", "", "")


@dataclass(frozen=True, slots=True)
class StatedRow:
    """One line: a vulnerability, one advisory that names it, and one of its ranges."""

    vulnerability: VulnerabilityView
    advisory: AdvisoryView
    range: RangeView


@takes_settings(Reach.ANYWHERE)
def show_vulnerability(
    settings: Settings,
    name: Annotated[str, typer.Argument(metavar="ID", help="CVE id, or any alias of it", show_default=False)],
    *,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Show what is known of a vulnerability: which packages advisories name, scores, exploitation, and its images.

    The list has every range in force, of every source; below it stand the facts and how many watched images it
    concerns.
    """
    layout = lay_out(LISTING, output, columns, query)
    with reached(settings) as app:
        found = app.views.vulnerabilities(settings.account, name)
        if not found:
            raise NotFoundError("vulnerability", name)
        lines = [line for one in found for line in _lines(one)]
        layout.write(found, "\n".join([*lines, *stale_sentences(app.views.feeds())]))


def _lines(one: VulnerabilityView) -> Iterator[str]:
    """Say for people what is known of a vulnerability as a whole."""
    yield f"{one.name}" + (f", also {', '.join(one.aliases)}" if one.aliases else "")
    scores = [f"{score_text(score)} (CVSS {score.version}, {score.source})" for score in one.scores]
    yield f"Scores: {', '.join(scores) or 'none'}."
    facts = one.facts
    if facts.exploitation is not None:
        until = f", to be remedied until {facts.exploitation.due_on}" if facts.exploitation.due_on else ""
        ransom = ", by ransomware too" if facts.exploitation.by_ransomware else ""
        yield f"Known to be exploited{ransom}: listed by CISA since {facts.exploitation.added_on}{until}."
    elif facts.has_exploit:
        yield "A public exploit is known."
    if facts.probability is not None:
        likely = facts.probability
        yield (
            f"EPSS of {facts.probability_on}: {probability_text(likely)}, percentile {likely.percentile_ppm / 1e6:.5f}."
        )
    if facts.cwes:
        yield f"Weaknesses: {', '.join(facts.cwes)}."
    more = "more than " if one.are_more else ""
    yield f"Concerns {more}{plural(one.images, 'watched image')} (dogwatch findings --vulnerability {one.name})."


COLUMNS: tuple[Column[StatedRow], ...] = (
    Column("vulnerability", "", lambda row: row.vulnerability.name),
    Column("source", "SOURCE", lambda row: row.advisory.source),
    Column("advisory", "ADVISORY", lambda row: row.advisory.advisory),
    Column("ecosystem", "ECOSYSTEM", lambda row: row.range.ecosystem),
    Column("package", "PACKAGE", lambda row: row.range.package),
    Column("introduced", "FROM", lambda row: row.range.exact_version or row.range.introduced),
    Column("fixed", "FIXED IN", lambda row: row.range.fixed),
    Column("last_affected", "LAST", lambda row: row.range.last_affected, spare=1),
    Column("fix_state", "STATE", lambda row: _state(row), spare=2),
    Column(
        "modified_at",
        "CHANGED",
        lambda row: rfc3339(row.advisory.modified_at),
        lambda row: day(row.advisory.modified_at),
        spare=3,
    ),
    Column("summary", "", lambda row: row.advisory.summary),
)


def _state(row: StatedRow) -> str:
    if row.advisory.withdrawn_at is not None and row.range == _NO_RANGE:  # one that is yet to come ends no range
        return "withdrawn"
    if row.range.not_comparable:
        return f"not comparable: {row.range.not_comparable}"
    return row.range.fix_state if row.range.verdict in ("", "affected") else row.range.verdict


def _rows(one: VulnerabilityView) -> Sequence[StatedRow]:
    return [
        StatedRow(one, advisory, stated) for advisory in one.advisories for stated in advisory.ranges or (_NO_RANGE,)
    ]


LISTING: Listing[VulnerabilityView, StatedRow] = Listing(COLUMNS, rows=_rows, brief_rows=_rows)


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("What is known of vulnerabilities.")
    group.command(
        "show",
        epilog=examples(
            "dogwatch vulns show CVE-2021-44228",
            "dogwatch vulns show GHSA-jfh8-c2jp-5v3q -o json --query '[].epss'",
        ),
    )(show_vulnerability)
    group.command(
        "search",
        epilog=examples(
            "dogwatch vulns search CVE-2024-61",
            "dogwatch vulns search openssl --ecosystem Debian:12 --severity CRITICAL,HIGH",
            "dogwatch vulns search --exploited --epss 0.5 --sort=-epss --all",
            "dogwatch vulns search --package 'python-*' -o json --query '[].name'",
        ),
    )(search_vulnerabilities)
    application.add_typer(group, name="vulns")
