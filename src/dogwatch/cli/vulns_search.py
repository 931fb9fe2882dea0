"""`dogwatch vulns search`: vulnerabilities by the beginning of a name, by package, and by what is known of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from dogwatch.cli import filters
from dogwatch.cli.command_line import reached
from dogwatch.cli.lists import USUAL_LIMIT, All, Columns, Limit, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.looked_at import stale_sentences
from dogwatch.cli.options import option, switch
from dogwatch.cli.rendering import Column, day, probability_text, rfc3339, score_text
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.cli.taking import Taken
from dogwatch.model.matches import Severity
from dogwatch.model.vulnerabilities import FoundVulnerability, VulnerabilityQuery
from dogwatch.settings import Settings

_SHOWN = 3  # packages in a table's cell
_NOTHING = (
    "No vulnerability that is known is like that. Ids are found by their beginning, packages by their whole name or"
    " 'NAME*'; titles are not searched."
)


@takes_settings(Reach.ANYWHERE)
def search_vulnerabilities(
    settings: Settings,
    text: Annotated[
        str,
        typer.Argument(
            metavar="[TEXT]", help="beginning of an id or alias (4 characters or more), or a package, also 'NAME*'"
        ),
    ] = "",
    *,
    package: Annotated[str, option("name of a package, 'NAME*' for those that begin so", "--package")] = "",
    ecosystem: Annotated[str, option("Debian, Debian:12, PyPI, npm", "--ecosystem")] = "",
    severity: Annotated[
        list[str] | None, option("CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNTRIAGED", "--severity")
    ] = None,
    exploited: Annotated[bool, switch("only those that CISA knows to be exploited", "--exploited")] = False,
    epss: Annotated[
        float, typer.Option("--epss", min=0, max=1, help="at least this likely (EPSS)", metavar="NUMBER")
    ] = 0,
    sort: Sort = None,
    limit: Limit = USUAL_LIMIT,
    all: All = False,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Search all vulnerabilities that are known, whether or not they concern an image; by name.

    Severity is that of the flaw as a whole, as catalogues and advisories give it; for a package a distribution may say
    otherwise.
    """
    layout = lay_out(LISTING, output, columns, query, sort)
    entries = filters.chosen_words("severity", severity, [one.name for one in Severity])
    excluded = frozenset(Severity[word] for how, word in entries if how == "NOT_EQUALS")
    chosen = frozenset(Severity[word] for how, word in entries if how != "NOT_EQUALS") or frozenset(Severity)
    wanted = VulnerabilityQuery(
        text,
        package,
        ecosystem,
        chosen - excluded if entries else frozenset(),
        exploited,
        round(epss * 1e6),
    )
    with reached(settings) as app:
        views = app.views
        found = Taken(
            lambda size, after: views.search_vulnerabilities(replace(wanted, limit=size, after=after)),
            None if all else limit,
            layout.order,
        )

        def footer() -> str:
            nothing = () if found.count else (_NOTHING,)
            return found.note + "\n".join((*nothing, *stale_sentences(views.feeds())))

        layout.write(found, footer)


def _packages(one: FoundVulnerability) -> str:
    names = list(dict.fromkeys(package.name for package in one.packages))
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (" …" if more > 0 or one.more_packages else "")


COLUMNS: tuple[Column[FoundVulnerability], ...] = (
    Column("vulnerability", "VULNERABILITY", lambda one: one.name, keeps_words=True),
    Column("aliases", "ALIASES", lambda one: " ".join(one.aliases), spare=3),
    Column("severity", "SEVERITY", lambda one: one.severity.name),
    Column("score", "SCORE", lambda one: score_text(one.score), spare=1),
    Column("score_source", "", lambda one: "" if one.score is None else one.score.source),
    Column("exploited", "EXPLOITED", lambda one: "YES" if one.facts.exploitation else "", spare=4),
    Column("epss", "EPSS", lambda one: probability_text(one.facts.probability), spare=5),
    Column(
        "packages",
        "PACKAGES",
        lambda one: " ".join(f"{package.ecosystem}/{package.name}" for package in one.packages),
        _packages,
    ),
    Column("modified_at", "CHANGED", lambda one: rfc3339(one.modified_at), lambda one: day(one.modified_at), spare=2),
    Column("summary", "SUMMARY", lambda one: one.summary, lambda one: one.summary[:60], spare=6),
)
LISTING = listing_of(COLUMNS)
