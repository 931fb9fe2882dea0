"""The program `dogwatch`: what stands before its commands, and the end of each run."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from dogwatch import __version__
from dogwatch.cli.command_line import new_group
from dogwatch.cli.commands import Commands
from dogwatch.cli.errors import exit_code
from dogwatch.cli.rendering import say
from dogwatch.model.errors import DogwatchError, InvalidRequestError

application = new_group(
    "Keep watch over container images in any OCI registry, for as long as they are worth watching.", Commands
)
application._add_completion = True


def _show_version(is_asked: bool) -> None:
    if is_asked:
        print(f"dogwatch {__version__}")
        raise typer.Exit


@application.callback()
def describe(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run a command. An error of the tree is told in one line and becomes an exit code; anything else is a mistake."""
    try:
        application(prog_name="dogwatch")
    except DogwatchError as error:
        say(f"dogwatch: {error.message}", *_pointer(error))
        sys.exit(exit_code(error))


def _pointer(error: DogwatchError) -> tuple[str, ...]:
    """Point at the place where a filter or a query is not understood."""
    return tuple(f"  {line}" for line in error.pointer) if isinstance(error, InvalidRequestError) else ()
