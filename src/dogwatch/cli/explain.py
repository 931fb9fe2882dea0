"""`dogwatch explain`: why a package is, or is not, affected by a vulnerability."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from dogwatch.cli.command_line import examples, reached
from dogwatch.cli.lists import Columns, Outputs, Query, lay_out
from dogwatch.cli.looked_at import resting_on
from dogwatch.cli.options import option, switch
from dogwatch.cli.ports import Views
from dogwatch.cli.rendering import Column, day, minute, plural, rfc3339
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.cli.writers import Listing
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.explanations import ConsideredRange, Explanation, ExposureView
from dogwatch.settings import Settings

_FINDING = re.compile(r"(?:arn:aws:inspector2:[^/]*/)?(?P<id>[0-9a-f]{32})")

Ecosystem = Annotated[
    str, option("ecosystem of a package that is given as name@version: Debian:12, PyPI, npm", "--ecosystem")
]


@dataclass(frozen=True, slots=True)
class RangeRow:
    """One line for programs: a range that was considered (None: there is none), with the explanation it belongs to."""

    explanation: Explanation
    range: ConsideredRange | None


@takes_settings(Reach.ANYWHERE)
def explain(
    settings: Settings,
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="a finding's id, a package URL, or name@version", show_default=False)
    ],
    vulnerability: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="CVE id, or any alias of it", show_default=False)
    ] = None,
    *,
    ecosystem: Ecosystem = "",
    keys: Annotated[bool, switch("show the version keys too, in hex", "--keys")] = False,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Explain why a package is affected by a vulnerability, or is not: every range, who decided, since when.

    The package need not stand in any image. Where nothing holds, the nearest ranges are shown and why they do not
    hold. Without a vulnerability: the advisories that cannot be compared with the package at all. A finding's id is in
    `dogwatch findings --columns finding,vulnerability,package`.
    """
    layout = lay_out(KEYED if keys else LISTING, output, columns, query)
    with reached(settings) as app:
        found = _ask(app.views, settings.account, what, ecosystem, vulnerability or "")
        now = app.views.now()
    layout.write(found, "\n".join(dict.fromkeys(resting_on(one, now) for one in found)))


def _ask(views: Views, account_id: str, what: str, ecosystem: str, vulnerability: str) -> tuple[Explanation, ...]:
    finding = _FINDING.fullmatch(what)
    if finding is None:
        return views.explain(account_id, what, ecosystem, vulnerability)
    if vulnerability or ecosystem:
        raise InvalidRequestError("what", "a finding's id says already which vulnerability and which packages")
    return views.explain_finding(account_id, finding["id"])


def _prose(one: Explanation, *, with_keys: bool = False) -> Iterator[str]:
    """Tell of one package and one vulnerability in lines."""
    yield f"{one.package_url}" + (f" and {one.vulnerability}" if one.vulnerability else "")
    if one.aliases:
        yield f"  also {', '.join(one.aliases)}"
    yield one.conclusion
    judged = one.judged_by
    order = f"by the order of {judged.scheme}" if judged.scheme else "without an order of versions"
    yield f"Judged as {judged.name} {judged.version} of {one.package.ecosystem}, {order}."
    if judged.not_comparable:
        yield f"It has no place in that order: {judged.not_comparable}."
    if with_keys and judged.key:
        yield f"Its key: {judged.key}"
    if one.ranges:
        yield "Ranges:"
    for each in one.ranges:
        yield from _range_lines(each, with_keys)
    if one.more_ranges:
        yield f"  and {plural(one.more_ranges, 'range')} further away"
    if one.exposures:
        yield "In images of the account:"
    for exposure in one.exposures:
        yield f"  {_interval(exposure)}"
    if one.shown:
        yield "Shown as a finding of this image:"
    for span in one.shown:
        frozen = "" if span.frozen_revision is None else f"; findings as of revision {span.frozen_revision}"
        yield f"  {_span(span.from_at, span.begin_reason, span.to_at, span.end_reason)}{frozen}"
    if one.more_packages:
        yield f"The image has {plural(one.more_packages, 'other package')} that it concerns, not explained here."
    yield ""


