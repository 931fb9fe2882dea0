"""The report for people: a table of findings, and below it everything that could not be seen."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from dogwatch.cli.looked_at import feed_states, marked
from dogwatch.cli.rendering import NOTHING, plural, printable, printable_lines, score_text
from dogwatch.cli.reports.words import distinct, ended_releases, not_compared_in_words, rule_in_words
from dogwatch.model.judgements import Report, ReportedFinding
from dogwatch.model.matches import Severity

if TYPE_CHECKING:
    from rich.console import Console

Row = tuple[str, tuple[str, ...]]
"""The style of a finding's severity, and its cells."""

_STYLES = {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow"}
_HEADINGS = ("SEVERITY", "SCORE", "VULNERABILITY", "PACKAGE", "VERSION", "FIXED IN", "TITLE")
_LISTED_MAX = 20  # lines of a kind below the table; the other formats have them all
_FILE_WIDTH = 160  # characters, of a table written to a file
_TITLE_MAX = 60
_TITLE_WIDTH = 110  # narrower, and titles would crowd out the rest
_TABLE_WIDTH_MIN = 72  # narrower, and names would break after a few characters


def render_table(report: Report, version: str) -> str:
    """Return the report as text without colours."""
    text = io.StringIO()
    _write(report, text, _FILE_WIDTH)
    return text.getvalue()


def print_table(report: Report) -> None:
    """Write the report to standard output; in colours on a terminal, unless NO_COLOR says otherwise."""
    _write(report, sys.stdout, None)


def say_in_short(report: Report) -> Iterator[str]:
    """Yield what is said beside formats for programs: the counts, and loudly what was not seen."""
    yield from _summary(report)
    yield from _below(report)


def _write(report: Report, stream: TextIO, width: int | None) -> None:
    # Slow to import, and only tables need it.
    from rich.console import Console
    from rich.text import Text

    width = width if width is not None or stream.isatty() else _FILE_WIDTH
    console = Console(file=stream, width=width, highlight=False)
    subject = report.examined.subject
    facts = [subject.name, subject.digest, subject.platform, subject.distribution]
    console.print(Text(printable("  ".join(fact for fact in facts if fact)), "bold"))
    rows = [(_STYLES.get(finding.severity, ""), cells) for finding in report.findings for cells in _cells(finding)]
    if console.width < _TABLE_WIDTH_MIN:
        _print_stacked(console, rows)
    elif rows:
        _print_table(console, rows)
    for line in (*_summary(report), *_below(report)):
        console.print(Text(printable_lines(line)), soft_wrap=not stream.isatty())


def _print_table(console: Console, rows: Iterable[Row]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    headings = _HEADINGS if console.width >= _TITLE_WIDTH else _HEADINGS[:-1]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading == "VULNERABILITY")
    for style, cells in rows:
        shown = [printable(cell) for cell in cells[: len(headings)]]
        table.add_row(Text(shown[0], style), *(Text(cell) for cell in shown[1:]))
    console.print(table)


def _print_stacked(console: Console, rows: Iterable[Row]) -> None:
    """Print each row as two lines or more, where columns would be a few characters wide."""
    from rich.text import Text

    for style, (severity, score, vulnerability, package, version, fix, _title) in rows:
        console.print(Text.assemble((severity, style), printable(f" {score} {vulnerability}")), soft_wrap=True)
        console.print(Text(printable(f"  {package} {version}, fixed in: {fix}")))


def _cells(finding: ReportedFinding) -> Iterator[tuple[str, ...]]:
    """Yield a line for each version and fix of a finding; packages that share both share a line."""
    lines: dict[tuple[str, str], list[str]] = {}
    for package in distinct(finding):
        place = distinct(finding)[package][0]
        fix = place.fixed_version or place.fix_state
        names = lines.setdefault((package.version, fix), [])
        if package.name not in names:
            names.append(package.name)
    score = score_text(finding.score) or NOTHING
    title = finding.text.summary or finding.text.description.partition("\n")[0]
    title = title if len(title) <= _TITLE_MAX else title[: _TITLE_MAX - 1] + "…"
    name = marked(finding.vulnerability, finding.source)
    for (version, fix), names in lines.items():
        more = f" (+{len(names) - 1})" if len(names) > 1 else ""
        yield (finding.severity.name, score, name, names[0] + more, version, fix, title)


def _summary(report: Report) -> Iterator[str]:
    found = plural(len(report.findings), "finding")
    if not report.findings:
        found = "No findings" if report.is_complete else "No findings in what was seen; NOT EVERYTHING WAS"
    counts = [
        f"{sum(finding.severity is one for finding in report.findings)} {one.name}"
        for one in sorted(Severity, reverse=True)
    ]
    by_severity = ", ".join(count for count in counts if not count.startswith("0 "))
    parts = [f"{found}{f' ({by_severity})' if by_severity else ''}"]
    parts += [f"{report.hidden:,} left out by --severity or --only-fixed"] if report.hidden else []
    parts += [f"{len(report.ignored):,} ignored"] if report.ignored else []
    packages = plural(len(report.examined.packages), "package")
    yield f"{'; '.join(parts)}. {packages} looked at, against revision {report.revision} of the advisories."
    base = report.examined.base
    if base.reference:
        there = sum(any(package.from_base for package in finding.packages) for finding in report.findings)
        yield f"Built on {base.reference}, seen in a registry; findings that come from it: {there:,}."


def _below(report: Report) -> Iterator[str]:
    yield from ended_releases(report)
    ignored = [f"  {one.finding.vulnerability}: {rule_in_words(one.rule)}" for one in report.ignored]
    yield from _listed("Ignored:", ignored)
    yield from _listed("Ignore rules whose last day is over:", [f"  {rule_in_words(rule)}" for rule in report.lapsed])
    yield from _listed("NOT COMPARED:", [f"  {not_compared_in_words(one)}" for one in report.not_compared])
    gaps = [f"  {gap.kind}{f' {gap.path}' if gap.path else ''}: {gap.detail}; {gap.consequence}" for gap in report.gaps]
    yield from _listed("NOT SEEN:", gaps)
    yield f"Feeds: {feed_states(report.feeds, report.reported_at) or 'none speaks for what was found'}."


def _listed(heading: str, lines: list[str]) -> Iterator[str]:
    if not lines:
        return
    yield heading
    yield from lines[:_LISTED_MAX]
    if len(lines) > _LISTED_MAX:
        yield f"  … and {len(lines) - _LISTED_MAX:,} more (-o json has all)"
