"""What all commands share: how they are registered, their common options, and the opened application."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from dogwatch.cli.rendering import Format
from dogwatch.model.progress import Tell, tell_nobody

if TYPE_CHECKING:
    from dogwatch.app.process import App
    from dogwatch.cli.ports import Dogwatch
    from dogwatch.settings import Settings

HELP_OPTIONS = ["--help", "-h"]
_PURPOSE_LENGTH_MAX = 1000  # characters; more than any has, as one that is cut off does not say what a command does

Output = Annotated[
    Format | None,
    typer.Option("--output", "-o", help="json, for programs", show_default=False, case_sensitive=False),
]


class Group(TyperGroup):
    """A group of commands whose help shows each one's purpose as a whole."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write names and purposes into a help text."""
        purposes = [(name, one.get_short_help_str(_PURPOSE_LENGTH_MAX)) for name, one in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(purposes)


def new_group(purpose: str = "", kind: type[TyperGroup] = Group) -> typer.Typer:
    """Return a group of commands: with plain help, which is quick, and no local variables (secrets) in tracebacks."""
    return typer.Typer(
        cls=kind,
        help=purpose,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
        context_settings={"help_option_names": HELP_OPTIONS},
    )


def examples(*lines: str) -> str:
    """Return what stands below a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def unopened(settings: Settings) -> App:
    """Return the application for what needs no database."""
    from dogwatch.app.process import build

    return build(settings)


@contextmanager
def opened(settings: Settings, tell: Tell = tell_nobody) -> Iterator[App]:
    """Connect everything for the time of a command, beside a running service or alone. `tell` hears what takes long."""
    from dogwatch.app.process import build
    from dogwatch.cli.logs import configure_logs

    configure_logs(level=logging.ERROR)  # what a command could not do, its answer says
    with build(settings, tell=tell) as app:
        yield app


@contextmanager
def reached(settings: Settings, tell: Tell = tell_nobody) -> Iterator[Dogwatch]:
    """Yield what a command asks: the service that is named, otherwise the application on the data folder.

    `tell` hears what takes long here; a service does its work by itself.

    Raises:
        ConfigError: the service's address, access key or authorities cannot be used.
    """
    if not settings.server:
        with opened(settings, tell) as app:
            yield app
        return
    from dogwatch.cli.remote.service import connected

    with connected(settings) as there:
        yield there
