"""Settings as flags of a command: `takes_settings` gives a command its `Settings`, read in the order of `settings`.

Made from the table `SETTINGS`, so that a new setting is a flag at once.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from dogwatch.settings import SETTINGS, Setting, Settings, load_settings

P = ParamSpec("P")

_USUAL = frozenset({"data", "database_url", "account"})
"""What every command takes; the rest concerns the service."""

_PREFIX = "setting_"  # keeps the flags apart from a command's own options


def takes_settings(*, every: bool = False) -> Callable[[Callable[Concatenate[Settings, P], None]], Callable[..., None]]:
    """Let a command take settings as flags; it gets the `Settings` as its first argument.

    Args:
        every: all settings, as for the service; otherwise those that any command needs.
    """
    offered = [one for one in SETTINGS if every or one.name in _USUAL]

    def decorate(command: Callable[Concatenate[Settings, P], None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(*arguments: Any, **options: Any) -> None:
            flags = {one.name: options.pop(_PREFIX + one.name) for one in offered}
            settings = load_settings(flags, config_file=options.pop("config_file"))
            command(settings, *arguments, **options)

        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        run.__signature__ = inspect.Signature([*own, *map(_flag, offered), _CONFIG])  # type: ignore[attr-defined]
        run.__annotations__ = {}
        return run

    return decorate


def _flag(one: Setting) -> inspect.Parameter:
    is_switch = isinstance(one.default({}), bool)
    metavar = None if is_switch else "VALUE"
    names = (f"{one.flag}/--no-{one.flag[2:]}",) if is_switch else (one.flag,)
    option: Any = typer.Option(*names, help=f"{one.purpose}  [{one.variable}]", show_default=False, metavar=metavar)
    kind: Any = Annotated[bool | None if is_switch else str | None, option]
    return inspect.Parameter(_PREFIX + one.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


_CONFIG = inspect.Parameter(
    "config_file",
    inspect.Parameter.KEYWORD_ONLY,
    default=None,
    annotation=Annotated[
        Path | None, typer.Option("--config", help="settings file (TOML)  [DOGWATCH_CONFIG]", show_default=False)
    ],
)
