"""Options of commands, declared the same way everywhere.

An option that says *how* (formats, limits, files, policies) has an environment variable: DOGWATCH_ and its name. One
that says *what* is asked (filters, names) has none: a variable that somebody forgot would narrow answers, untold.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer


def option(
    text: str, *names: str, variable: str = "", metavar: str = "TEXT", offered: Sequence[str] = ()
) -> typer.models.OptionInfo:
    """Return an option that takes a text.

    Args:
        text: the help.
        names: `--long`, and `-s` where there is a short one.
        variable: the environment variable that is read where the option is not given.
        metavar: what the help shows for the value.
        offered: values that a shell may complete.
    """
    one: typer.models.OptionInfo = typer.Option(
        *names,
        help=text,
        show_default=False,
        metavar=metavar,
        envvar=variable or None,
        autocompletion=(lambda: list(offered)) if offered else None,
    )
    return one


def switch(text: str, *names: str, variable: str = "") -> typer.models.OptionInfo:
    """Return an option that is given or not."""
    one: typer.models.OptionInfo = typer.Option(*names, help=text, show_default=False, envvar=variable or None)
    return one


def path_of(path: Path | None) -> str:
    """Return a path that means the same everywhere; empty for none."""
    return str(path.expanduser().absolute()) if path else ""
