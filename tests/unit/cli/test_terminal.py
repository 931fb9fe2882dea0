"""Lists on real terminals, wide and narrow, with and without colours, and in pipes."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.terminals import show

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WIDTHS = (30, 60, 80, 120, 200)
_LISTS = """
import sys
from dogwatch.cli import findings, images
from dogwatch.cli.lists import lay_out
from tests.serve.shown import make_finding, make_image
from tests.terminals import set_width
for width in map(int, sys.argv[1:]):
    if sys.stdout.isatty():
        set_width(sys.stdout.fileno(), width)
    lay_out({module}.LISTING, None).write([{make}(repository="registry/team/application"), {make}()], "Looked at: 2")
"""
FINDINGS = _LISTS.format(module="findings", make="make_finding")
IMAGES = _LISTS.format(module="images", make="make_image")


def shown(program: str, *widths: int, **variables: str) -> str:
    """Run a program on a terminal that gets one width after the other, and return what it shows there."""
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = [sys.executable, "-c", program, *map(str, widths)]
    text, _ = show(command, widths[0], {**kept, "TERM": "xterm-256color", **variables})
    return text.replace("\r\n", "\n")


@pytest.mark.parametrize("program", [FINDINGS, IMAGES], ids=["findings", "images"])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut(program: str) -> None:
    text = _COLOUR.sub("", shown(program, *_WIDTHS))
    *lists, rest = text.split("Looked at: 2\n")
    assert (len(lists), rest) == (len(_WIDTHS), "")
    assert [width for width, one in zip(_WIDTHS, lists, strict=True) if max(map(len, one.splitlines())) > width] == []
    assert "\N{HORIZONTAL ELLIPSIS}" not in text


@pytest.mark.parametrize(
    ("variables", "is_coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_shown_where_they_are_wanted(variables: dict[str, str], is_coloured: bool) -> None:
    text = shown(FINDINGS, 120, **variables)
    colours = {
        code for code in re.findall(r"\x1b\[([0-9;]*)m", text) if any(part in "31 32 33" for part in code.split(";"))
    }
    assert bool(colours & {"31", "1;31"}) == is_coloured
    assert "HIGH" in text


def test_a_pipe_gets_tab_separated_lines_without_a_header_and_the_rest_on_standard_error() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMAGES, "20"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "20"},
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["registry/team/application", "app/web"]
    assert len({len(row) for row in rows}) == 1
    assert "\x1b" not in done.stdout
    assert done.stderr == "Looked at: 2\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_formats(shell: str) -> None:
    def completed(words: str) -> str:
        form = {
            "_DOGWATCH_COMPLETE": f"complete_{shell}",
            "_TYPER_COMPLETE_ARGS": words,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        }
        place = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
        command = [sys.executable, "-m", "dogwatch.cli"]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, **form, **place}
        ).stdout

    assert "registries" in completed("dogwatch reg")
    assert "ndjson" in completed("dogwatch findings -o nd")
