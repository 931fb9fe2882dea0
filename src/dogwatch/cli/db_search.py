"""`dogwatch db search`: what a package would be affected by, were it in an image."""

from __future__ import annotations

from typing import Annotated

import typer

from dogwatch.cli.command_line import reached
from dogwatch.cli.lists import USUAL_LIMIT, All, Columns, Limit, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.looked_at import marked, resting_on
from dogwatch.cli.options import option
from dogwatch.cli.ports import Views
from dogwatch.cli.rendering import Column, plural, probability_text, score_text
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.cli.taking import Taken
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.explanations import PackageJudgement
from dogwatch.model.judgements import Judged
from dogwatch.model.views import Page
from dogwatch.settings import Settings


@takes_settings(Reach.ANYWHERE)
def judge_package(
    settings: Settings,
    package: Annotated[
        str, typer.Argument(metavar="PACKAGE", help="name, name@version, or package URL", show_default=False)
    ],
    version: Annotated[str, typer.Argument(metavar="[VERSION]", help="version of a name alone")] = "",
    *,
    ecosystem: Annotated[str, option("ecosystem of a name: Debian:12, PyPI, npm", "--ecosystem")] = "",
    sort: Sort = None,
    limit: Limit = USUAL_LIMIT,
    all: All = False,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Show what a package would be affected by, were it in an image; the most severe first.

    Judged by the same rules as what is in images, with the advisories that are stored now, and not stored itself. What
    cannot be compared, and feeds that are missing or old, are told below.
    """
    layout = lay_out(LISTING, output, columns, query, sort)
    if version and package.startswith("pkg:"):
        raise InvalidRequestError("version", "stands in the package URL")
    text = f"{package}@{version}" if version else package
    with reached(settings) as app:
        pages = _Pages(app.views, settings.account, text, ecosystem)
        found = Taken(pages.fetch, None if all else limit, layout.order)
        now = app.views.now()
        layout.write(found, lambda: found.note + _footer(pages.last) + "\n" + resting_on(pages.last, now))


class _Pages:
    """Pages of one judgement; the last one tells what is said below the list."""

    last: PackageJudgement

    def __init__(self, views: Views, account_id: str, text: str, ecosystem: str) -> None:
        self._views = views
        self._asked = (account_id, text, ecosystem)

    def fetch(self, limit: int, after: str) -> Page[Judged]:
        """Return a page of what is said of the package."""
        self.last = self._views.judge_package(*self._asked, limit, after)
        return Page(self.last.judged, self.last.next)


def _footer(one: PackageJudgement) -> str:
    lines = [one.conclusion]
    for each in one.not_compared:
        lines.append(f"Not compared with {plural(each.advisories, 'advisory', 'advisories')}: {each.reason}")
    if one.not_compared:
        lines.append(f"Which they are: dogwatch explain '{one.package_url}'")
    return "\n".join(lines)


COLUMNS: tuple[Column[Judged], ...] = (
    Column("verdict", "VERDICT", lambda one: str(one.assessment.verdict)),
    Column("severity", "SEVERITY", lambda one: one.assessment.severity.name),
    Column("score", "SCORE", lambda one: score_text(one.assessment.score), spare=2),
    Column(
        "vulnerability",
        "VULNERABILITY",
        lambda one: one.vulnerability,
        lambda one: marked(one.vulnerability, one.assessment.source),
        keeps_words=True,
    ),
    Column("fixed_version", "FIXED IN", lambda one: one.assessment.fixed_version),
    Column("fix_state", "FIX", lambda one: str(one.assessment.fix_state), spare=1),
    Column("source", "SOURCE", lambda one: one.assessment.source, spare=3),
    Column("advisory", "ADVISORY", lambda one: one.assessment.advisory),
    Column("exploited", "", lambda one: "YES" if one.facts.exploitation else "NO"),
    Column("epss", "", lambda one: probability_text(one.facts.probability)),
    Column("summary", "SUMMARY", lambda one: one.text.summary, lambda one: one.text.summary[:60], spare=4),
)
LISTING = listing_of(COLUMNS)