def _range_lines(one: ConsideredRange, with_keys: bool) -> Iterator[str]:
    verdict = "" if one.range.verdict == "affected" else f" {one.range.verdict}:"
    weight = f" [{one.weight}]" if one.weight else ""
    yield f"  {one.standing}:{verdict} {one.words}{weight}"
    origin = f"{one.source} {one.advisory}, changed {day(one.modified_at)}"
    since = f"in force since revision {one.revision} of {minute(one.published_at)}"
    until = "" if one.ended_revision is None else f", until revision {one.ended_revision} ({one.state})"
    yield f"      {origin}; {since}{until}; {one.range.stated}"
    if with_keys and (one.low or one.high):
        yield f"      keys from {one.low or 'the lowest'} to below {one.high}"


def _interval(one: ExposureView) -> str:
    score = "" if one.score_tenths is None else f" {one.score_tenths / 10:.1f} ({one.score_source})"
    fix = f", {one.fix_state}{f' in {one.fixed_version}' if one.fixed_version else ''}"
    said = f"{one.verdict} {one.severity}{score}{fix}, by {one.advisory}" if one.verdict == "affected" else one.verdict
    return f"{_span(one.from_at, one.begin_reason, one.to_at, one.end_reason)}: {said}"


def _span(from_at: datetime, begin_reason: str, to_at: datetime | None, end_reason: str) -> str:
    end = "" if to_at is None else f" until {minute(to_at)} ({end_reason})"
    return f"since {minute(from_at)} ({begin_reason}){end}"


def _of_range(name: str, heading: str, text: Callable[[ConsideredRange], str]) -> Column[RangeRow]:
    return Column(name, heading, lambda row: "" if row.range is None else text(row.range))


def _name(row: RangeRow) -> str:
    return row.explanation.vulnerability if row.range is None else row.range.vulnerability


COLUMNS: tuple[Column[RangeRow], ...] = (
    Column("package_url", "PACKAGE", lambda row: row.explanation.package_url),
    Column("vulnerability", "VULNERABILITY", _name),
    Column("verdict", "VERDICT", lambda row: row.explanation.verdict),
    Column("conclusion", "CONCLUSION", lambda row: row.explanation.conclusion),
    _of_range("source", "SOURCE", lambda one: one.source),
    _of_range("advisory", "ADVISORY", lambda one: one.advisory),
    _of_range("standing", "STANDING", lambda one: str(one.standing)),
    _of_range("words", "WHY", lambda one: one.words),
    _of_range("weight", "WEIGHT", lambda one: one.weight),
    _of_range("state", "STATE", lambda one: one.state),
    _of_range("revision", "REVISION", lambda one: str(one.revision)),
    _of_range("modified_at", "CHANGED", lambda one: rfc3339(one.modified_at)),
    _of_range("low", "", lambda one: one.low),
    _of_range("high", "", lambda one: one.high),
)


def _rows(one: Explanation) -> list[RangeRow]:
    return [RangeRow(one, each) for each in one.ranges or (None,)]


LISTING: Listing[Explanation, RangeRow] = Listing(COLUMNS, _rows, _rows, prose=_prose)
KEYED: Listing[Explanation, RangeRow] = Listing(COLUMNS, _rows, _rows, prose=lambda one: _prose(one, with_keys=True))


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command(
        "explain",
        epilog=examples(
            "dogwatch explain 0000000000000001000000000000002a",
            "dogwatch explain openssl@3.0.9-1 CVE-2024-6119 --ecosystem Debian:12",
            "dogwatch explain 'pkg:deb/debian/libssl3@3.0.9-1?distro=debian-12&upstream=openssl' CVE-2024-6119 --keys",
            "dogwatch explain pkg:pypi/requests@2.30.0 GHSA-j8r2-6x86-q33q -o json --query '[].conclusion'",
            "dogwatch explain lodash@latest --ecosystem npm",
        ),
    )(explain)
