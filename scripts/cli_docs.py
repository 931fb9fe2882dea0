"""Writes docs/cli.md from the help texts of the commands; a test compares.

Run: .venv/bin/python scripts/cli_docs.py > docs/cli.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer

from dogwatch.cli import errors
from dogwatch.cli.main import application

_WIDTH = 100
_OPENING = """\
# Commands

Made from the help texts by `scripts/cli_docs.py`; a test keeps it so.

Data goes to standard output, everything else to standard error. On a terminal lists are tables; elsewhere they are
tab-separated lines without a header. `-o` chooses: `table`, `tsv`, `json`, `ndjson`, `csv`. Below every list of
findings stands what was looked at (for programs: on standard error): what was not looked at has no findings, but may
have flaws. `NO_COLOR` is honoured.

Commands work beside a running service and without one: they share the data folder, and start its database where nobody
has. Every setting is a flag of `serve`, `worker` and `config`, an environment variable, and a key of the settings file;
the first of these that is given counts.
"""


def write_commands() -> str:
    """Return the whole page."""
    parts = [_OPENING, _exit_codes()]
    root = typer.main.get_command(application)
    for path, command in _commands(root, ("dogwatch",)):
        context = command.context_class(
            command, info_name=" ".join(path), max_content_width=_WIDTH, terminal_width=_WIDTH
        )
        lines = (line.rstrip() for line in command.get_help(context).splitlines())
        parts.append(f"## {' '.join(path)}\n\n```text\n{chr(10).join(lines).rstrip()}\n```\n")
    return "\n".join(parts)


def _exit_codes() -> str:
    table = (errors.__doc__ or "").partition("\n\n")[2].strip()
    return (
        f"## Exit codes\n\n{table}\n\n"
        "Findings are no failure unless `--fail-on` says so: the exit code tells whether the question was answered.\n"
    )


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with its path, groups before their members."""
    yield path, command
    for name, one in getattr(command, "commands", {}).items():
        yield from _commands(one, (*path, name))


if __name__ == "__main__":
    sys.stdout.write(write_commands())
