"""Lists on real terminals, wide and narrow, with and without colours, and in pipes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LISTS = """
from dogwatch.cli import findings, images
from dogwatch.cli.lists import lay_out
from tests.serve.shown import make_finding, make_image
lay_out({module}.LISTING, None).write([{make}(repository="registry/team/application"), {make}()], "Looked at: 2")
"""
FINDINGS = _LISTS.format(module="findings", make="make_finding")
IMAGES = _LISTS.format(module="images", make="make_image")


def shown(program: str, width: int, **variables: str) -> str:
    """Run a program on a terminal of a width and return what it shows there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    environment = {**kept, "TERM": "xterm-256color", **variables}
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 65536):
            text += chunk
    except OSError:
        pass  # the other end is closed: the program has ended
    os.close(ours)
    assert process.wait(180) == 0, text
    return text.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("program", [FINDINGS, IMAGES], ids=["findings", "images"])
@pytest.mark.parametrize("width", [30, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut(program: str, width: int) -> None:
    lines = _COLOUR.sub("", shown(program, width)).splitlines()
    assert max(map(len, lines)) <= width
    assert lines[-1] == "Looked at: 2"
    assert "\N{HORIZONTAL ELLIPSIS}" not in "".join(lines)


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
        [sys.executable, "-c", IMAGES], capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "20"}
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
