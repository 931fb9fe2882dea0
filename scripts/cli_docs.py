"""Writes docs/cli.md and a page per command in docs/cli/ from the help texts of the commands; a test compares.

Run: .venv/bin/python scripts/cli_docs.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from dogwatch.cli import errors
from dogwatch.cli.command_line import HELP_OPTIONS
from dogwatch.cli.main import application

DOCS = Path(__file__).parents[1] / "docs"
INDEX = "cli.md"
FOLDER = "cli"

_WIDTH = 100
_MADE = "Made from the help texts by `scripts/cli_docs.py`; a test keeps it so."
_OPENING = f"""\
# Commands

{_MADE}

Data goes to standard output, everything else to standard error. On a terminal lists are tables; elsewhere they are
tab-separated lines without a header. `NO_COLOR` is honoured.

**Lists.** `-o` chooses: `table`, `tsv`, `json`, `ndjson`, `csv`; with files it may be given several times, and all are
written from one reading: `-o table -o csv=findings.csv`. `--limit` takes the first, `--all` goes to the end; what is
neither a table nor queried is written as it comes, so the length does not matter; where a list breaks off, the exit
code says so, and no file is left. `--columns` and `--sort` take the names that stand in the header of CSV; a cell of
CSV that a spreadsheet would compute begins with a `'`. Below every list of findings stands what was looked at (for
programs: on standard error): what was not looked at has no findings, but may have flaws.

**Settings.** Every setting of the service is a flag of `serve`, `worker` and `config`, an environment variable, and a
key of the settings file; the first of these that is given counts. An option that says how (`--output`, `--limit`,
`--wait`, all of `scan`) has a variable as well: `DOGWATCH_` and its name. What is asked of a list (`--severity`,
`--repository`) has none: a variable that somebody forgot would narrow answers, untold.

**Where commands work.** Beside a running service and without one: they share the data folder, and start its database
where nobody has. With `--server https://dogwatch.example --token-file FILE` (or `DOGWATCH_SERVER`,
`DOGWATCH_TOKEN_FILE`) those that read, what is done with one image (`images hold` and its neighbours), and `rescan
set`, `scanning set`, `scanning reset`, `accounts enable`, `accounts disable`, `exclusions add`,
`exclusions remove`, `advisories add`, `advisories remove`, `registries test`, `registries set`, `registries remove`
and `db update`, ask a service elsewhere by its [API](api.md); answers, refusals and exit codes are the same. What
needs the service's own machine says so. The key is made there: `dogwatch keys add --role reader`, and what that
prints is the token file. It is sent over `https://`, or to this machine; anywhere else only with `--plain-http`.
Certificates are always verified, with `--ca-file` against authorities of your own.
"""


def make_pages() -> Mapping[str, str]:
    """Return every page: path below docs/ → text; a command with its subcommands is one page."""
    root = typer.main.get_command(application)
    pages = {INDEX: _index(root)}
    for name, command in root.commands.items():  # type: ignore[attr-defined]  # the root is a group
        pages[f"{FOLDER}/{name}.md"] = _page(name, command)
    return pages


def existing_pages() -> Mapping[str, str]:
    """Return the pages that are there, as `make_pages` does."""
    files = [DOCS / INDEX, *sorted((DOCS / FOLDER).glob("*"))]
    return {str(file.relative_to(DOCS)): file.read_text(encoding="utf-8") for file in files}


def write_pages() -> None:
    """Write every page, and delete those of commands that are no more."""
    (DOCS / FOLDER).mkdir(exist_ok=True)
    pages = make_pages()
    for path, text in pages.items():
        (DOCS / path).write_text(text, encoding="utf-8")
    for path in existing_pages().keys() - pages.keys():
        (DOCS / path).unlink()


def _index(root: Any) -> str:
    rows = [f"| [`{' '.join(path)}`]({FOLDER}/{path[1]}.md) | {_purpose(one)} |" for path, one in _leaves(root)]
    table = "\n".join(["| command | does |", "|---|---|", *rows])
    return "\n".join([_OPENING, table, "", _exit_codes(), "## dogwatch\n", _help(root, ("dogwatch",))])


def _page(name: str, command: Any) -> str:
    parts = [f"# dogwatch {name}\n\n{_MADE} All commands: [cli.md](../{INDEX}).\n"]
    for path, one in _commands(command, ("dogwatch", name)):
        parts += [f"## {' '.join(path)}\n"] if len(path) > 2 else []
        parts.append(_help(one, path))
    return "\n".join(parts)


def _help(command: Any, path: tuple[str, ...]) -> str:
    context = command.context_class(
        command,
        info_name=" ".join(path),
        max_content_width=_WIDTH,
        terminal_width=_WIDTH,
        help_option_names=HELP_OPTIONS,
    )
    lines = (line.rstrip() for line in command.get_help(context).splitlines())
    return f"```text\n{chr(10).join(lines).rstrip()}\n```\n"


def _purpose(command: Any) -> str:
    """Return the first paragraph of a command's help, in one line."""
    return " ".join((command.help or "").split("\n\n")[0].split())


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


def _leaves(root: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what can be typed: every command that is no group, with its path."""
    for path, one in _commands(root, ("dogwatch",)):
        if not getattr(one, "commands", {}):
            yield path, one


if __name__ == "__main__":
    write_pages()
