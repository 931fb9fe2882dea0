"""Settings as flags of a command: `takes_settings` gives a command its `Settings`, read in the order of `settings`.

Made from the table `SETTINGS`, so that a new setting is a flag at once.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from dogwatch.model.errors import InvalidRequestError
from dogwatch.settings import AFAR, SETTINGS, Setting, Settings, load_settings

P = ParamSpec("P")

_USUAL = frozenset({"data", "database_url", "account"})
"""What every command takes; the rest concerns the service."""

_PREFIX = "setting_"  # keeps the flags apart from a command's own options


class Reach(Enum):
    """Where a command can do its work."""

    ANYWHERE = "on the data folder, or by asking a service"
    DATA_FOLDER = "on the data folder; a service that is named is refused"
    MACHINE = "on this machine, whatever service is named"


def takes_settings(
    reach: Reach = Reach.DATA_FOLDER, *, every: bool = False, also: Collection[str] = ()
) -> Callable[[Callable[Concatenate[Settings, P], None]], Callable[..., None]]:
    """Let a command take settings as flags; it gets the `Settings` as its first argument.

    Args:
        reach: where the command can do its work.
        every: all settings, as for the service; otherwise those that any command needs.
        also: settings beside those that any command needs.
    """

    def decorate(command: Callable[Concatenate[Settings, P], None]) -> Callable[..., None]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        offered = [one for one in SETTINGS if _is_offered(one, reach, every or one.name in also, _flags(own))]

        @functools.wraps(command)
        def run(*arguments: Any, context: typer.Context, **options: Any) -> None:
            flags = {one.name: options.pop(_PREFIX + one.name) for one in offered}
            settings = load_settings(flags, config_file=options.pop("config_file"))
            _refuse_elsewhere(settings, reach, context.command_path)
            command(settings, *arguments, **options)

        parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
        parameters += [_flag(one, is_hidden=one.name in AFAR and reach is Reach.DATA_FOLDER) for one in offered]
        run.__signature__ = inspect.Signature([*parameters, _CONFIG, _CONTEXT])  # type: ignore[attr-defined]
        run.__annotations__ = {}
        return run

    return decorate


def _is_offered(one: Setting, reach: Reach, every: bool, taken: frozenset[str]) -> bool:
    if one.name in AFAR:
        return reach is not Reach.MACHINE and one.flag not in taken
    return every or one.name in _USUAL


def _flags(parameters: Sequence[inspect.Parameter]) -> frozenset[str]:
    """Return the names of a command's own options. typer keeps the first of them where a default would stand."""
    extras = [extra for one in parameters for extra in getattr(one.annotation, "__metadata__", ())]
    names = [(getattr(extra, "default", None), *(getattr(extra, "param_decls", None) or ())) for extra in extras]
    return frozenset(name for several in names for name in several if isinstance(name, str))


def _refuse_elsewhere(settings: Settings, reach: Reach, command: str) -> None:
    """Refuse a service where the command cannot ask one, or where flags name a data folder as well.

    Raises:
        InvalidRequestError: with what to type in place of it.
    """
    if not settings.server or reach is Reach.MACHINE:
        return
    if reach is Reach.DATA_FOLDER:
        advice = f"type `{command}` on the machine of {settings.server}, without --server and DOGWATCH_SERVER"
        raise InvalidRequestError("server", f"cannot be asked to do this; {advice}")
    origins = dict(settings.origins)
    for name in sorted(_USUAL):
        if origins[name].startswith("flag") and origins["server"].startswith("flag"):
            reason = "the service has its own, and answers for the account of the access key"
            raise InvalidRequestError(name, f"means nothing beside --server: {reason}")


def _flag(one: Setting, *, is_hidden: bool) -> inspect.Parameter:
    is_switch = isinstance(one.default({}), bool)
    metavar = None if is_switch else "VALUE"
    names = (f"{one.flag}/--no-{one.flag[2:]}",) if is_switch else (one.flag,)
    option: Any = typer.Option(
        *names, help=f"{one.purpose}  [{one.variable}]", show_default=False, metavar=metavar, hidden=is_hidden
    )
    kind: Any = Annotated[bool | None if is_switch else str | None, option]
    return inspect.Parameter(_PREFIX + one.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


_CONTEXT = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
_CONFIG = inspect.Parameter(
    "config_file",
    inspect.Parameter.KEYWORD_ONLY,
    default=None,
    annotation=Annotated[
        Path | None, typer.Option("--config", help="settings file (TOML)  [DOGWATCH_CONFIG]", show_default=False)
    ],
)
