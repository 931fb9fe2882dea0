"""The page: what was measured, on what, as Markdown. Holds no figure of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bench.figures import Figure, Section

_INTRODUCTION = """\
# Benchmarks

`./dev bench` measured what this page says, in one run on one machine, and wrote it. It is no promise: measure on yours.

- *Median* is the middle of all rounds, *spread* the lowest and the highest. Both parts of a ratio were measured in the
  same run, so it says more than either of them.
- *Others* is how many processors somebody else kept busy in the half second before a subject began.
- *Target* is the aim that the design sets for this figure, where it sets one for what was measured here.
- Memory is what the kernel counts as resident, program files included; PostgreSQL's is never part of it.
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A section, and the circumstances under which it came about.

    Units:
        `others` in processors, `took_seconds` in seconds.
    """

    name: str
    section: Section
    others: float
    took_seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run: when, where, and what it measured; loads are the machine's load averages before and after."""

    begun_at: datetime
    took_seconds: float
    revision: str
    machine: tuple[tuple[str, str], ...]
    load_before: str
    load_after: str
    measured: tuple[Measured, ...]


def render_page(run: Run) -> str:
    """Return the whole page."""
    rows = [
        ("date", f"{run.begun_at:%Y-%m-%d %H:%M} UTC, {run.took_seconds / 60:.1f} minutes"),
        ("revision", run.revision),
        *run.machine,
        ("load average (1, 5, 15 min)", f"{run.load_before} before, {run.load_after} after"),
    ]
    parts = [_INTRODUCTION, _table(("this run", ""), rows)]
    parts += [render_section(each) for each in run.measured]
    return "\n".join(parts)


def render_section(measured: Measured) -> str:
    """Return the part of the page that belongs to one subject."""
    section = measured.section
    rows = [
        (
            figure.what,
            f"{_number(figure.middle)} {figure.unit}",
            _spread(figure),
            str(len(figure.values)),
            figure.target,
        )
        for figure in section.figures
    ]
    lines = [
        f"## {section.title}",
        "",
        section.inputs,
        "",
        *([_table(("", "median", "spread", "rounds", "target"), rows)] if rows else []),
        *(f"- {remark}" for remark in section.remarks),
        *([""] if section.remarks else []),
        f"`./dev bench {measured.name}`: {measured.took_seconds:.0f} s, with what had to be prepared; others "
        f"{measured.others:.1f}.",
        "",
    ]
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def _spread(figure: Figure) -> str:
    return f"{_number(min(figure.values))} – {_number(max(figure.values))}" if len(figure.values) > 1 else "–"


def _number(value: float) -> str:
    """Show three significant digits, and no more than a reader can compare."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
