"""`dogwatch db audit`: whether everything that follows from what is stored stands there as it should."""

from __future__ import annotations

import typer

from dogwatch.cli.command_line import opened
from dogwatch.cli.errors import POLICY
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.rendering import Column, plural
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.audits import Audit, Difference
from dogwatch.settings import Settings


@takes_settings()
def audit(
    settings: Settings, *, sort: Sort = None, output: Outputs = None, columns: Columns = None, query: Query = None
) -> None:
    """Compute everything that follows from what is stored anew, and list the rows that differ.

    Matches, exposures, what could not be compared, alias groups, deadlines and open monitoring. Nothing is
    corrected, and nobody has to wait: it looks at one moment. The exit code is 3 when something differs.
    """
    layout = lay_out(LISTING, output, columns, query, sort)
    with opened(settings) as app:
        found = app.audit()
    layout.write(layout.arranged(found.differences), _looked_at(found))
    if found.differing:
        raise typer.Exit(POLICY)


def _looked_at(found: Audit) -> str:
    seconds = (found.ended_at - found.began_at).total_seconds()
    listed = len(found.differences)
    rest = f", of which {listed} are listed" if listed < found.differing else ""
    differ = plural(found.differing, "row differs", "rows differ") if found.differing else "no rows differ"
    return (
        f"{plural(found.packages, 'package')} and {plural(found.images, 'image')} as of revision {found.revision}, "
        f"in {seconds:.1f} s: {differ}{rest}"
    )


COLUMNS: tuple[Column[Difference], ...] = (
    Column("kind", "ROW", lambda one: str(one.kind)),
    Column("subject", "OF", lambda one: one.subject),
    Column("vulnerability", "", lambda one: one.vulnerability),
    Column("stored", "STORED", lambda one: one.stored),
    Column("expected", "EXPECTED", lambda one: one.expected),
)
LISTING = listing_of(COLUMNS)
